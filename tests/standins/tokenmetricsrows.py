"""Rows of Token Metrics in the spelling of either version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.standins.world import NO_INVESTOR_GRADE, Coin, World

if TYPE_CHECKING:
    from tests.standins.tokenmetrics import TokenMetricsSwitches

Row = dict[str, object]
SPLIT = {"24h": "24_h", "7d": "7_d"}


class Rows:
    """Makes the rows of each endpoint."""

    def __init__(self, world: World, switches: TokenMetricsSwitches) -> None:
        self.world, self.switches = world, switches

    def _spelled(self, version: str, row: Row, *, has_text_numbers: bool = False) -> Row:
        style = self.switches.numbers_as_strings
        if style == "all" or (style == "grades" and has_text_numbers):
            row = {k: _as_text(v) if k != "TOKEN_ID" else v for k, v in row.items()}
        if version == "v2":
            return row
        lower = {key.lower(): value for key, value in row.items() if key not in ("TM_LINK",)}
        return {_split(key): value for key, value in lower.items()}

    def _base(self, version: str, coin: Coin) -> Row:
        base: Row = {
            "TOKEN_ID": coin.number, "TOKEN_NAME": coin.name, "TOKEN_SYMBOL": coin.symbol,
        }  # fmt: skip
        if version == "v3":
            base |= {"SLUG": coin.coin_id}
        return base

    def _day(self, day: date) -> str:
        is_plain = self.switches.date_style == "plain"
        return day.isoformat() if is_plain else f"{day.isoformat()}T00:00:00.000Z"

    def _yesterday(self) -> date:
        return self.world.now.date() - timedelta(days=1)

    def token(self, version: str, coin: Coin) -> Row:
        categories = [
            {"category_id": i, "category_slug": name, "category_name": name.title()}
            for i, name in enumerate(coin.categories)
        ]
        row = self._base(version, coin)
        row |= {"CATEGORY_LIST": categories, "EXCHANGE_LIST": [], "CONTRACT_ADDRESS": {}}
        if version == "v3":
            price = self.world.price(coin)
            return self._spelled(version, row | {"CURRENT_PRICE": price}) | {
                "app_link": f"https://app.tokenmetrics.com/en/{coin.coin_id}"
            }
        return row | {"TM_LINK": f"https://app.tokenmetrics.com/en/{coin.coin_id}"}

    def price(self, version: str, coin: Coin) -> Row:
        price = self.world.price(coin)
        return self._spelled(version, self._base(version, coin) | {"CURRENT_PRICE": price})

    def signal(self, version: str, coin: Coin, day: date) -> Row:
        grades = self.world.grades(coin, day)
        row = self._base(version, coin) | {
            "DATE": self._day(day), "TRADING_SIGNAL": self.world.signal(coin, day),
            "TOKEN_TREND": self.world.trend(coin, day),
            "TRADING_SIGNALS_RETURNS": 14.2031, "HOLDING_RETURNS": 7,
        }  # fmt: skip
        if version == "v3":
            trend = {1: "up", -1: "down"}[self.world.trend(coin, day)]
            row |= {"TM_GRADE": grades["trader"], "FUNDAMENTAL_GRADE": grades["fundamental"],
                    "TOKEN_TREND_STR": trend}  # fmt: skip
            return self._spelled(version, row)
        investor = None if coin.coin_id == NO_INVESTOR_GRADE else grades["investor"]
        row |= {"TM_TRADER_GRADE": grades["trader"], "TM_INVESTOR_GRADE": investor}
        spelled = self._spelled(version, row)
        link = {"tm_link": coin.coin_id, "TM_LINK": "https://app.tokenmetrics.com/undefined"}
        return spelled | link

    def hourly_signal(self, version: str, coin: Coin) -> Row:
        row = {"TIMESTAMP": f"{self.world.now:%Y-%m-%dT%H}:00:00.000Z", **self._base(version, coin)}
        return self._spelled(version, row | {"SIGNAL": "0", "POSITION": "1"})

    def trader(self, version: str, coin: Coin, day: date) -> Row:
        grades = self.world.grades(coin, day)
        return self._spelled(version, self._base(version, coin) | {
            "DATE": self._day(day), "TA_GRADE": grades["ta"], "QUANT_GRADE": grades["quant"],
            "TM_TRADER_GRADE": grades["trader"], "TM_TRADER_GRADE_24H_PCT_CHANGE": None,
        })  # fmt: skip

    def investor(self, version: str, coin: Coin, day: date) -> Row:
        grades = self.world.grades(coin, day)
        investor = None if coin.coin_id == NO_INVESTOR_GRADE else grades["investor"]
        return self._spelled(version, self._base(version, coin) | {
            "DATE": self._day(day), "TM_INVESTOR_GRADE": investor,
            "TM_INVESTOR_GRADE_7D_PCT_CHANGE": None, "FUNDAMENTAL_GRADE": grades["fundamental"],
        })  # fmt: skip

    def tm_grade(self, version: str, coin: Coin) -> Row:
        made = self.tm_grade_of(version, coin, self._yesterday())
        return {key: value for key, value in made.items() if key.lower() != "date"}

    def tm_grade_of(self, version: str, coin: Coin, day: date) -> Row:
        grades = self.world.grades(coin, day)
        row = self._base(version, coin) | {
            "DATE": self._day(day), "TM_GRADE": grades["trader"], "TM_GRADE_24h_PCT_CHANGE": 1.9,
            "TM_TRADER_GRADE_24H_CHANGE": 1.07, "TM_GRADE_SIGNAL": "Buy",
            "MOMENTUM": "Gaining Momentum",
        }  # fmt: skip
        if self.switches.tm_grade_generation == "early":
            row |= {"FUNDAMENTAL_GRADE": grades["fundamental"], "SYMBOL": row.pop("TOKEN_SYMBOL")}
        else:
            row |= {"QUANT_GRADE": grades["quant"]}
        return self._spelled(version, row, has_text_numbers=True)

    def fundamental(self, version: str, coin: Coin) -> Row:
        made = self.fundamental_of(version, coin, self._yesterday())
        return {key: value for key, value in made.items() if key.lower() != "date"}

    def fundamental_of(self, version: str, coin: Coin, day: date) -> Row:
        grades = self.world.grades(coin, day)
        return self._spelled(version, self._base(version, coin) | {
            "DATE": self._day(day), "FUNDAMENTAL_GRADE": grades["fundamental"],
            "FUNDAMENTAL_GRADE_CLASS": "blueChip", "VC_SCORE": None, "COMMUNITY_SCORE": 9.41,
        }, has_text_numbers=True)  # fmt: skip

    def technology(self, version: str, coin: Coin) -> Row:
        row = {"DATE": self._day(self._yesterday()), "TECHNOLOGY_GRADE": 61.5}
        return self._spelled(version, self._base(version, coin) | row)

    def quantmetrics(self, version: str, coin: Coin) -> Row:
        return self._spelled(version, self._base(version, coin) | {
            "DATE": self._day(self._yesterday()), "VOLATILITY": 1.02, "SHARPE": 1.31,
            "SORTINO": 2.05, "MAX_DRAWDOWN": -0.9627, "DAILY_VALUE_AT_RISK": -0.0997,
        })  # fmt: skip

    def daily(self, version: str, coin: Coin, day: date) -> Row | None:
        close = self.world.close(coin, day)
        if close is None or day >= self.world.now.date():
            return None
        return self._spelled(version, self._base(version, coin) | {
            self.switches.daily_date_key: self._day(day), "OPEN": close, "HIGH": close,
            "LOW": close, "CLOSE": close, "VOLUME": 151234567.8,
        })  # fmt: skip

    def market(self, version: str, day: date) -> Row:
        return self._spelled(version, {
            "DATE": self._day(day), "TOTAL_CRYPTO_MCAP": 3_150_000_000_000,
            "TM_GRADE_PERC_HIGH_COINS": 24.7, "TM_GRADE_SIGNAL": 0, "LAST_TM_GRADE_SIGNAL": -1,
        })  # fmt: skip

    def indices(self, version: str) -> Iterator[Row]:
        for number, name in ((5, "Large Caps"), (7, "Artificial Intelligence")):
            row: Row = {"ID": number, "NAME": name, "TICKER": f"TM{number}", "24H": 1.2}
            yield self._spelled(version, row)

    def holdings(self, version: str, index: str) -> Iterator[Row]:
        """The first index weighs in percent, the second in shares of one."""
        whole = {"5": 100.0, "7": 1.0}.get(index)
        if whole is None:
            return
        for coin, share in zip(self.world.coins[:4], (0.5, 0.3, 0.15, 0.05), strict=True):
            yield self._spelled(version, self._base(version, coin) | {
                "COIN": coin.symbol, "CG_ID": coin.coin_id, "WEIGHT": share * whole,
                "DATE": self._day(self._yesterday()),
            })  # fmt: skip

    def performance(self, version: str, index: str, day: date) -> Row:
        row: Row = {"ID": int(index), "DATE": self._day(day), "INDEX_CUMULATIVE_ROI": 12.3}
        return self._spelled(version, row)

    def sentiments(self, version: str) -> Iterator[Row]:
        for hours in range(3):
            at = self.world.now - timedelta(hours=hours)
            yield self._spelled(version, {
                "DATETIME": f"{at:%Y-%m-%dT%H}:00:00.000Z", "MARKET_SENTIMENT_GRADE": 61 - hours,
                "MARKET_SENTIMENT_LABEL": "positive", "NEWS_SUMMARY": "Calm all over.",
            })  # fmt: skip

    def report(self, version: str, coin: Coin) -> Row:
        return self._spelled(version, self._base(version, coin) | {
            "INVESTMENT_ANALYSIS_POINTER": f"{coin.name} is what it was.",
            "INVESTMENT_ANALYSIS": "# Analysis\n" + "Long words. " * 50,
        })  # fmt: skip


def _as_text(value: object) -> object:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else value


def _split(key: str) -> str:
    for joined, split in SPLIT.items():
        key = key.replace(f"_{joined}_", f"_{split}_")
    return key
