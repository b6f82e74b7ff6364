"""Prices are shown with their age, and what to do about it, on every face alike."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.messages import Kind
from alerts.render.plain import plain_text
from alerts.texts.event_messages import (
    changes_message,
    proposal_message,
    rules_message,
    withheld_message,
    zone_message,
)
from alerts.triggers.flips import Advance, Flip
from alerts.triggers.user_rules import Fired
from portfolios.model.plan import Decision, Scope, Zone
from rebalancer.cli.views.explanation import show_explanation
from rebalancer.cli.views.market import show_market
from rebalancer.usecases.explanations.explanation import Explanation
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.market_table import market_rows
from tests.rebalancer.bot.bot_fixture import Bot
from tests.rebalancer.faces import BOOK, STALE, VALUE_FACES, aged, printed, real

OLD = "as of 16 Nov 2026 09:00 UTC, 6 days old: run `rebalancer refresh`"


@pytest.mark.parametrize(("hours", "says"), [(0.9, ""), (23, "23 hours old: run `rebalancer")])
@pytest.mark.parametrize("face", ["run", "show", "list", "whatif", "mail"])
def test_every_face_says_how_old_the_prices_are(face: str, hours: float, says: str) -> None:
    late = replace(real(), quotes={
        a: replace(q, **aged(hours)) for a, q in real().quotes.items()})  # fmt: skip
    told = " ".join(VALUE_FACES[face](analyse(BOOK, late)).split())
    assert (says in told) if says else ("old: run" not in told)


def test_every_message_says_how_old_the_prices_are() -> None:
    at, fired = STALE.as_of, Fired("value < 9", 8.0, STALE.as_of)
    worse = Flip(Scope.ASSET, "solana", Zone.RED, Zone.GREEN, ("down 40.0%",), 90.0)
    when = {"as_of": at, "priced_at": at - timedelta(days=6)}
    plan = propose(analyse(BOOK, STALE)).plan
    for message in (
        zone_message("core", Advance((), (), (worse,)), names={}, **when),
        rules_message("core", [fired], **when),
        changes_message("core", Kind.SIGNAL, ["SOL turned"], key="k", what="signals", **when),
        withheld_message(plan),
        proposal_message(replace(plan, decision=Decision.TRADE, drift=0.1)),
    ):
        assert message is not None
        assert OLD in plain_text(message)


def test_a_price_too_old_to_act_on_is_marked_in_tables_of_prices(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.market = STALE
    rows = market_rows(STALE, STALE.assets.values())
    told = printed(lambda c: show_market(c, STALE, rows)) + bot.say("/market")
    marked = [line.split()[0] for line in told.splitlines() if re.search(r"\d\?", line)]
    assert sorted(marked) == ["BTC", "BTC", "UNI"]  # the chat's first page ends before UNI
    assert ", in doubt: 6 days old, " in bot.say("/token BTC")


def test_an_explained_plan_says_how_old_its_prices_are() -> None:
    plan = propose(analyse(BOOK, STALE)).plan
    told = printed(lambda c: show_explanation(c, Explanation(plan, (), is_whole=True)))
    assert OLD in told


@pytest.mark.parametrize("command", ["status", "portfolio shared", "sectors shared", "risk shared",
                                     "market", "token BTC", "signals"])  # fmt: skip
def test_every_look_in_the_chat_says_how_old_the_prices_are(tmp_path: Path, command: str) -> None:
    bot = Bot(tmp_path)
    bot.market = replace(
        real(), quotes={a: replace(q, **aged(23)) for a, q in real().quotes.items()}
    )
    assert "21 Nov 2026 10:00 UTC, 23 hours old: run" in bot.say(f"/{command}")
