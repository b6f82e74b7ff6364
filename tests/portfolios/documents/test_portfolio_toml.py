from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portfolios.documents.portfolio_toml import COLUMNS, guarded, to_csv, to_toml
from portfolios.loaders import load
from portfolios.loaders.number_parsing import total
from portfolios.loaders.value_parsing import parse_lines, parse_text
from portfolios.model.assets import Asset, AssetIndex
from portfolios.model.policy import (
    Freed,
    LimitUse,
    Mode,
    Policy,
    Profile,
    Range,
    Signals,
    Technical,
)
from portfolios.model.portfolio import (
    AlertRule,
    Holding,
    Investor,
    Lock,
    LockKind,
    Lot,
    Portfolio,
    Restrictions,
    StatedPrice,
)
from portfolios.model.sectors import SECTORS

T = TypeVar("T")
KNOWN = ("bitcoin", "ethereum", "solana", "usd-coin", "0x.protocol token")
MARKET = AssetIndex(Asset(name, f"S{i}", name) for i, name in enumerate(KNOWN))


def accepted(parse: Callable[[object], str]) -> Callable[[str], bool]:
    def accepts(text: str) -> bool:
        try:
            return parse(text) == text
        except ValueError:
            return False

    return accepts


TEXT = st.text(max_size=12).map(str.strip).filter(accepted(parse_text))
LINES = st.text(max_size=12).map(str.strip).filter(lambda t: not t or accepted(parse_lines)(t))
DATES = st.dates()
NUMBERS = st.decimals(0, 10**9, places=18) | st.integers(0, 10**18).map(Decimal)
SMALL = st.decimals(Decimal("1E-18"), 10**9, places=18)
POSITIVE = NUMBERS.filter(lambda number: number > 0)
FRACTIONS = st.decimals(0, 1, places=6) | st.integers(0, 100).map(lambda n: Decimal(n) / 100)


