"""Words of zone messages: each fact once, the first in the headline, and true of what was told."""

from __future__ import annotations

from datetime import UTC, datetime

from alerts.messages import Message
from alerts.texts.event_messages import zone_message
from alerts.triggers.flips import Advance, Flip
from portfolios.model.plan import Scope, Zone

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BEARISH = "bearish trend on 6.2% of the portfolio, down 24.1% in three days"


def told(*texts: str, was: Zone = Zone.GREEN) -> Message:
    flip = Flip(Scope.ASSET, "litecoin", Zone.AMBER, was, texts, 50.0)
    message = zone_message("core", Advance((), (), (flip,)), as_of=NOW, names={"litecoin": "LTC"})
    assert message is not None
    return message


def test_a_fact_that_two_rules_speak_of_is_said_once() -> None:
    (line,) = told("down 24.1% in three days", BEARISH).blocks[0].items
    assert line == (
        "LTC amber (was green): down 24.1% in three days; bearish trend on 6.2% of the portfolio"
    )


def test_the_headline_says_the_first_fact_and_leaves_the_rest_to_the_list() -> None:
    fact = "bearish trend on 6.2% of the portfolio, down 24.1% in three days"
    assert told(BEARISH).headline == f"core: LTC amber: {fact}"


def test_what_was_never_told_is_not_worse_than_told() -> None:
    assert "(worse than before)" in str(told(BEARISH, was=Zone.AMBER))


def test_what_is_flagged_and_not_acted_on_is_said_once_below_the_lines() -> None:
    message = told(f"{BEARISH}; flagged: a trend alone sells nothing")
    assert "flagged" not in str(message.blocks[0])
    assert [b.text for b in message.blocks].count("a trend alone sells nothing") == 1


def test_the_portfolios_own_zone_is_not_told_as_that_of_all_that_it_holds() -> None:
    flip = Flip(Scope.PORTFOLIO, "portfolio", Zone.GREEN, Zone.RED, ("down 2.0% in three days",), 0)
    message = zone_message("core", Advance((), (), recovered=(flip,)), as_of=NOW, names={})
    assert message is not None
    assert message.headline == "core: the portfolio as a whole is green again"
