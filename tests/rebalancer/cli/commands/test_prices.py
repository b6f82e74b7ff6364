"""Prices in doubt on the command line: shown, accepted, and kept in the history."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.marketdata.market_store import MarketStore, Refused
from portfolios.marketdata.price_gate import Reading
from portfolios.store.database import open_database
from tests.clock import ORDINARY
from tests.shell import Shell

WHY = "20 is 1000 times the 0.02 20 hours before"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path, REBALANCER_DATABASE=str(tmp_path / "r.db"))
    last = Reading(Decimal("0.02"), ORDINARY - timedelta(hours=20), "coingecko")
    with open_database(tmp_path / "r.db") as database:
        market = MarketStore(database, currency="usd")
        market.accept("old-coin", last)
        new = Reading(Decimal(20), ORDINARY, "coingecko")
        market.refuse("old-coin", Refused(new, WHY, new))
        nan = Reading(Decimal("NaN"), ORDINARY, "coingecko")
        market.refuse("a-coin", Refused(nan, "coingecko says NaN, which is no price", nan))
    return shell


def test_the_hint_that_is_printed_accepts_the_price(shell: Shell) -> None:
    told = shell.run("prices")
    assert "old-coin" in told.out
    assert WHY in " ".join(told.out.split())
    hint = re.search(r"`rebalancer (prices accept [^`]+)`", told.err)
    assert hint is not None
    done = shell.run(*shlex.split(hint[1]))
    assert (done.code, done.out) == (0, "old-coin: 20 is accepted, against 0.02 before\n")
    again = shell.run("prices", "accept", "old-coin")
    assert (again.code, "no price of old-coin is in doubt" in again.err) == (2, True)


def test_who_accepted_what_against_what_stays_in_the_history(shell: Shell) -> None:
    shell.run("prices", "accept", "old-coin")
    found = json.loads(shell.run("prices", "--json").out)
    (accepted,) = found["accepted"]
    assert {k: accepted[k] for k in ("asset", "price", "against", "by", "reason")} == {
        "asset": "old-coin", "price": "20", "against": "0.02", "by": "cli", "reason": WHY
    }  # fmt: skip
    assert [doubt["asset"] for doubt in found["in_doubt"]] == ["a-coin"]
    for words in (["history"], ["prices"]):
        assert re.search(r"old-coin +20 +0\.02 +cli", shell.run(*words).out)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("accept",), 2, "say which: prices accept ASSET"),
        (("believe", "old-coin"), 2, "this is no prices command"),
        (("accept", "a-coin"), 2, "says NaN, which is no price, so it cannot be accepted"),
        (("accept", "nothing-such"), 2, "nothing-such"),
    ],
)
def test_what_cannot_be_accepted_is_one_clear_message(
    shell: Shell, words: tuple[str, ...], code: int, text: str
) -> None:
    done = shell.run("prices", *words)
    assert (done.code, done.out) == (code, "")
    assert text in done.err
    assert "Traceback" not in done.err


def test_without_a_doubt_it_says_so(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_DATABASE=str(tmp_path / "r.db"))
    open_database(tmp_path / "r.db").close()
    assert shell.run("prices").out == "no price is in doubt\n"
