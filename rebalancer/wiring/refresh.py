"""The refresh of everything, with the sources that the settings name."""

from __future__ import annotations

import time
from secrets import token_hex

from portfolios.providers.technical.grades import technical_grades
from portfolios.store.database import open_database
from portfolios.store.leases import Lease, holding
from portfolios.values.time import Clock
from rebalancer.settings.model import Settings
from rebalancer.usecases.refresh.refresh import refresh, unwatched
from rebalancer.usecases.refresh.report import Progress, RefreshReport, Watch
from rebalancer.wiring.providers import Wait, ledger_of, live_sources


def refresh_all(
    settings: Settings,
    *,
    clock: Clock,
    manual: bool = True,
    max_calls: int | None = None,
    watch: Watch = unwatched,
    wait: Wait = time.sleep,
    announce: Wait = lambda _: None,
) -> RefreshReport | None:
    """Refresh what everybody holds; None when another process is at it.

    Args:
        settings: database, addresses, keys, plans, currency.
        clock: tells the moment.
        manual: a person asked: the held-back credits may be used.
        max_calls: most calls of this run.
        watch: told how far it is.
        wait: waits so many seconds, and may say so.
        announce: told when a provider asks for a wait, which follows by itself.
    """
    with open_database(settings.database) as database:
        lease = Lease(database, "refresh", token_hex(8))

        def watch_and_renew(progress: Progress) -> None:
            lease.take(clock())
            watch(progress)

        with holding(lease, clock()) as is_ours:
            if not is_ours:
                return None
            ledger = ledger_of(settings, database, clock=clock, manual=manual, max_calls=max_calls)
            with live_sources(settings, ledger, wait=wait, announce=announce) as live:
                return refresh(
                    database,
                    prices=live.prices,
                    coins=live.prices,
                    grades=live.grades,
                    insights=live.grades,
                    grader=technical_grades,
                    ledger=ledger,
                    clock=ledger.clock,
                    currency=settings.currency,
                    watch=watch_and_renew,
                )
