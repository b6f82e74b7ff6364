"""What comes by Telegram unless somebody chose otherwise, and what a chat can carry."""

from __future__ import annotations

from alerts.channels.channel import ChannelTraits
from alerts.messages import Kind
from alerts.preferences.choices import Way

TELEGRAM = ChannelTraits(
    name="telegram",
    address_name="chat",
    default_ways={
        Kind.ZONE_RED: Way.ON,
        Kind.ZONE_AMBER: Way.SILENT,
        Kind.RULE: Way.ON,
        Kind.PROPOSAL: Way.ON,
        Kind.SIGNAL: Way.SILENT,
        Kind.GRADE: Way.DIGEST,
        Kind.DRIFT: Way.SILENT,
        Kind.UNLOCK: Way.DIGEST,
        Kind.DATA: Way.SILENT,
        Kind.DECISION: Way.SILENT,
        Kind.WEEKLY: Way.OFF,
        Kind.CLEARED: Way.SILENT,
        Kind.DIGEST: Way.SILENT,
        Kind.TEST: Way.ON,
        Kind.ANSWER: Way.OFF,
    },
    ways_alone={Kind.WEEKLY: Way.SILENT},
    carries_pictures={Kind.WEEKLY},  # each is a message of its own, too many beside an alert
    has_sound=True,
    example="telegram/grade=on, telegram/all=off",
)
