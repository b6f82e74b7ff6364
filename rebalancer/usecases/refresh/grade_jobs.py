"""The jobs that bring grades: who is who, trends and grades of the day, the state of the market.

One call covers a hundred tokens and both grades, so the cost grows with the number of assets
divided by a hundred. Where that one call carries no short or long grade for most assets, the
separate endpoints fill in; grades of different definitions are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from portfolios.marketdata.asset_matching import Claim, Listing, Pair, join
from portfolios.marketdata.fetch_log import DAY, WEEK
from portfolios.marketdata.grade_store import LONG, SHORT, Score
from portfolios.marketdata.trend_turns import Trend
from portfolios.model.assets import AssetKind
from portfolios.model.insights import REGIME
from portfolios.providers.records import SignalRow, TokenRow
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sector_job import THEIRS
from rebalancer.usecases.refresh.sources import DOLLAR, SYMBOLS_A_CALL, TOKENS_A_CALL, GradeSource

IDENTITY, TOKENS, SIGNALS, LATE = "identity", "tokens", "signals", "late signals"
SHORT_GRADES, LONG_GRADES = "short grades", "long grades"
LAG = timedelta(hours=3)
"""The rows of a day appear some hours after it has ended."""
LATE_TRIES, LATE_EVERY = ("first", "second", "third"), timedelta(hours=3)
MONTH = timedelta(days=30)
LEAN_ASSETS = 100


def refresh_identity(run: RunState, source: GradeSource) -> None:
    """Find the tokens of assets that have none, and look weekly whether the others still match."""
    assets, pairs = run.market.assets(), run.market.pairs(source.name)
    graded = [a for a in _gradable(run) if a in assets]
    believed = [a for a in graded if a in pairs and not pairs[a].quarantined]
    unpaired = [a for a in graded if a not in set(believed)]
    every = MONTH if run.is_lean else WEEK
    due = run.asked.due(IDENTITY, unpaired, now=run.now, every=every, unknown_every=every)
    for batch in run.batches(source.name, IDENTITY, due, SYMBOLS_A_CALL):
        symbols = tuple(dict.fromkeys(assets[a].symbol for a in batch))
        rows = run.call(source.name, IDENTITY, source.find, symbols)
        _pair_up(run, source.name, IDENTITY, batch, rows)
    if run.is_lean:
        return
    again = run.asked.due(TOKENS, believed, now=run.now, every=WEEK)
    for batch in run.batches(source.name, TOKENS, again, TOKENS_A_CALL):
        theirs = tuple(pairs[a].their_id for a in batch)
        rows = run.call(source.name, TOKENS, source.tokens, theirs)
        _pair_up(run, source.name, TOKENS, batch, rows)


def refresh_signals(run: RunState, source: GradeSource) -> None:
    """Ask daily for the trends and grades of the last finished day."""
    now = run.now - LAG
    day = now.date() - DAY
    if not _may_ask(run, day):
        return
    theirs = believed(run, source.name)
    due = run.asked.due(SIGNALS, theirs, now=now, every=DAY)
    for batch in run.batches(source.name, SIGNALS, due, TOKENS_A_CALL):
        ids = tuple(theirs[a] for a in batch)
        rows = run.call(source.name, SIGNALS, source.signals, ids, day=day)
        if rows is not None:
            _take_signals(run, source.name, SIGNALS, {theirs[a]: a for a in batch}, rows, at=now)
            _remember_lateness(run, day, rows)
    _fill_in(run, source, theirs)


def refresh_regime(run: RunState, source: GradeSource) -> None:
    """Ask for the state of the whole market: daily, or weekly on a small plan."""
    every = WEEK if run.is_lean else DAY
    for _ in run.asked.due(REGIME, ["market"], now=run.now, every=every):
        state = run.call(source.name, REGIME, source.regime)
        if state is None:
            return
        with run.database.transaction():
            run.asked.save_response(source.name, REGIME, dict(state), at=run.now)
            run.asked.mark(REGIME, ["market"], at=run.now, answered=True)


def _gradable(run: RunState) -> tuple[str, ...]:
    """Return the assets worth a grade: no stablecoins, and the first hundred on a small plan."""
    assets = run.market.assets()
    ids = [
        a for a in run.universe.graded if a not in assets or assets[a].kind is not AssetKind.STABLE
    ]
    return tuple(ids[:LEAN_ASSETS] if run.is_lean else ids)


def believed(run: RunState, provider: str) -> dict[str, str]:
    """Return asset id -> the provider's id, for assets worth a grade, the important ones first."""
    pairs = run.market.pairs(provider)
    return {a: pairs[a].their_id for a in _gradable(run) if a in pairs and not pairs[a].quarantined}


def _pair_up(
    run: RunState, provider: str, job: str, batch: Sequence[str], rows: Sequence[TokenRow] | None
) -> None:
    if rows is None:
        return
    prices, assets = run.market.accepted(), run.market.assets()
    listings = {
        a: Listing(a, asset.name, float(prices[a].price) if a in prices else None)
        for a, asset in assets.items()
    }
    is_ours = run.currency == DOLLAR
    claims = [
        Claim(r.token_id, r.name, slug=r.slug, link=r.link, price=r.price if is_ours else None)
        for r in rows
    ]
    pairs = [pair for pair in join(claims, listings) if pair.asset_id in set(batch)]
    with run.database.transaction():
        run.market.save_pairs(provider, pairs, at=run.now)
        run.asked.mark(job, batch, at=run.now, answered=True)
        # Who was found just now need not be looked at again this week.
        believed = [pair.asset_id for pair in pairs if not pair.quarantined]
        run.asked.mark(TOKENS, believed, at=run.now, answered=True)
        _keep_categories(run, provider, pairs, rows)


