"""What became of messages that were sent from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def exit_of_delivery(report: DispatchReport) -> Exit:
    """Return 8 when something could not be delivered and will not come by itself."""
    lost = {"dead", "unknown", "suppressed", "retry"} & {s.value for s in report.outcomes}
    return Exit.DELIVERY if lost or report.stopped or report.gone else Exit.DONE
