"""A made-up market that both providers tell of: the same coins, prices and moments.

Deterministic from a seed. It holds what makes real providers hard: coins that share a symbol,
symbols that are no words, a coin without a price, one without categories, one that one provider
has dropped. Prices exist for any moment, between daily closes on a straight line of logarithms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAYS_BEFORE, DAYS_AFTER = 420, 120
FLIP = 0.02
SECTORS = (
    "layer-1", "layer-2", "meme-token", "artificial-intelligence", "decentralized-exchange",
    "lending-borrowing", "gaming", "depin", "oracle", "privacy-coins", "real-world-assets-rwa",
    "exchange-based-tokens",
)  # fmt: skip
TAGS = ("ethereum-ecosystem", "made-in-nowhere", "decentralized-finance-defi")


@dataclass(frozen=True)
class Coin:
    """One coin as both providers know it; the id of the one is the slug of the other."""

    number: int
    coin_id: str
    symbol: str
    name: str
    price: float
    categories: tuple[str, ...]
    supply: float = 1e7
    volatility: float = 0.04

    @property
    def has_price(self) -> bool:
        return self.price > 0

    @property
    def is_pegged(self) -> bool:
        return "stablecoins" in self.categories


L1, STABLE = ("layer-1", "smart-contract-platform"), ("stablecoins", "usd-stablecoin")
ANCHORS = (
    Coin(3375, "bitcoin", "BTC", "Bitcoin", 90_000, L1, 2e7, 0.025),
    Coin(3306, "ethereum", "ETH", "Ethereum", 3_000, L1, 1.2e8, 0.035),
    Coin(3369, "ripple", "XRP", "XRP", 2.1, L1, 6e10),
    Coin(3988, "solana", "SOL", "Solana", 150, L1, 5e8, 0.045),
    Coin(3393, "dogecoin", "DOGE", "Dogecoin", 0.2, ("meme-token",), 1.4e11, 0.05),
    Coin(3380, "stellar", "XLM", "Stellar", 0.3, L1, 3e10),
    Coin(4041, "fetch-ai", "FET", "Artificial Superintelligence Alliance", 0.7,
         ("artificial-intelligence",), 2.5e9),
    Coin(4360, "injective-protocol", "INJ", "Injective", 8.1, L1, 1e8),
    Coin(25383, "sui", "SUI", "Sui", 1.9, L1, 3e9),
    Coin(25467, "aptos", "APT", "Aptos", 4.4, L1, 7e8),
    Coin(32561, "dogwifcoin", "WIF", "dogwifhat", 0.6, ("meme-token", "solana-ecosystem"), 1e9),
    Coin(34008, "tether", "USDT", "Tether", 1.0, STABLE, 1.5e11, 0.0),
    Coin(34009, "usd-coin", "USDC", "USDC", 1.0, STABLE, 6e10, 0.0),
    Coin(3307, "uniswap", "UNI", "Uniswap", 7.5, ("decentralized-exchange",), 6e8),
    Coin(3308, "staked-ether", "STETH", "Lido Staked Ether", 2_995, ("liquid-staking-tokens",),
         9e6, 0.035),
)  # fmt: skip
ODD = (
    Coin(17528, "batcat", "BTC", "Batcat", 0.0001, ("meme-token",), 1e9),
    Coin(22600, "ethereum-wannabe", "ETH", "Ether Wannabe", 0.01, ("meme-token",), 1e8),
    *(Coin(40_000 + i, f"cat-{i}", "CAT", f"Cat number {i}", 0.01 * (i + 1), ("meme-token",), 1e8)
      for i in range(6)),
    *(Coin(41_000 + i, f"pan-{i}", "PAN", f"Pan {'ABC'[i] * 4}", 1.0 + i, (), 1e8)
      for i in range(2)),
    Coin(42_000, "dollar-sign", "$MONEY", "Money Sign", 0.5, ("meme-token",), 1e8),
    Coin(42_001, "dotted", "A.B", "Dotted", 0.5, ("gaming",), 1e8),
    Coin(42_002, "slashed", "A/B", "Slashed", 0.5, ("gaming",), 1e8),
    Coin(42_003, "non-ascii", "ΩMEGA", "Omega", 0.5, ("depin",), 1e8),
    Coin(42_004, "no-price", "NOP", "No Price", 0.0, ("gaming",), 1e8),
    Coin(42_005, "no-categories", "NOC", "No Categories", 3.0, (), 1e8),
    Coin(42_006, "delisted", "GONE", "Delisted Coin", 3.0, ("gaming",), 1e8),
)  # fmt: skip
NO_INVESTOR_GRADE = "dogecoin"
DELISTED = "delisted"


def _ordinary(n: int) -> Coin:
    return Coin(
        50_000 + n, f"coin-{n}", f"C{n}", f"Coin number {n}", round(0.5 + (n * 7919 % 997) / 10, 4),
        (SECTORS[n % len(SECTORS)], TAGS[n % len(TAGS)]), 1e7 + 1e4 * (n * 31 % 977),
    )  # fmt: skip


@dataclass
class World:
    """The market, and its clock."""

    size: int = 300
    seed: int = 7
    now: datetime = START
    shocks: dict[str, float] = field(default_factory=dict)

    @cached_property
    def coins(self) -> tuple[Coin, ...]:
        special = (*ANCHORS, *ODD)
        return (*special, *(_ordinary(n) for n in range(max(0, self.size - len(special)))))

    @cached_property
    def by_id(self) -> dict[str, Coin]:
        return {coin.coin_id: coin for coin in self.coins}

    @cached_property
    def by_number(self) -> dict[int, Coin]:
        return {coin.number: coin for coin in self.coins}

    def __post_init__(self) -> None:
        self.first_day: date = self.now.date() - timedelta(days=DAYS_BEFORE)

    @cached_property
    def _days(self) -> int:
        return DAYS_BEFORE + DAYS_AFTER

    @cached_property
    def _market_factor(self) -> npt.NDArray[np.float64]:
        return np.random.default_rng(self.seed).normal(0, 0.8, self._days)

    @cached_property
    def _paths(self) -> dict[str, npt.NDArray[np.float64]]:
        return {}

    def path(self, coin: Coin) -> npt.NDArray[np.float64]:
        """Logarithms of the closes, the first at the end of `first_day`."""
        if coin.coin_id not in self._paths:
            rng = np.random.default_rng((self.seed, coin.number))
            if coin.is_pegged:
                steps = rng.normal(0, 0.0002, self._days)
                walk = math.log(coin.price) + steps
            else:
                own = rng.normal(0, 0.6, self._days)
                steps = coin.volatility * (self._market_factor + own)
                walk = math.log(coin.price) + np.cumsum(steps) - np.cumsum(steps)[DAYS_BEFORE]
            self._paths[coin.coin_id] = walk
        return self._paths[coin.coin_id]

    def price(self, coin: Coin, at: datetime | None = None) -> float | None:
        """Price at a moment; a shock holds for the present only."""
        if not coin.has_price:
            return None
        moment = at or self.now
        passed = (moment - datetime.combine(self.first_day, time(), UTC)) / timedelta(days=1) - 1
        place = min(max(passed, 0.0), self._days - 1.001)
        walk, whole = self.path(coin), int(place)
        level = walk[whole] + (walk[whole + 1] - walk[whole]) * (place - whole)
        shock = self.shocks.get(coin.coin_id, 1.0) if at is None else 1.0
        return float(f"{math.exp(level) * shock:.8g}")

    def close(self, coin: Coin, day: date) -> float | None:
        """Price at the midnight that ends a day."""
        return self.price(coin, datetime.combine(day + timedelta(days=1), time(), UTC))

    def trend(self, coin: Coin, day: date) -> int:
        """State of the trend: it flips on about one day in fifty."""
        return int(self._trends(coin)[self._index(day)])

    def signal(self, coin: Coin, day: date) -> int:
        """The event: non-zero only on the day the trend flips."""
        now, before = self.trend(coin, day), self.trend(coin, day - timedelta(days=1))
        return now if now != before else 0

    def grades(self, coin: Coin, day: date) -> dict[str, float]:
        """Grades of a day, related as those of the provider are."""
        rng = np.random.default_rng((self.seed, coin.number, self._index(day)))
        technical = round(float(rng.uniform(4.25, 98.05)), 2)
        quant = round(float(rng.uniform(22.29, 87.66)), 2)
        return {
            "ta": technical,
            "quant": quant,
            "trader": round(0.8 * technical + 0.2 * quant, 2),
            "investor": round(float(rng.uniform(35, 65)), 2),
            "fundamental": round(float(rng.uniform(20, 95)), 2),
        }

    @cached_property
    def _trend_paths(self) -> dict[str, npt.NDArray[np.int64]]:
        return {}

    def _trends(self, coin: Coin) -> npt.NDArray[np.int64]:
        if coin.coin_id not in self._trend_paths:
            rng = np.random.default_rng((self.seed, coin.number, 99))
            flips = np.where(rng.random(self._days) < FLIP, -1, 1)
            self._trend_paths[coin.coin_id] = np.cumprod(flips)
        return self._trend_paths[coin.coin_id]

    def _index(self, day: date) -> int:
        return min(max((day - self.first_day).days, 1), self._days - 1)
