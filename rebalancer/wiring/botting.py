"""Builds the bot from settings and runs it until it is asked to stop."""

from __future__ import annotations

from alerts.migrations import ALERTS
from portfolios.database import open_database
from portfolios.errors import SettingsError
from portfolios.migrations import PORTFOLIOS
from portfolios.store import Store
from rebalancer import wiring
from rebalancer.bot.office import Office
from rebalancer.bot.running import LISTENS_TO, application
from rebalancer.settings import Resolved
from rebalancer.wiring.delivering import now, people_of


def office_of(resolved: Resolved, *, offline: bool = False) -> Office:
    """Return what answers the bot's users."""
    settings = resolved.settings

    def open_store() -> Store:
        return Store(open_database(settings.database, migrations=(PORTFOLIOS, ALERTS)))

    return Office(
        open_store=open_store,
        people=lambda store: people_of(settings, store.database),
        market=lambda: wiring.market_if_any(resolved, offline=offline),
        insights=lambda: wiring.insights_from(resolved, offline=offline),
        now=now,
    )


def run_bot(resolved: Resolved, *, offline: bool = False) -> None:
    """Answer commands until interrupted.

    Raises:
        SettingsError: without a token.
    """
    token = resolved.settings.telegram.token
    if token is None:
        raise SettingsError("there is no bot token", hint="set REBALANCER_TELEGRAM__TOKEN")
    office = office_of(resolved, offline=offline)
    made = application(
        token.get_secret_value(), base_url=resolved.settings.telegram.base_url, office=office
    )
    made.run_polling(allowed_updates=LISTENS_TO, bootstrap_retries=3)
