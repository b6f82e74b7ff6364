"""What became of messages that were sent from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from portfolios.errors import UsageError
from portfolios.model.users import Person
from portfolios.values.command import command
from rebalancer.cli.context import Context
from rebalancer.cli.exit_codes import Exit

if TYPE_CHECKING:
    from alerts.delivery.sender import DispatchReport


def tell_delivery(context: Context, report: DispatchReport) -> None:
    """Say what was sent and what was not."""
    counts = ", ".join(f"{count} {state.value}" for state, count in report.outcomes.items())
    context.put(f"messages: {counts or 'none was due'}")
    for channel, why in report.stopped.items():
        context.tell(f"{channel}: {why}; nothing is lost, it goes on when that is mended")
    for gone in report.gone:
        context.tell(f"{gone.channel}: {', '.join(gone.people)} cannot be reached: {gone.reason}")


def nobody_told(portfolio: str, people: Iterable[Person]) -> UsageError:
    """Return the error for a portfolio whose messages are written to nobody, and the way out."""
    if any(person.may_see(portfolio) for person in people):
        return UsageError(
            f"nobody who may see {portfolio} gets its report: no address, or switched off",
            hint="`rebalancer user list` shows how each is reached;"
            " `rebalancer user add NAME --email ADDRESS` gives an address",
        )
    add = command("user", "add", "NAME", "--portfolio", portfolio)
    return UsageError(
        f"nobody is told about {portfolio}",
        hint=f"{add} lets somebody see it; name what they see already as well",
    )


def exit_of_delivery(report: DispatchReport) -> Exit:
    """Return 8 when something could not be delivered and will not come by itself."""
    lost = {"dead", "unknown", "suppressed", "retry"} & {s.value for s in report.outcomes}
    return Exit.DELIVERY if lost or report.stopped or report.gone else Exit.DONE
