"""Refresh: what the sources say now, through the gate, into the store.

One refresh serves the union of what everybody holds. It asks for what is due and nothing else, in
an order that makes an early end useful: prices, history, grades. It may be interrupted at any
moment and goes on where it stopped, because each answer is stored before the next question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from portfolios.marketdata.bar_series import on_one_axis
from portfolios.marketdata.load_market import MOST_DAYS, load_market
from portfolios.marketdata.market_store import MarketStore
from portfolios.marketdata.price_gate import Reading
from portfolios.marketdata.universe import Universe, universe, wanted_assets
from portfolios.model.assets import Asset
from portfolios.model.market import Bars, Grade
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.quota import CreditPlan
from portfolios.store.database import Database
from portfolios.store.portfolio_store import Store
from portfolios.values.time import StableClock
from rebalancer.usecases.refresh.coin_list_job import refresh_listing
from rebalancer.usecases.refresh.grade_jobs import refresh_identity, refresh_regime, refresh_signals
from rebalancer.usecases.refresh.insight_jobs import refresh_indices, refresh_insights
from rebalancer.usecases.refresh.price_jobs import refresh_history, refresh_prices
from rebalancer.usecases.refresh.recorded_weights import record_missing_weights
from rebalancer.usecases.refresh.report import Progress, RefreshReport, Watch
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sector_job import refresh_sectors
from rebalancer.usecases.refresh.sources import (
    DOLLAR,
    TOKENS_A_CALL,
    CoinSource,
    GradeSource,
    InsightSource,
    PriceSource,
)

DAYS, WEEKS = 31, 5
"""Of the longest month, for what a plan must bear."""


class Grader(Protocol):
    """Grades assets from their bars alone, for those whom no vendor grades."""

    def __call__(
        self, bars: Bars, *, at: datetime, assets: Mapping[str, Asset]
    ) -> Mapping[str, Grade]:
        """Return asset id -> grade as of a moment, of those that are worth one."""


def unwatched(_: Progress) -> None:
    """Let the progress pass."""


def refresh(
    database: Database,
    *,
    prices: PriceSource,
    grades: GradeSource | None,
    grader: Grader,
    ledger: Ledger,
    clock: StableClock,
    coins: CoinSource | None = None,
    insights: InsightSource | None = None,
    currency: str = "usd",
    watch: Watch = unwatched,
) -> RefreshReport:
    """Ask the sources for what is due and store what the gate believes.

    Nothing a provider does makes it fail: what could not be had is in the report, and the data
    from before stay.

    Args:
        database: portfolios say what is wanted; market data go there.
        prices: of all assets.
        grades: None without a key; then only our own grades exist.
        grader: our own grades.
        ledger: the one that the sources spend from, for this run.
        clock: the same as the ledger's.
        coins: of the list by which names are looked up.
        insights: of what no proposal needs, and of indices that portfolios follow.
        currency: of all prices.
        watch: told how far it is.
    """
    run = _begin(database, ledger, clock, currency, watch, grades)
    # Its prices are dollars: beside prices in another currency they would deny every one.
    second = grades if not run.is_lean and currency == DOLLAR else None
    if insights is not None and refresh_indices(run, insights):
        run.universe = _universe(database, run.market.accepted())  # they name assets to be priced
    refresh_prices(run, prices, second)
    refresh_history(run, prices, second)
    if grades is not None:
        refresh_identity(run, grades)
        refresh_signals(run, grades)
        refresh_regime(run, grades)
    if insights is not None:
        refresh_insights(run, insights)
    if coins is not None:
        refresh_listing(run, coins)
    refresh_sectors(run, prices, fallback=grades.name if grades else "")
    _grade_ourselves(run, grader)
    run.finish()
    return replace(_report(run, grades), recorded=_recorded(run))


def needs_lean(plan: CreditPlan, assets: int) -> bool:
    """Tell whether a plan of grades bears only the small profile.

    Args:
        plan: of the provider of grades.
        assets: how many are graded.
    """
    limit = plan.limit(manual=False)
    calls = -(-assets // TOKENS_A_CALL)
    # Each day the signals and the market, each week who is who, and as much again in reserve.
    return limit is not None and limit < DAYS * (calls + 1) + 2 * WEEKS * calls


def _begin(
    database: Database,
    ledger: Ledger,
    clock: StableClock,
    currency: str,
    watch: Watch,
    grades: GradeSource | None,
) -> RunState:
    assets = _universe(database, MarketStore(database, currency=currency).accepted())
    lean = grades is not None and needs_lean(ledger.plan(grades.name), len(assets.graded))
    return RunState(database, ledger, clock, currency, assets, watch, is_lean=lean)


def _universe(database: Database, known: Mapping[str, Reading]) -> Universe:
    return universe(wanted_assets(database), {a: float(r.price) for a, r in known.items()})


def _grade_ourselves(run: RunState, grader: Grader) -> None:
    now = run.now
    bars = on_one_axis(run.market.series(), until=now, most_days=MOST_DAYS)
    if bars.days:
        run.grades.save_ours(grader(bars, at=now, assets=run.market.assets()))


def _recorded(run: RunState) -> tuple[str, ...]:
    store = Store(run.database)
    market = load_market(run.database, now=run.now, currency=run.currency)
    if market is None or not store.unrecorded():
        return ()
    return record_missing_weights(store, market, at=run.now)


def _report(run: RunState, grades: GradeSource | None) -> RefreshReport:
    wanted = set(run.universe.priced)
    pairs = run.market.pairs(grades.name) if grades else {}
    return RefreshReport(
        priced=tuple(sorted(run.priced)),
        graded=tuple(sorted(run.graded)),
        histories=tuple(sorted(run.histories)),
        quarantined={a: d.reason for a, d in run.market.refused().items() if a in wanted},
        unpaired={a: p.quarantined for a, p in pairs.items() if p.quarantined and a in wanted},
        unknown=tuple(sorted(run.unknown)),
        unanswered=tuple(sorted(run.unanswered)),
        left_out=run.universe.left_out,
        calls=run.ledger.calls,
        profile="lean" if run.is_lean else "full",
        degradations=tuple(run.degradations),
    )
