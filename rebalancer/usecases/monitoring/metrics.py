"""Figures of a running installation, in the text form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from alerts.delivery.delivery import State
from alerts.delivery.stats import Summary, oldest_waiting, summarise
from portfolios.providers.quota.quota import Usage
from portfolios.store.heartbeats import Beat, Heartbeats
from portfolios.store.portfolio_store import Store
from portfolios.values.canonical import utc_text
from rebalancer.usecases.proposals.status import LIFE, LONGEST_SNOOZE, newest_status

_OFFERED = "SELECT DISTINCT portfolio FROM offers WHERE at >= ?"
HELP: Mapping[str, str] = MappingProxyType(
    {
        "deliveries": "Messages by state.",
        "oldest_waiting_seconds": "How long the oldest message that is due has waited.",
        "part_last_success_timestamp_seconds": "When a part last did its work.",
        "part_failures_in_a_row": "Failures of a part since it last went well.",
        "credits_left": "Calls that a provider's plan still gives this month.",
        "price_age_seconds": "Age of the newest price that is not in doubt.",
        "plans_open": "Proposals that wait for a word.",
    }
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured.

    Attributes:
        waits: how long the oldest message that is due has waited; None where none is.
        price_age: of the newest price that is not in doubt; None where there is none.
    """

    outbox: Summary
    waits: timedelta | None
    parts: tuple[Beat, ...]
    usages: tuple[Usage, ...]
    price_age: timedelta | None
    plans_open: int


def gather(
    store: Store, usages: tuple[Usage, ...], *, price_age: timedelta | None, now: datetime
) -> Figures:
    """Measure an installation; cheap enough to be done every minute."""
    oldest = oldest_waiting(store.database, now)
    recent = store.database.rows(_OFFERED, (utc_text(now - LIFE - LONGEST_SNOOZE),))
    standings = (newest_status(store, row["portfolio"], now=now) for row in recent)
    return Figures(
        outbox=summarise(store.database),
        waits=None if oldest is None else now - oldest,
        parts=Heartbeats(store.database).by_part(),
        usages=usages,
        price_age=price_age,
        plans_open=sum(status is not None and status.is_undecided for status in standings),
    )


def metrics_text(figures: Figures) -> str:
    """Return the figures as text; what is not known has no line."""
    lines = []
    for name, values in _named(figures):
        lines += [f"# HELP rebalancer_{name} {HELP[name]}", f"# TYPE rebalancer_{name} gauge"]
        lines += [f"rebalancer_{name}{label} {value:.15g}" for label, value in values.items()]
    return "\n".join(lines) + "\n"


def _named(figures: Figures) -> Iterator[tuple[str, dict[str, float]]]:
    counts = figures.outbox.deliveries
    yield "deliveries", {_label("state", s.value): counts.get(s, 0) for s in State}
    yield "oldest_waiting_seconds", _seconds(figures.waits or timedelta(0))
    good = {b.part: b.good_at.timestamp() for b in figures.parts if b.good_at is not None}
    yield "part_last_success_timestamp_seconds", {_label("part", p): at for p, at in good.items()}
    failures = {_label("part", beat.part): beat.failures for beat in figures.parts}
    yield "part_failures_in_a_row", dict(failures)
    left = {_label("provider", u.provider): u.left for u in figures.usages if u.left is not None}
    yield "credits_left", dict(left)
    yield "price_age_seconds", _seconds(figures.price_age)
    yield "plans_open", {"": figures.plans_open}


def _seconds(length: timedelta | None) -> dict[str, float]:
    return {} if length is None else {"": length.total_seconds()}


def _label(name: str, value: str) -> str:
    r"""Return a label as it is written.

    >>> _label("part", 'a "b"')
    '{part="a \\"b\\""}'
    """
    quoted = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{{{name}="{quoted}"}}'
