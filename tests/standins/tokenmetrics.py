"""Token Metrics, versions 2 and 3, with each way in which it is known to differ as a switch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from tests.standins.replying import Pace, Reply, as_json
from tests.standins.tokenmetricsrows import Rows
from tests.standins.world import Coin, World

Query = Mapping[str, str]
Row = dict[str, object]
KEY = re.compile(r"tm-[0-9a-zA-Z-]{4,}")
KNOWN = {
    "token_id", "symbol", "token_name", "slug", "category", "exchange", "marketcap", "volume",
    "fdv", "signal", "limit", "page", "id", "indicesType", "indices_type", "top_k", "expand",
}  # fmt: skip


@dataclass(frozen=True)
class TokenMetricsSwitches:
    """How this one behaves; defaults first."""

    auth_headers: Literal["x-api-key", "api_key", "both"] = "x-api-key"
    not_found: Literal["empty-200", "404", "success-false-200"] = "empty-200"
    unknown_params: Literal["ignore", "400"] = "ignore"
    bad_limit: Literal["400", "clamp"] = "400"
    page_zero: Literal["first", "400"] = "first"
    range_over_29d: Literal["400", "truncate"] = "400"
    daily_date_key: Literal["DATE", "TIMESTAMP"] = "DATE"
    date_style: Literal["iso-z", "plain"] = "iso-z"
    numbers_as_strings: Literal["grades", "none", "all"] = "grades"
    tm_grade_generation: Literal["late", "early"] = "late"
    today_available: Literal["false", "true"] = "false"
    legacy_grades: Literal["served", "404", "403"] = "served"
    forbidden: str = ""
    per_minute: int | None = None
    per_month: int | None = None
    rate_headers: Literal["none", "Retry-After", "X-RateLimit-Reset"] = "none"
    payment_mode: Literal["off", "402"] = "off"


class Refusal(Exception):  # noqa: N818
    """A question that this provider refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class TokenMetrics:
    """Answers the routes below `/v2` and `/v3`."""

    def __init__(self, world: World, switches: TokenMetricsSwitches) -> None:
        self.world, self.switches = world, switches
        self.pace = Pace(switches.per_minute, switches.per_month)
        self.rows = Rows(world, switches)

    def answer(
        self, version: str, path: str, query: Query, headers: Mapping[str, str], body: object = None
    ) -> Reply:
        try:
            self._check_key(headers)
            if (limit := self.pace.refusal(self.world.now)) != "":
                return self._limited(limit)
            self.pace.count(self.world.now)
            if path in self.switches.forbidden.split("+"):
                raise Refusal(403, "your plan does not include this endpoint")
            if path == "tmai":
                return self._assistant(body)
            return self._rows_of(version, path, query)
        except Refusal as refusal:
            return _refused(refusal.status, str(refusal))

    def _check_key(self, headers: Mapping[str, str]) -> None:
        names = {"x-api-key": ("x-api-key",), "api_key": ("api_key",)}
        accepted = names.get(self.switches.auth_headers, ("x-api-key", "api_key"))
        keys = [headers[name] for name in accepted if name in headers]
        if not any(KEY.fullmatch(key) for key in keys):
            raise Refusal(401, "Invalid API key")

    def _limited(self, limit: str) -> Reply:
        now = self.world.now
        if limit == "month" and self.switches.payment_mode == "402":
            return as_json({"x402Version": 1, "error": "payment required", "accepts": [{}]}, 402)
        until = now + timedelta(minutes=1)
        headers = {
            "none": {},
            "Retry-After": {"retry-after": "60"},
            "X-RateLimit-Reset": {
                "x-ratelimit-reset": str(int(until.timestamp())),
                "date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            },
        }[self.switches.rate_headers]
        return _refused(429, "Too many requests", headers)

    def _assistant(self, body: object) -> Reply:
        said = body.get("messages") if isinstance(body, dict) else None
        if not said:
            raise Refusal(422, "messages is required")
        return as_json({"success": True, "message": "", "answer": f"You said: {said[0]['user']}"})

    def _rows_of(self, version: str, path: str, query: Query) -> Reply:
        serve = self._route(version, path)
        self._check_params(version, query)
        limit, page = self._limit(query), self._page(query)
        rows = list(serve(version, query))
        if not rows and self.switches.not_found != "empty-200":
            if self.switches.not_found == "404":
                raise Refusal(404, "not found")
            return as_json({"success": False, "message": "Data not found", "length": 0, "data": []})
        shown = rows[(page - 1) * limit : page * limit]
        message = "Data fetched successfully" if version == "v2" else ""
        return as_json({"success": True, "message": message, "length": len(shown), "data": shown})

    def _route(self, version: str, path: str) -> Callable[[str, Query], Iterable[Row]]:
        routes: dict[str, Callable[[str, Query], Iterable[Row]]] = {
            "tokens": self._of_coins(self.rows.token),
            "top-market-cap-tokens": self._of_coins(self.rows.token),
            "price": self._price,
            "trading-signals": self._dated(self.rows.signal),
            "hourly-trading-signals": self._of_coins(self.rows.hourly_signal),
            "tm-grade": self._of_coins(self.rows.tm_grade),
            "tm-grade-history": self._dated(self.rows.tm_grade_of),
            "fundamental-grade": self._of_coins(self.rows.fundamental),
            "fundamental-grade-history": self._dated(self.rows.fundamental_of),
            "technology-grade": self._of_coins(self.rows.technology),
            "quantmetrics": self._of_coins(self.rows.quantmetrics),
            "daily-ohlcv": self._dated(self.rows.daily, every_day=True),
            "market-metrics": self._market,
            "indices": lambda v, _: self.rows.indices(v),
            "indices-holdings": self._holdings,
            "indices-performance": self._performance,
            "ai-reports": self._of_coins(self.rows.report),
        }
        if version == "v2":
            routes["sentiments"] = lambda v, _: self.rows.sentiments(v)
        if path in ("trader-grades", "investor-grades"):
            if version == "v3" or self.switches.legacy_grades == "404":
                raise Refusal(404, "not found")
            if self.switches.legacy_grades == "403":
                raise Refusal(403, "no longer part of your plan")
            row = self.rows.trader if path == "trader-grades" else self.rows.investor
            return self._dated(row)
        if path not in routes:
            raise Refusal(404, "not found")
        return routes[path]

    def _check_params(self, version: str, query: Query) -> None:
        dates = {"startDate", "endDate"} if version == "v2" else {"start_date", "end_date"}
        unknown = set(query) - KNOWN - dates
        if unknown and self.switches.unknown_params == "400":
            raise Refusal(400, f"unknown parameter {min(unknown)}")

    def _limit(self, query: Query) -> int:
        stated = query.get("limit", "50")
        if stated.isdigit() and 1 <= int(stated) <= 100:
            return int(stated)
        if self.switches.bad_limit == "400":
            raise Refusal(400, "limit must be a number from 1 to 100")
        return 100 if stated.isdigit() else 50

    def _page(self, query: Query) -> int:
        page = int(query.get("page", "1"))
        if page < 1 and self.switches.page_zero == "400":
            raise Refusal(400, "page begins at 1")
        return max(1, page)

    def _coins(self, query: Query) -> Iterator[Coin]:
        """Ids beat symbols; a symbol brings every coin that bears it."""
        coins: Iterable[Coin] = self.world.coins
        if "token_id" in query:
            wanted = {int(word) for word in query["token_id"].split(",") if word.isdigit()}
            coins = (self.world.by_number[n] for n in wanted if n in self.world.by_number)
        elif "symbol" in query:
            symbols = {word.upper() for word in query["symbol"].split(",")}
            coins = (coin for coin in coins if coin.symbol.upper() in symbols)
        elif "category" in query:
            names = set(query["category"].split(","))
            coins = (coin for coin in coins if names & set(coin.categories))
        yield from coins

    def _of_coins(self, row: Callable[[str, Coin], Row]) -> Callable[[str, Query], Iterable[Row]]:
        return lambda version, query: (row(version, coin) for coin in self._coins(query))

    def _dated(
        self, row: Callable[[str, Coin, date], Row | None], *, every_day: bool = False
    ) -> Callable[[str, Query], Iterable[Row]]:
        """Serve rows of days, the newest first; without dates, two days mixed."""

        def rows(version: str, query: Query) -> Iterator[Row]:
            for day in self._days(version, query, 30 if every_day else 2):
                for coin in self._coins(query):
                    made = row(version, coin, day)
                    if made is not None:
                        yield made

        return rows

    def _days(self, version: str, query: Query, unstated: int) -> list[date]:
        begin, end = ("startDate", "endDate") if version == "v2" else ("start_date", "end_date")
        today = self.world.now.date()
        newest = today if self.switches.today_available == "true" else today - timedelta(days=1)
        last = min(_date(query[end]), newest) if end in query else newest
        first = _date(query[begin]) if begin in query else last - timedelta(days=unstated - 1)
        span = (_date(query[end]) if end in query else last) - first
        if span > timedelta(days=29):
            if self.switches.range_over_29d == "400":
                raise Refusal(400, "the range is longer than 29 days")
            first = last - timedelta(days=29)
        return [last - timedelta(days=i) for i in range((last - first).days + 1)]

    def _price(self, version: str, query: Query) -> Iterable[Row]:
        if version == "v2" and "token_id" not in query:
            raise Refusal(400, "token_id is required")
        return (self.rows.price(version, coin) for coin in self._coins(query))

    def _market(self, version: str, query: Query) -> Iterable[Row]:
        return (self.rows.market(version, day) for day in self._days(version, query, 2))

    def _holdings(self, version: str, query: Query) -> Iterable[Row]:
        if not query.get("id"):
            raise Refusal(400, "id is required")
        return self.rows.holdings(version, query["id"])

    def _performance(self, version: str, query: Query) -> Iterable[Row]:
        if not query.get("id"):
            raise Refusal(400, "id is required")
        days = self._days(version, query, 10)
        return (self.rows.performance(version, query["id"], day) for day in days)


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise Refusal(400, "dates are written YYYY-MM-DD") from None


def _refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    body = {"success": False, "message": message, "length": 0, "data": []}
    return as_json(body, status, headers)
