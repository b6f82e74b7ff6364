"""One round at moments that are unlike others, once as a process of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.rebalancer.cli.commands.test_serve import CHAT, shell_of
from tests.standins.telegram import TelegramStandin

MONDAY = "2026-11-30T07:30Z"
MOMENTS = {
    MONDAY: 1,  # a Monday, and the last day of a month: the report is due
    "2028-02-29T07:30Z": 1,  # a Tuesday: Monday's report is late, and still comes
    "2027-01-01T00:10Z": 1,  # a Friday, and another year
    "2026-12-31T23:30Z": 1,  # next year already in Berlin
    "2026-10-25T00:30Z": 1,  # 02:30 in Berlin, which comes twice
    "2027-03-28T01:30Z": 1,  # 03:30 in Berlin, after an hour that is skipped
    "2027-03-28T07:30Z": 0,  # a Sunday: the next report is near
}
"""How many weekly reports a first round writes."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_round_at_any_moment_tells_everything_that_is_due_once(
    tmp_path: Path, moment: str
) -> None:
    with TelegramStandin(CHAT) as bot:
        at, reports = datetime.fromisoformat(moment), MOMENTS[moment]
        before = at - timedelta(days=8)
        shell = shell_of(tmp_path, bot, at=at, added=before, REBALANCER_TIMEZONE="Europe/Berlin")
        run = shell.process if moment == MONDAY else shell.run
        first = run("serve", "--once")
        assert (first.code, first.err) == (0, "")
        assert f"1 portfolio checked, {reports} report" in first.out
        told = bot.texts(CHAT)
        again = shell.run("serve", "--once")
        assert "1 portfolio checked, 0 reports" in again.out
        assert bot.texts(CHAT) == told
    assert len([text for text in told if " this week, drift " in text]) == reports
    assert len([text for text in told if "price bitcoin &lt; 100000 is true" in text]) == 1
    assert len([sent for sent in bot.sent if sent.buttons]) == 1
