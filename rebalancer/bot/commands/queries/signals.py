"""The command that tells trends and grades of what is held, and what changed in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from portfolios.model.market import Market
from portfolios.values import display
from rebalancer.bot.reply import Reply, again, as_of, lines, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.bot.tables import table
from rebalancer.usecases.reports.grade_changes import (
    NOTABLE_POINTS,
    Change,
    GradeView,
    Seen,
    changes_between,
    look_again,
    look_at,
)

MOST_TOLD = 3
COLUMNS = ("asset", "trend", "short>", "long>")


def signals(request: Request) -> Reply:
    """Tell what changed since the last look, then trend and grades of everything held."""
    market = request.market()
    held = {h.asset_id for own in request.portfolios() for h in own.holdings if h.quantity > 0}
    look = look_at(market, held, now=request.now)
    if not look.seen:
        return reply_with(
            request, "Nothing that you hold has a trend or a grade", note=as_of(market)
        )
    # What is shown in a group does not count as seen by this person.
    before = (
        None if request.is_group else look_again(request.store.database, request.person.name, look)
    )
    changes = () if before is None else changes_between(before, look)
    rows = _rows(market, look, {change.asset_id for change in changes})
    shown, pages = page_of(request, len(rows))
    blocks = [table(COLUMNS, rows[shown])]
    if regime := request.load_insights().regime:
        blocks.append(lines(f"the market's last signal is {regime}"))
    note = f"grades are of 100, and count as changed from {NOTABLE_POINTS:.0f} points on"
    reply = reply_with(
        request, _head(market, look, before, changes), *blocks, note=f"{as_of(market)}; {note}"
    )
    return reply.with_buttons([again("Refresh", request.command, *request.words), *pages])


def _head(
    market: Market, look: GradeView, before: GradeView | None, changes: Sequence[Change]
) -> str:
    if before is None:
        return f"Signals of {display.counted(len(look.seen), 'holding')}: {_counted(look)}"
    since = f"since your look of {display.moment(before.at)}"
    if not changes:
        return f"Nothing changed {since}: {_counted(look)}"
    told = [f"{market.symbol(c.asset_id)} {c.text}" for c in changes[:MOST_TOLD]]
    more = f" and {len(changes) - MOST_TOLD} more" if len(changes) > MOST_TOLD else ""
    return f"{_numbers(changes)} changed {since}: {', '.join(told)}{more}"


def _numbers(changes: Sequence[Change]) -> str:
    trends = sum(change.is_trend for change in changes)
    counts = ((trends, "trend"), (len(changes) - trends, "grade"))
    return " and ".join(display.counted(n, word) for n, word in counts if n)


def _counted(look: GradeView) -> str:
    """Return how many trends are which.

    A trend without a source counts as unknown.
    """
    found = Counter(_trend(seen) for seen in look.seen.values())
    return ", ".join(f"{found[word]} {word}" for word in (*display.TREND_WORDS.values(), "unknown")
                     if found[word])  # fmt: skip


def _rows(market: Market, look: GradeView, changed: set[str]) -> list[list[str]]:
    """Return a row for each asset, those that changed first."""
    named = sorted((a not in changed, market.symbol(a), a) for a in look.seen)
    return [
        [symbol, _trend(look.seen[a]), _points(look.seen[a].short), _points(look.seen[a].long)]
        for _, symbol, a in named
    ]


def _trend(seen: Seen) -> str:
    return "unknown" if seen.trend is None else display.TREND_WORDS[seen.trend]


def _points(grade: float | None) -> str:
    return "-" if grade is None else f"{grade:.0f}"
