"""What the proposals of each outcome have earned together, and whether that tells anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portfolios.values import display
from rebalancer.usecases.performance.past_plans import PastPlan
from rebalancer.usecases.performance.significance import Significance, sign_flip_test
from rebalancer.usecases.proposals.outcome import Outcome

APPROVED = (Outcome.APPROVED, Outcome.BOOKED)
SKIPPED = (Outcome.SKIPPED,)
LAPSED = (Outcome.LAPSED,)
Return = tuple[date, float]


@dataclass(frozen=True, slots=True)
class Total:
    """What several proposals have earned since, against doing nothing.

    Attributes:
        count: of proposals.
        unknown: of those, how many are left out because a price is not known.
        earned: by the others, the sum of what each has earned in cents; None where there is none.
        significance: whether luck alone explains it.
    """

    count: int
    unknown: int
    earned: Decimal | None
    significance: Significance


@dataclass(frozen=True, slots=True)
class Results:
    """The record of some proposals in one currency.

    Those that are open, put off, or were replaced by a newer one before their time was over are in
    no total: what replaced them asks for much the same, and would count twice.

    Attributes:
        approved: booked ones included.
        skipped: somebody said no.
        lapsed: nobody answered in time.
        choosing: whether luck explains what approving and skipping gained against the contrary.
    """

    approved: Total
    skipped: Total
    lapsed: Total
    choosing: Significance


def in_words(results: Results, currency: str) -> tuple[str, ...]:
    """Return a line for each total that counts anything, and one on the choice between them."""
    named = {"approved": results.approved, "skipped": results.skipped, "lapsed": results.lapsed}
    told = [_in_words(name, total, currency) for name, total in named.items() if total.count]
    if results.approved.count and results.skipped.count:
        told.append(f"choosing, against the contrary: {results.choosing.words}")
    return tuple(told)


def _in_words(name: str, total: Total, currency: str) -> str:
    if total.earned is None:
        return f"{name} {total.count}: unknown"
    left_out = f", {total.unknown} unknown and left out" if total.unknown else ""
    earned = display.to_the_cent(total.earned, currency, signed=True)
    return f"{name} {total.count}: {earned}{left_out}; {total.significance.words}"


def results_of(past: Iterable[PastPlan]) -> Results:
    """Return the record of some past plans."""
    every = tuple(past)
    approved, skipped = _of(every, APPROVED), _of(every, SKIPPED)
    contrary = ((day, -value) for day, value in _returns(skipped))
    return Results(
        approved=_total(approved),
        skipped=_total(skipped),
        lapsed=_total(_of(every, LAPSED)),
        choosing=sign_flip_test((*_returns(approved), *contrary)),
    )


def _of(past: Iterable[PastPlan], outcomes: Sequence[Outcome]) -> tuple[PastPlan, ...]:
    return tuple(entry for entry in past if entry.outcome in outcomes)


def _total(past: Sequence[PastPlan]) -> Total:
    known = [entry.cents for entry in past if entry.cents is not None]
    return Total(
        count=len(past),
        unknown=len(past) - len(known),
        earned=sum(known, Decimal(0)) if known else None,
        significance=sign_flip_test(_returns(past)),
    )


def _returns(past: Iterable[PastPlan]) -> Iterator[Return]:
    """Yield what each has earned as a fraction of the value that it started from."""
    for entry in past:
        if entry.earned is not None and entry.plan.value > 0:
            yield entry.plan.as_of.date(), float(entry.earned / entry.plan.value)
