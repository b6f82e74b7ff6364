"""How the outbox stands: what waits, since when, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.delivery.delivery import MOST_IN_ORDER, State
from alerts.delivery.rows import moment
from portfolios.store.database import Database
from portfolios.values.canonical import read_utc

_STATES = "SELECT state, count(*) AS deliveries FROM deliveries GROUP BY state"
# The place of what was refused often is where it is tried next.
_SINCE = f"iif(attempts >= {MOST_IN_ORDER}, created_at, place)"
_OLDEST = f"""
SELECT min({_SINCE}) AS since FROM deliveries
WHERE promise = 'must' AND state IN ('pending', 'retry')
"""  # noqa: S608 - made of constants
_OLDEST_DUE = f"""
SELECT min({_SINCE}) AS since FROM deliveries WHERE ended_at IS NULL AND {_SINCE} <= ?
"""  # noqa: S608 - made of constants
_CLOSED = "SELECT count(*) AS addresses FROM closed_addresses"


@dataclass(frozen=True, slots=True)
class Summary:
    """How the outbox stands.

    Attributes:
        deliveries: how many stand in each state; states without any are absent.
        oldest_must: since when the longest waiting urgent delivery is due; None without one.
        closed_addresses: how many take nothing.
    """

    deliveries: Mapping[State, int]
    oldest_must: datetime | None
    closed_addresses: int

    @property
    def waiting(self) -> int:
        """Count what is still to be told."""
        return sum(count for state, count in self.deliveries.items() if state.is_alive)


def summarise(database: Database) -> Summary:
    """Return how the outbox stands."""
    states = {State(row["state"]): row["deliveries"] for row in database.rows(_STATES)}
    oldest, closed = database.row(_OLDEST), database.row(_CLOSED)
    return Summary(
        deliveries=states,
        oldest_must=read_utc(oldest["since"]) if oldest and oldest["since"] else None,
        closed_addresses=closed["addresses"] if closed else 0,
    )


def oldest_waiting(database: Database, now: datetime) -> datetime | None:
    """Return since when the longest waiting message is due; None where nothing that is due waits.

    Args:
        database: of the outbox.
        now: the moment.
    """
    row = database.row(_OLDEST_DUE, (moment(now),))
    return read_utc(row["since"]) if row and row["since"] else None
