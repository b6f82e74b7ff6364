"""Builds the bot from settings and runs it until it is asked to stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock

from portfolios.errors import SettingsError
from portfolios.market import Market
from rebalancer import wiring
from rebalancer.bot.asking import Services
from rebalancer.bot.office import Office
from rebalancer.bot.running import LISTENS_TO, application
from rebalancer.settings import Resolved
from rebalancer.wiring.assistant import ask_assistant
from rebalancer.wiring.delivering import now, open_office, people_of

RECENT = timedelta(minutes=1)


def office_of(resolved: Resolved, *, offline: bool = False) -> Office:
    """Return what answers the bot's users."""
    settings = resolved.settings
    return Office(
        open_store=lambda: open_office(settings),
        people=lambda store: people_of(settings, store.database),
        market=Recent(lambda: wiring.market_if_any(resolved, offline=offline)),
        insights=lambda: wiring.insights_from(resolved, offline=offline),
        now=now,
        services=Services(
            ask=partial(ask_assistant, settings),
            assets=partial(wiring.assets_from, resolved, offline=offline),
        ),
    )


class Recent:
    """The market as it was loaded a moment ago: many people ask, and it changes by the hour."""

    def __init__(self, load: Callable[[], Market | None]) -> None:
        self._load, self._lock = load, Lock()
        self._market: Market | None = None
        self._until = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> Market | None:
        """Return it, loaded anew where that was too long ago."""
        with self._lock:
            if not now() < self._until <= now() + RECENT:
                self._market, self._until = self._load(), now() + RECENT
            return self._market


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
