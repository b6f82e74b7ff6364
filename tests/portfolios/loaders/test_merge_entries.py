from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from portfolios.loaders import load
from portfolios.model.assets import AssetIndex
from portfolios.model.portfolio import Holding, Investor, Lock, LockKind, Lot, locked_quantity

Problems = Callable[..., list[str]]
HEADER = "asset,quantity,account,cost,lock\n"
DATED = "asset,quantity,account,until,lock\n"


def one(rows: str, index: AssetIndex) -> Holding:
    (held,) = load((HEADER + rows).encode(), source="c.csv", index=index).portfolio.holdings
    return held


def test_one_asset_in_two_accounts_is_added_up(index: AssetIndex) -> None:
    assert one("bitcoin,1,ledger,,\nbitcoin,0.5,kraken,,\n", index) == Holding(
        "bitcoin", Decimal("1.5"), account="ledger, kraken"
    )


def test_lots_still_add_up_where_only_one_account_knows_its_cost(index: AssetIndex) -> None:
    held = one("bitcoin,1,ledger,900,\nbitcoin,0.5,kraken,,\n", index)
    assert held.lots == (Lot(Decimal(1), Decimal(900)), Lot(Decimal("0.5")))


def test_a_lock_on_one_account_stays_on_its_part(index: AssetIndex) -> None:
    held = one("bitcoin,1,ledger,,frozen\nbitcoin,0.5,kraken,,\n", index)
    assert held.locks == (Lock(LockKind.FROZEN, quantity=Decimal(1)),)


def test_locks_on_two_accounts_never_cover_the_same_coins(index: AssetIndex) -> None:
    rows = "bitcoin,1,ledger,2027-01-01,frozen\nbitcoin,2,kraken,2027-06-01,frozen\n"
    (held,) = load((DATED + rows).encode(), source="c.csv", index=index).portfolio.holdings
    free = {
        day: held.quantity - locked_quantity(held.quantity, held.locks_on(day, Investor()))
        for day in (date(2026, 12, 1), date(2027, 3, 1), date(2027, 7, 1))
    }
    assert list(free.values()) == [0, 1, 3]


def test_cash_in_two_accounts_is_added_up(index: AssetIndex) -> None:
    text = f"{HEADER}cash,1,bank,,\ncash,2,broker,,\n".encode()
    assert load(text, source="c.csv", index=index).portfolio.cash == 3


def test_one_asset_twice_without_accounts_is_refused(problems: Problems) -> None:
    rows = "bitcoin,1,ledger,,\nbitcoin,1,,,\nbitcoin,1,ledger,,\n"
    assert problems(HEADER + rows, source="c.csv") == [
        "line 4   bitcoin stands 3 times (lines 2, 3 and 4): "
        "give each an account of its own, or write one"
    ]


def test_an_asset_that_stands_very_often_is_named_with_a_few_lines(problems: Problems) -> None:
    (found,) = problems(HEADER + "bitcoin,1,,,\n" * 1000, source="c.csv")
    assert "stands 1000 times (lines 2, 3, 4, 5, 6 and 995 more)" in found


def test_cash_twice_without_accounts_is_refused(problems: Problems) -> None:
    (found,) = problems(HEADER + "cash,1,,,\ncash,2,,,\n", source="c.csv")
    assert found.startswith("line 3   cash stands twice (lines 2 and 3)")


def test_one_asset_under_two_sectors_is_refused(problems: Problems) -> None:
    text = "asset,quantity,account,sector\nbitcoin,1,a,rwa\nbitcoin,1,b,ai\n"
    (found,) = problems(text, source="c.csv")
    assert found.endswith("the accounts differ in more than quantity, lots and lock")


def test_a_sum_beyond_the_limits_is_refused(problems: Problems) -> None:
    (found,) = problems(HEADER + "bitcoin,1e18,a,,\nbitcoin,1,b,,\n", source="c.csv")
    assert "together, 1000000000000000001 is too large" in found


def test_a_sector_like_a_usual_one_is_questioned(index: AssetIndex) -> None:
    text = b"asset,quantity,sector\nbitcoin,1,layr1\n"
    assert load(text, source="c.csv", index=index).warnings == (
        "sector layr1 is not one of the usual ones; did you mean layer1?",
    )