def maybe(values: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | values


RANGES = st.builds(Range, maybe(FRACTIONS), maybe(FRACTIONS)).filter(
    lambda limits: limits != Range()
)
CAPS = st.builds(Range, st.none(), FRACTIONS)
POLICIES = st.builds(
    Policy,
    profile=maybe(st.sampled_from(Profile)),
    technical=st.sampled_from(Technical),
    limits=maybe(st.sampled_from(LimitUse)),
    mode=st.sampled_from(Mode),
    signals=maybe(st.sampled_from(Signals)),
    freed=st.sampled_from(Freed),
    turnover=maybe(FRACTIONS),
    min_trade=maybe(NUMBERS),
    fee=maybe(FRACTIONS.map(lambda fee: (fee / 5).quantize(Decimal("0.0001")))),
    cash_buffer=maybe(FRACTIONS),
    max_volatility=maybe(FRACTIONS.map(lambda fraction: fraction * 10)),
    band=maybe(FRACTIONS),
    rebalance_every_days=st.integers(1, 3650),
    candidates=st.lists(st.sampled_from(KNOWN), unique=True).map(tuple),
    sectors=st.dictionaries(st.sampled_from(SECTORS), RANGES, max_size=3),
    assets=st.dictionaries(st.sampled_from(KNOWN), CAPS, max_size=3),
)
RESTRICTIONS = st.builds(
    Restrictions,
    accredited_only=st.booleans(),
    countries_allowed=st.lists(st.sampled_from(["DE", "CH", "US"]), unique=True).map(tuple),
    lockup_until=maybe(DATES),
    max_holders_reached=st.booleans(),
    transferable=st.sampled_from([True, False, None]),
)
MEMBERSHIPS = st.sampled_from(
    [
        ("", {}),
        ("rwa", {}),
        ("art", {}),
        ("defi", {"defi": Decimal("0.6"), "rwa": Decimal("0.4")}),
        ("ai", {"rwa": Decimal("0.5"), "ai": Decimal("0.5")}),
    ]
)


@st.composite
def holdings(draw: st.DrawFn, asset_id: str) -> Holding:
    lots = tuple(draw(st.lists(st.builds(Lot, SMALL, maybe(NUMBERS), maybe(DATES)), max_size=2)))
    quantity = total(lot.quantity for lot in lots) if lots else draw(NUMBERS)
    covered = st.just(quantity) if quantity > 0 else st.none()
    lock = st.builds(Lock, st.sampled_from(LockKind), maybe(DATES), LINES, maybe(covered))
    sector, membership = draw(MEMBERSHIPS)
    return Holding(
        asset_id=asset_id,
        quantity=quantity,
        lots=lots,
        locks=tuple(draw(st.lists(lock, max_size=2))),
        restrictions=draw(RESTRICTIONS),
        stated=draw(maybe(st.builds(StatedPrice, POSITIVE, DATES))),
        kind=draw(st.sampled_from(["", "security_token"])),
        symbol=draw(st.just("") | TEXT),
        name=draw(st.just("") | TEXT),
        sector=sector,
        membership=membership,
        account=draw(st.just("") | TEXT),
    )


@st.composite
def portfolios(draw: st.DrawFn) -> Portfolio:
    ids = draw(st.lists(st.sampled_from([*KNOWN, "zzzz", "QQQQ", "été !"]), unique=True))
    held = tuple(draw(holdings(asset_id)) for asset_id in ids)
    weights = draw(st.lists(FRACTIONS.map(lambda f: f / 8), min_size=1, max_size=5))
    targets = dict(zip(KNOWN, weights, strict=False))
    stated, from_index = draw(st.sampled_from([(None, ""), (None, "tokenmetrics:7"), (1, "")]))
    cash = draw(NUMBERS)
    assume(cash > 0 or not held or set(ids) & {*KNOWN} or any(map(alone, held)))  # else refused
    rules = ["price bitcoin > 100000", "sector.rwa >= 3%", "drift > 0.05"]
    return Portfolio(
        name=draw(TEXT),
        currency=draw(st.sampled_from(["usd", "eur"])),
        cash=cash,
        holdings=held,
        policy=draw(POLICIES),
        targets=targets if stated else None,
        targets_from=from_index,
        investor=draw(
            st.builds(Investor, maybe(st.booleans()), maybe(st.sampled_from(["DE", "US"])))
        ),
        alerts=tuple(
            AlertRule(rule) for rule in draw(st.lists(st.sampled_from(rules), unique=True))
        ),
        unknown=tuple(
            sorted(h.asset_id for h in held if h.asset_id not in MARKET and not alone(h))
        ),
    )


def alone(holding: Holding) -> bool:
    return holding.stated is not None or bool(holding.kind)


def read_back(text: str, source: str = "x.toml") -> Portfolio:
    return load(text.encode(), source=source, index=MARKET).portfolio


@settings(max_examples=60)
@given(portfolios())
def test_a_portfolio_written_as_toml_reads_back_equal(portfolio: Portfolio) -> None:
    text = to_toml(portfolio)
    assert read_back(text) == portfolio
    assert to_toml(read_back(text)) == text


@pytest.mark.campaign
@settings(max_examples=3000, deadline=None)
@given(portfolios())
def test_many_portfolios_written_as_toml_read_back_equal(portfolio: Portfolio) -> None:
    assert read_back(to_toml(portfolio)) == portfolio


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_stays_itself_in_toml(text: str) -> None:
    written = to_toml(Portfolio(text, holdings=(Holding(text, Decimal(1)),)))
    read = tomllib.loads(written)
    assert read["name"] == read["holdings"][0]["asset"] == text


def test_a_portfolio_reads_well() -> None:
    held = Holding("bitcoin", Decimal("1E+1"), lots=(Lot(Decimal(10), Decimal("5.50")),))
    text = to_toml(Portfolio("core", cash=Decimal("12.30"), holdings=(held,)))
    assert text == (
        'name = "core"\n'
        'currency = "usd"\n'
        "\n[policy]\n"
        'mode = "full"\n'
        'freed = "cash"\n'
        'rebalance_every = "30d"\n'
        "\n[[holdings]]\n"
        'asset = "bitcoin"\n'
        'quantity = "10"\n'
        "lots = [\n"
        '  { quantity = "10", cost = "5.5" },\n'
        "]\n"
        "\n[[holdings]]\n"
        'asset = "cash"\n'
        'quantity = "12.3"\n'
    )


def test_holdings_written_as_csv_read_back(tmp_path: object) -> None:
    portfolio = Portfolio(
        "x",
        cash=Decimal("0.10"),
        holdings=(
            Holding(
                "bitcoin",
                Decimal("0.00000001"),
                lots=(Lot(Decimal("0.00000001"), Decimal(3)),),
                locks=(Lock(LockKind.NO_SELL, date(2027, 1, 1), "=cmd|'/c calc'!A0"),),
                account='@"home", of course',
            ),
            Holding(
                "house",
                Decimal(2),
                stated=StatedPrice(Decimal("1E+3"), date(2026, 11, 1)),
                sector="rwa",
            ),
        ),
    )
    assert read_back(to_csv(portfolio), "x.csv") == portfolio


def test_numbers_stay_numbers_and_the_cash_is_a_row() -> None:
    text = to_csv(Portfolio("x", cash=Decimal(7), holdings=(Holding("bitcoin", Decimal("1E-8")),)))
    assert text.splitlines() == [
        '"asset","quantity","sector","price","price_as_of","cost","lock","until","reason","account"',
        '"bitcoin",0.00000001,,,,,,,,',
        '"cash",7,,,,,,,,',
    ]


def test_a_cost_is_left_out_where_one_lot_does_not_know_it() -> None:
    lots = (Lot(Decimal(1), Decimal(5)), Lot(Decimal(1)))
    row = to_csv(Portfolio("x", holdings=(Holding("bitcoin", Decimal(2), lots=lots),)))
    assert row.splitlines()[1] == '"bitcoin",2,,,,,,,,'


DANGEROUS = "=+-@\t\r＝＋－＠"


@pytest.mark.parametrize("first", DANGEROUS)
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "\n", "'", "\u3000"])
def test_text_that_may_be_a_formula_is_guarded(first: str, before: str) -> None:
    cell = guarded(f"{before}{first}1+1")
    assert cell.startswith("'")
    assert not set(cell) & set("\t\r\n")


def test_a_second_line_cannot_become_a_cell_of_its_own() -> None:
    assert guarded("note\r\n=1+1") == "note =1+1"


@pytest.mark.parametrize("text", ["", "bitcoin", "usd-coin", "3 @ 5", "'tis", "a=b"])
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_breaks_out_of_its_cell(reason: str, account: str) -> None:
    lock = Lock(LockKind.FROZEN, reason=reason)
    held = Holding("bitcoin", Decimal(1), locks=(lock,), account=account)
    text = to_csv(Portfolio("x", holdings=(held,)))
    header, row = csv.reader(io.StringIO(text, newline=""))
    cells = dict(zip(header, row, strict=True))
    assert tuple(header) == COLUMNS
    assert (cells["asset"], cells["quantity"], cells["lock"]) == ("bitcoin", "1", "frozen")
    assert not any(cell.lstrip()[:1] in set(DANGEROUS) for cell in row if cell.strip())
