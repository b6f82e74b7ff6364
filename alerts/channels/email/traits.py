"""What comes by mail unless somebody chose otherwise; alone, it stands in for a chat.

A mail makes no sound, so what a chat would tell silently comes with the digest.
"""

from __future__ import annotations

from alerts.channels.channel import ChannelTraits
from alerts.messages import Kind
from alerts.preferences.choices import Way

EMAIL = ChannelTraits(
    name="email",
    address_name="email",
    default_ways={Kind.WEEKLY: Way.ON, Kind.DIGEST: Way.ON, Kind.TEST: Way.ON},
    ways_alone={
        Kind.ZONE_RED: Way.ON,
        Kind.ZONE_AMBER: Way.DIGEST,
        Kind.RULE: Way.ON,
        Kind.PROPOSAL: Way.ON,
        Kind.SIGNAL: Way.DIGEST,
        Kind.GRADE: Way.DIGEST,
        Kind.DRIFT: Way.DIGEST,
        Kind.UNLOCK: Way.DIGEST,
        Kind.DATA: Way.DIGEST,
        Kind.DECISION: Way.DIGEST,
        Kind.CLEARED: Way.DIGEST,
    },
    carries_pictures=frozenset(Kind),
    example="email/weekly=on, email/all=default",
)
