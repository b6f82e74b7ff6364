"""A reply as its reader wants it: their numbers, amounts hidden, and no files where others read."""

from __future__ import annotations

from dataclasses import replace

from alerts.preferences.personalise import personal, wording_of
from alerts.preferences.store import PreferenceStore
from rebalancer.bot.reply import Captioned, Reply
from rebalancer.bot.request import Request


def as_wanted(request: Request, reply: Reply) -> Reply:
    """Return a reply as it leaves, by what the person chose, or the group in which it is read."""
    chosen = PreferenceStore(request.store.database).preferences(request.person.name)
    wording = wording_of(chosen, is_group=request.is_group)

    def worded(pictures: Captioned) -> Captioned:
        return tuple((picture, wording.text(found)) for picture, found in pictures)

    drawing = reply.drawing
    return replace(
        reply,
        message=None if reply.message is None else personal(reply.message, wording),
        notice=wording.text(reply.notice),
        pictures=worded(reply.pictures),
        drawing=None if drawing is None else lambda: worded(drawing()),
        files=() if request.is_group else reply.files,
        original=reply.message,
    )
