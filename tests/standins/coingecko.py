"""CoinGecko, as strict as the real one and with each of its ways to be awkward as a switch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from tests.standins.replying import Pace, Reply, as_json
from tests.standins.world import DELISTED, Coin, World

Query = Mapping[str, str]
KEYS = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
CHANGES = ("1h", "24h", "7d", "14d", "30d", "200d", "1y")


@dataclass(frozen=True)
class CoinGeckoSwitches:
    """How this one behaves; defaults first."""

    plan: Literal["keyless", "demo", "pro"] = "keyless"
    rate_body: Literal["flat", "status", "nested", "text", "html"] = "status"
    retry_after: bool = True
    per_minute: int | None = None
    over_page: Literal["clamp", "400"] = "clamp"
    unknown_category: Literal["empty", "404"] = "empty"
    credits_on: Literal["success", "always"] = "success"
    caches: bool = True
    has_history: bool = True


class CoinGecko:
    """Answers the routes below `/api/v3`."""

    def __init__(self, world: World, switches: CoinGeckoSwitches) -> None:
        self.world, self.switches = world, switches
        self.pace = Pace(per_minute=switches.per_minute)
        self._cache: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[datetime, Reply]] = {}

    def answer(self, path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        now = self.world.now
        refused = self._refused_key(headers)
        if refused is not None:
            return refused
        if self.pace.refusal(now):
            return self._throttled()
        reply = self._cached(path, query, now)
        if reply.status == 200 or self.switches.credits_on == "always":
            self.pace.count(now)
        return reply

    def _refused_key(self, headers: Mapping[str, str]) -> Reply | None:
        plan = self.switches.plan
        kinds = [kind for kind, name in KEYS.items() if headers.get(name)]
        if plan == "pro":
            if "demo" in kinds:
                return _error(400, 10011, "If you are using Demo API key, change your root URL")
            return None if kinds else _error(401, 10002, "API Key Missing")
        if "pro" in kinds:
            return _error(400, 10010, "If you are using Pro API key, change your root URL")
        if plan == "demo" and not kinds:
            return _error(401, 10002, "API Key Missing")
        return None

    def _throttled(self) -> Reply:
        text = "You've exceeded the Rate Limit."
        headers = {"retry-after": "30"} if self.switches.retry_after else {}
        inner = {"error_code": 429, "error_message": text}
        if self.switches.rate_body in ("text", "html"):
            is_html = self.switches.rate_body == "html"
            body = b"<html><body>slow down</body></html>" if is_html else b"Throttled"
            kind = {"content-type": "text/html" if is_html else "text/plain"}
            return Reply(429, body, {**headers, **kind})
        shapes: dict[str, object] = {
            "flat": {"error": text},
            "status": {"status": inner},
            "nested": {
                "error": {"status": {"timestamp": "2026-11-20T10:00:00.123+00:00", **inner}}
            },
        }
        return as_json(shapes[self.switches.rate_body], 429, headers)

    def _cached(self, path: str, query: Query, now: datetime) -> Reply:
        key = (path, tuple(sorted(query.items())))
        known = self._cache.get(key)
        if self.switches.caches and known and now - known[0] < timedelta(seconds=60):
            return known[1]
        reply = self._route(path, query)
        self._cache[key] = (now, reply)
        return reply

    def _route(self, path: str, query: Query) -> Reply:
        simple = {
            "ping": self._ping,
            "key": self._key,
            "simple/price": self._simple_price,
            "coins/markets": self._markets,
            "coins/list": self._list,
            "coins/categories": self._categories,
            "coins/categories/list": self._category_list,
        }
        if path in simple:
            return simple[path](query)
        match path.split("/"):
            case ["coins", coin_id]:
                return self._coin(coin_id)
            case ["coins", coin_id, "market_chart"]:
                return self._chart(coin_id, query)
            case ["coins", coin_id, "market_chart", "range"]:
                return self._range(coin_id, query)
        return as_json({"error": "Incorrect path. Please check the documentation"}, 404)

    def _ping(self, _: Query) -> Reply:
        return as_json({"gecko_says": "(V3) To the Moon!"})

    def _key(self, _: Query) -> Reply:
        if self.switches.plan == "keyless":
            return _error(401, 10002, "API Key Missing")
        left = 10_000 - self.pace.spent
        return as_json(
            {
                "plan": self.switches.plan.title(),
                "rate_limit_request_per_minute": self.switches.per_minute or 100,
                "monthly_call_credit": 10_000,
                "current_total_monthly_calls": self.pace.spent,
                "current_remaining_monthly_calls": left,
            }
        )

    def _simple_price(self, query: Query) -> Reply:
        currencies = _words(query.get("vs_currencies", ""))
        if not currencies or not query.get("ids"):
            return as_json({"error": "Missing parameter"}, 422)
        found = [self._known(coin_id) for coin_id in _words(query["ids"])]
        prices = {c.coin_id: self.world.price(c) for c in found if c}
        return as_json({key: dict.fromkeys(currencies, price) for key, price in prices.items()})

    def _markets(self, query: Query) -> Reply:
        if "vs_currency" not in query:
            return as_json({"error": "Missing parameter vs_currency"}, 422)
        per_page, page = int(query.get("per_page", "100")), int(query.get("page", "1"))
        if per_page > 250 and self.switches.over_page == "400":
            return as_json({"error": "per_page is too large"}, 400)
        coins = self._selected(query)
        if coins is None:
            missing = as_json({"error": "category not found"}, 404)
            return as_json([]) if self.switches.unknown_category == "empty" else missing
        per_page = min(per_page, 250)
        rows = [self._row(coin, query) for coin in coins]
        rows.sort(key=lambda row: -(row["market_cap"] or 0))  # type: ignore[operator]
        return as_json(rows[(page - 1) * per_page : page * per_page])

    def _selected(self, query: Query) -> list[Coin] | None:
        coins = [coin for coin in self.world.coins if coin.coin_id != DELISTED]
        if category := query.get("category"):
            known = any(category in coin.categories for coin in coins)
            return [coin for coin in coins if category in coin.categories] if known else None
        if "ids" in query:
            wanted = set(_words(query["ids"]))
            return [coin for coin in coins if coin.coin_id in wanted]
        if "symbols" in query:
            wanted = {word.lower() for word in _words(query["symbols"])}
            return [coin for coin in coins if coin.symbol.lower() in wanted]
        return coins

    def _row(self, coin: Coin, query: Query) -> dict[str, object]:
        price = self.world.price(coin)
        cap = None if price is None else price * coin.supply
        row: dict[str, object] = {
            "id": coin.coin_id, "symbol": coin.symbol.lower(), "name": coin.name,
            "image": "https://example.invalid/coin.png", "current_price": price,
            "market_cap": cap, "market_cap_rank": None if cap is None else self._rank(coin),
            "fully_diluted_valuation": cap, "total_volume": None if cap is None else cap / 20,
            "circulating_supply": coin.supply, "max_supply": None, "roi": None,
            "last_updated": self.world.now.strftime("%Y-%m-%dT%H:%M:%S.123Z"),
        }  # fmt: skip
        for span in _words(query.get("price_change_percentage", "")):
            if span in CHANGES:
                row[f"price_change_percentage_{span}_in_currency"] = 1.5
        return row

    def _rank(self, coin: Coin) -> int:
        size = coin.price * coin.supply
        return 1 + sum(other.price * other.supply > size for other in self.world.coins)

    def _list(self, _: Query) -> Reply:
        return as_json(
            [
                {"id": coin.coin_id, "symbol": coin.symbol.lower(), "name": coin.name}
                for coin in self.world.coins
                if coin.coin_id != DELISTED
            ]
        )

    def _categories(self, _: Query) -> Reply:
        names = sorted({name for coin in self.world.coins for name in coin.categories})
        states = [{"id": n, "name": n.title(), "market_cap": 1e9, "market_cap_change_24h": 1.2}
                  for n in names]  # fmt: skip
        return as_json(states)

    def _category_list(self, _: Query) -> Reply:
        names = sorted({name for coin in self.world.coins for name in coin.categories})
        return as_json([{"category_id": name, "name": name.title()} for name in names])

    def _coin(self, coin_id: str) -> Reply:
        coin = self._known(coin_id)
        if coin is None:
            return as_json({"error": "coin not found"}, 404)
        names = [*(name.replace("-", " ").title() for name in coin.categories), None, ""]
        return as_json({"id": coin.coin_id, "symbol": coin.symbol.lower(), "name": coin.name,
                        "categories": names, "platforms": {"": ""}})  # fmt: skip

    def _chart(self, coin_id: str, query: Query) -> Reply:
        days = query.get("days", "")
        if not days.isdigit() and days != "max":
            return as_json({"error": "Invalid days"}, 422)
        span = 100_000 if days == "max" else int(days)
        return self._series(coin_id, query, self.world.now - timedelta(days=span), self.world.now)

    def _range(self, coin_id: str, query: Query) -> Reply:
        begin, end = (datetime.fromtimestamp(int(query[k]), UTC) for k in ("from", "to"))
        return self._series(coin_id, query, begin, min(end, self.world.now))

    def _series(self, coin_id: str, query: Query, begin: datetime, end: datetime) -> Reply:
        coin = self._known(coin_id)
        if coin is None:
            return as_json({"error": "coin not found"}, 404)
        if self.switches.plan != "pro" and self.world.now - begin > timedelta(days=366):
            return _error(401, 10012, "Your request exceeds the allowed time range.", nested=True)
        is_daily = query.get("interval") == "daily" or end - begin > timedelta(days=90)
        earliest = datetime.combine(self.world.first_day + timedelta(days=2), time(), UTC)
        if not self.switches.has_history:
            return as_json({"prices": [], "market_caps": [], "total_volumes": []})
        moments = [*_steps(max(begin, earliest), end, is_daily=is_daily), end]
        prices = [[_ms(at), self.world.price(coin, at)] for at in moments if coin.has_price]
        caps = [[at, (price or 0) * coin.supply] for at, price in prices]
        return as_json({"prices": prices, "market_caps": caps,
                        "total_volumes": [[at, cap / 20] for at, cap in caps]})  # fmt: skip

    def _known(self, coin_id: str) -> Coin | None:
        return None if coin_id == DELISTED else self.world.by_id.get(coin_id)


def _steps(begin: datetime, end: datetime, *, is_daily: bool) -> Iterator[datetime]:
    """Yield midnights, or points near each hour, of a stretch of time."""
    if is_daily:
        at = datetime.combine(begin.date(), time(), UTC)
        at += timedelta(days=1) if at < begin else timedelta(0)
        while at < end - timedelta(minutes=10):  # the finished day appears ten minutes later
            yield at
            at += timedelta(days=1)
        return
    at = begin
    while at < end:
        yield at
        at += timedelta(hours=1)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _error(status: int, code: int, text: str, *, nested: bool = False) -> Reply:
    inner = {"status": {"error_code": code, "error_message": text}}
    return as_json({"error": inner} if nested else inner, status)
