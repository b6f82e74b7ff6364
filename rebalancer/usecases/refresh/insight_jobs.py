"""The weekly jobs that no proposal needs: mood, reports, risk figures; and indices followed.

They cost a handful of credits a week whatever the number of people, and nothing at all on a plan
that bears only the small profile, except for the indices, which people asked for by name.
"""

from __future__ import annotations

from portfolios.marketdata.fetch_log import DAY, WEEK
from portfolios.marketdata.index_targets import followed_indices, keep_index
from portfolios.model.insights import FIGURES, MOOD, REPORTS
from rebalancer.usecases.refresh.grade_jobs import believed
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sources import TOKENS_A_CALL, InsightSource

INDICES = "index holdings"
MOST_INDICES, MOST_REPORTS = 20, 20
"""Indices are capped because people choose them; reports, because they are long."""


def refresh_indices(run: RunState, source: InsightSource) -> bool:
    """Ask weekly what the indices hold that portfolios follow; tell whether any was asked."""
    names = [n for n in followed_indices(run.database) if n.startswith(f"{source.name}:")]
    due = run.asked.due(INDICES, names[:MOST_INDICES], now=run.now, every=WEEK, unknown_every=DAY)
    for (name,) in run.batches(source.name, INDICES, due, 1):
        parts = run.call(source.name, INDICES, source.index_parts, name.partition(":")[2])
        if parts is None:
            continue
        with run.database.transaction():
            if parts:
                keep_index(run.database, name, parts, at=run.now)
            run.asked.mark(INDICES, [name], at=run.now, answered=bool(parts))
    return bool(due)


def refresh_insights(run: RunState, source: InsightSource) -> None:
    """Ask weekly for the mood of the market, reports on the largest holdings, risk figures."""
    if run.is_lean:
        return
    _refresh_mood(run, source)
    theirs = believed(run, source.name)
    ours = {their_id: asset_id for asset_id, their_id in theirs.items()}
    largest = list(theirs.values())[:MOST_REPORTS]
    for name, ask, ids in (
        (REPORTS, source.reports, largest),
        (FIGURES, source.risk_figures, list(theirs.values())),
    ):
        due = run.asked.due(name, ids, now=run.now, every=WEEK)
        for batch in run.batches(source.name, name, due, TOKENS_A_CALL):
            found = run.call(source.name, name, ask, batch)
            if found is not None:
                _keep(run, source.name, name, batch, {ours[t]: v for t, v in found.items()})


def _refresh_mood(run: RunState, source: InsightSource) -> None:
    for _ in run.asked.due(MOOD, ["market"], now=run.now, every=WEEK):
        mood = run.call(source.name, MOOD, source.sentiment)
        if mood is not None:
            with run.database.transaction():
                run.asked.save_response(source.name, MOOD, dict(mood), at=run.now)
                run.asked.mark(MOOD, ["market"], at=run.now, answered=bool(mood))


def _keep(
    run: RunState, provider: str, name: str, batch: tuple[str, ...], found: dict[str, object]
) -> None:
    """Keep what was said of some assets beside what is known of the others."""
    body = run.asked.response(provider, name)
    known = body.content if body is not None and isinstance(body.content, dict) else {}
    with run.database.transaction():
        run.asked.save_response(provider, name, {**known, **found}, at=run.now)
        run.asked.mark(name, batch, at=run.now, answered=True)