def _keep_categories(
    run: RunState, provider: str, pairs: Iterable[Pair], rows: Iterable[TokenRow]
) -> None:
    filed = {row.token_id: list(row.categories) for row in rows if row.categories}
    new = {
        p.asset_id: filed[p.their_id] for p in pairs if not p.quarantined and p.their_id in filed
    }
    if new:
        body = run.asked.response(provider, THEIRS)
        known = body.content if body and isinstance(body.content, dict) else {}
        run.asked.save_response(provider, THEIRS, {**known, **new}, at=run.now)


def _take_signals(
    run: RunState,
    provider: str,
    job: str,
    ours: Mapping[str, str],
    rows: Sequence[SignalRow],
    *,
    at: datetime,
) -> None:
    """Store the newest row of each token; a row that names another asset is not believed."""
    newest = {r.token_id: r for r in sorted(rows, key=_by_moment) if r.token_id in ours}
    wrong = {t for t, row in newest.items() if row.slug and row.slug != ours[t]}
    good = {ours[t]: row for t, row in newest.items() if t not in wrong}
    missing = [a for t, a in ours.items() if t not in newest]
    pairs = run.market.pairs(provider)
    doubted = [
        replace(pairs[ours[t]], quarantined=f"its signals are those of {newest[t].slug!r}")
        for t in sorted(wrong)
    ]
    with run.database.transaction():
        run.grades.save(_scores(provider, good), _trends(provider, good))
        run.market.save_pairs(provider, doubted, at=run.now)
        run.asked.mark(job, good, at=at, answered=True)
        if rows:  # none at all means that the day is not there yet
            run.asked.mark(job, missing, at=at, answered=False)
    run.graded.update(good)


def _by_moment(row: SignalRow) -> tuple[datetime, str]:
    return (row.as_of, repr(row))


def _scores(provider: str, rows: Mapping[str, SignalRow]) -> Iterable[Score]:
    for asset_id, row in rows.items():
        for horizon, score, kind in (
            (SHORT, row.short_grade, row.short_kind),
            (LONG, row.long_grade, row.long_kind),
        ):
            if score is not None and kind and 0 <= score <= 100:
                yield Score(asset_id, provider, kind, horizon, float(score), row.as_of)


def _trends(provider: str, rows: Mapping[str, SignalRow]) -> Iterable[Trend]:
    for asset_id, row in rows.items():
        if row.trend in (-1, 0, 1):
            signal = row.signal if row.signal in (-1, 0, 1) else None
            yield Trend(asset_id, provider, row.trend, signal, row.as_of)


def _may_ask(run: RunState, day: date) -> bool:
    """Tell whether a day whose rows were late may be asked for again: thrice, hours apart."""
    tries = run.asked.due(LATE, _tries(day), now=run.now, every=timedelta(days=99))
    if len(tries) == len(LATE_TRIES):
        return True
    tried = [t for t in _tries(day) if t not in tries]
    latest = run.asked.due(LATE, tried[-1:], now=run.now, every=LATE_EVERY)
    return bool(tries) and bool(latest) and not run.is_lean


def _remember_lateness(run: RunState, day: date, rows: Sequence[SignalRow]) -> None:
    if not rows:
        free = run.asked.due(LATE, _tries(day), now=run.now, every=timedelta(days=99))
        run.asked.mark(LATE, free[:1], at=run.now, answered=True)


def _tries(day: date) -> tuple[str, ...]:
    return tuple(f"{day.isoformat()} {word}" for word in LATE_TRIES)


def _fill_in(run: RunState, source: GradeSource, theirs: Mapping[str, str]) -> None:
    """Ask the endpoints of single grades where the signals carry none for most assets."""
    grades = run.grades.grades(as_of=run.now)
    vendors = [a for a in theirs if a in grades and grades[a].source == source.name]
    for job, every, ask, known in (
        (
            SHORT_GRADES,
            DAY,
            source.short_grades,
            [a for a in vendors if grades[a].short is not None],
        ),
        (LONG_GRADES, WEEK, source.long_grades, [a for a in vendors if grades[a].long is not None]),
    ):
        began = run.asked.due(job, ["in use"], now=run.now, every=timedelta(days=36_500)) == ()
        if not began and 2 * len(known) >= len(theirs):
            continue
        run.asked.mark(job, ["in use"], at=run.now, answered=True)
        due = run.asked.due(job, theirs, now=run.now, every=every)
        for batch in run.batches(source.name, job, due, TOKENS_A_CALL):
            ids = tuple(theirs[a] for a in batch)
            rows = run.call(source.name, job, ask, ids)
            if rows is not None:
                own = {theirs[a]: a for a in batch}
                _take_signals(run, source.name, job, own, rows, at=run.now)
