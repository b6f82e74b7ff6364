"""What the adapters make of replies: rows that are exact, or an error that names what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import ReplyError
from portfolios.marketdata.price_gate import is_price
from portfolios.providers.coingecko.source import CoinGecko
from portfolios.providers.http.client import Client
from portfolios.providers.http.decoding import parse
from portfolios.providers.tokenmetrics.source import TokenMetrics
from portfolios.values.time import Moment

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = date(2026, 11, 21)
COIN = {
    "id": "bitcoin", "symbol": "btc", "name": "Bitcoin", "current_price": 90000.5,
    "last_updated": "2026-11-22T08:59:00.123Z", "market_cap": 1.8e12, "market_cap_rank": 1,
    "total_volume": 4e10,
}  # fmt: skip
SIGNAL = {
    "TOKEN_ID": 3375, "TOKEN_NAME": "Bitcoin", "TOKEN_SYMBOL": "BTC",
    "DATE": "2026-11-21T00:00:00.000Z", "TRADING_SIGNAL": 0, "TOKEN_TREND": -1,
    "tm_link": "bitcoin", "TM_LINK": "https://app.tokenmetrics.com/undefined",
    "TM_TRADER_GRADE": 22.4, "TM_INVESTOR_GRADE": None,
}  # fmt: skip


def answering(*replies: object) -> Client:
    """A client that gives these replies in turn, read as from the wire."""
    left = [parse(json.dumps(reply).encode()) for reply in replies]
    asked: list[Any] = []

    def get(path: str, params: Any = None, *, endpoint: str = "") -> object:
        asked.append((path, params))
        return left.pop(0)

    return cast("Client", SimpleNamespace(get=get, asked=asked))


def gecko(*replies: object) -> CoinGecko:
    return CoinGecko(answering(*replies))


def metrics(*rows: object, version: str = "v2") -> TokenMetrics:
    client = answering({"success": True, "data": list(rows)})
    return TokenMetrics(client, version=version, clock=lambda: Moment(NOW, 0.0))


def test_a_price_is_read_exactly_with_its_moment() -> None:
    (row,) = gecko([COIN]).prices(["bitcoin"], currency="usd")
    assert (row.price, row.symbol, row.rank) == (Decimal("90000.5"), "btc", 1)
    assert row.at == datetime(2026, 11, 22, 8, 59, 0, 123000, UTC)


@pytest.mark.parametrize("field", ["id", "current_price", "last_updated", "name"])
def test_a_field_that_is_gone_is_named(field: str) -> None:
    row = {key: value for key, value in COIN.items() if key != field}
    with pytest.raises(ReplyError, match=f"without {field}"):
        gecko([row]).prices(["bitcoin"], currency="usd")


@pytest.mark.parametrize("field", ["TOKEN_ID", "DATE", "TOKEN_TREND"])
def test_a_field_of_a_signal_that_is_gone_is_named(field: str) -> None:
    row = {key: value for key, value in SIGNAL.items() if key != field}
    with pytest.raises(ReplyError, match=f"without {field.lower()}"):
        metrics(row).signals(["3375"], day=DAY)


def test_a_field_that_is_new_is_passed_over() -> None:
    (row,) = gecko([{**COIN, "new": {"deep": [1]}}]).prices(["bitcoin"], currency="usd")
    assert row.price
    (signal,) = metrics({**SIGNAL, "NEW_FIELD": 1}).signals(["3375"], day=DAY)
    assert signal.short_grade == 22.4


def test_a_signal_row_keeps_state_and_event_apart_and_null_unknown() -> None:
    (row,) = metrics(SIGNAL).signals(["3375"], day=DAY)
    assert (row.trend, row.signal, row.slug) == (-1, 0, "bitcoin")
    assert (row.short_grade, row.short_kind) == (22.4, "tm_trader")
    assert (row.long_grade, row.long_kind) == (None, "tm_investor")


def test_the_third_version_speaks_of_other_grades() -> None:
    row = {
        "token_id": 3375, "date": "2026-11-21", "trading_signal": 1, "token_trend": 1,
        "slug": "bitcoin", "tm_grade": "58.41", "fundamental_grade": 90,
    }  # fmt: skip
    (read,) = metrics(row, version="v3").signals(["3375"], day=DAY)
    assert (read.short_grade, read.short_kind) == (58.41, "tm_grade")
    assert (read.long_grade, read.long_kind) == (90.0, "tm_fundamental")


def test_rows_of_other_tokens_are_left_out() -> None:
    assert metrics({**SIGNAL, "TOKEN_ID": 17528}).signals(["3375"], day=DAY) == []


def test_a_chart_ends_with_the_present_which_is_no_close() -> None:
    midnight = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
    day = 86_400_000
    prices = [[midnight - day, 100], [midnight, 110], [midnight + day // 3, 120]]
    chart = {"prices": prices, "total_volumes": [[midnight, 5.0]], "market_caps": []}
    closes = gecko(chart).history("bitcoin", currency="usd", days=2)
    assert closes == [(date(2026, 11, 20), 100.0, None), (date(2026, 11, 21), 110.0, 5.0)]


def test_pages_are_read_until_every_token_has_its_row() -> None:
    ids = [str(n) for n in range(1, 151)]
    rows = [{**SIGNAL, "TOKEN_ID": int(n)} for n in ids]
    first, second = {"data": rows[:100]}, {"data": rows[100:]}
    client = answering(first, second)
    source = TokenMetrics(client, version="v2", clock=lambda: Moment(NOW, 0.0))
    assert len(source.signals(ids, day=DAY)) == 150
    assert [params["page"] for _, params in client.asked] == [1, 2]  # type: ignore[attr-defined]


def test_a_server_that_heeds_no_page_number_is_asked_twice_only() -> None:
    page = {"data": [{**SIGNAL, "TOKEN_ID": n} for n in range(100)]}
    client = answering(page, page, page)
    source = TokenMetrics(client, version="v2", clock=lambda: Moment(NOW, 0.0))
    assert len(source.signals(["3", "999"], day=DAY)) == 1
    assert len(client.asked) == 2  # type: ignore[attr-defined]


def test_a_long_history_is_asked_in_stretches_the_provider_accepts() -> None:
    client = answering(*[{"data": []}] * 13)
    source = TokenMetrics(client, version="v2", clock=lambda: Moment(NOW, 0.0))
    source.history("3375", first=date(2025, 11, 22), last=DAY)
    spans = [
        (date.fromisoformat(p["startDate"]), date.fromisoformat(p["endDate"]))
        for _, p in client.asked  # type: ignore[attr-defined]
    ]
    assert spans[0][0] == date(2025, 11, 22)
    assert spans[-1][1] == DAY
    assert all((end - begin).days <= 28 for begin, end in spans)
    assert all((a[0] - b[1]).days == 1 for a, b in zip(spans[1:], spans, strict=False))


@pytest.mark.parametrize("weights", [(50, 30, 20), (0.5, 0.3, 0.2), ("50", "30", "20.5")])
def test_an_index_adds_up_whatever_its_unit(weights: tuple[object, ...]) -> None:
    rows = [
        {"CG_ID": f"c{i}", "TOKEN_SYMBOL": "X", "WEIGHT": w, "DATE": "2026-11-21"}
        for i, w in enumerate(weights)
    ]
    assert sum(part.share for part in metrics(*rows).index_parts("5")) == pytest.approx(1)


def test_an_index_that_does_not_add_up_is_refused() -> None:
    row = {"CG_ID": "a", "TOKEN_SYMBOL": "A", "WEIGHT": 40, "DATE": "2026-11-21"}
    with pytest.raises(ReplyError, match="add up to 40"):
        metrics(row).index_parts("5")


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.just(""),
    st.text(max_size=20),
    st.floats(max_value=0, allow_nan=False, allow_infinity=False),
    st.sampled_from(["1.5", "NaN", "inf", "1e999", "-1", [], {}, [1], {"usd": 1}]),
    st.sampled_from([10**400, -(10**400), 0, -0.0]),
)


def _hostile_prices(price: object) -> None:
    try:
        rows = gecko([{**COIN, "current_price": price}]).prices(["bitcoin"], currency="usd")
    except ReplyError:
        return
    assert [row.price for row in rows if row.price is not None and is_price(row.price)] == []


@given(HOSTILE)
@settings(max_examples=200)
def test_what_is_no_price_becomes_none(price: object) -> None:
    _hostile_prices(price)


@pytest.mark.campaign
@given(HOSTILE)
@settings(max_examples=5000)
def test_none_of_five_thousand_hostile_prices_is_accepted(price: object) -> None:
    _hostile_prices(price)


@given(st.dictionaries(st.sampled_from(sorted(SIGNAL)), HOSTILE))
@settings(max_examples=200)
def test_no_row_makes_a_source_fail_otherwise(odd: dict[str, object]) -> None:
    try:
        rows = metrics({**SIGNAL, **odd}).signals(["3375"], day=DAY)
    except ReplyError:
        return
    for row in rows:
        assert row.trend in (-1, 0, 1, None)
        assert row.short_grade is None or 0 <= row.short_grade <= 100
