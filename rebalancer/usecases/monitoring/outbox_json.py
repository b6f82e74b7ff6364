"""The deliveries of the outbox as JSON."""

from __future__ import annotations

from alerts.delivery.delivery import Delivery


def delivery_to_json(delivery: Delivery) -> dict[str, object]:
    """Return where one message stands on its way to one address."""
    return {
        "number": delivery.number,
        "person": delivery.person,
        "channel": delivery.channel,
        "kind": delivery.message.kind.value,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "headline": delivery.message.headline,
        "reason": delivery.reason,
    }
