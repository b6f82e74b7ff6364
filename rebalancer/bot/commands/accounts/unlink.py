"""A person leaves: their chat is unlinked, or they learn how to receive nothing."""

from __future__ import annotations

from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.outbox import Outbox
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply, again, reply_with
from rebalancer.bot.request import Request


def stop(request: Request) -> Reply:
    """Unlink the chat, and send nothing of what waits for it; or say how to be told nothing."""
    chat = TELEGRAM.address_of(request.person)
    with request.store.database.transaction():
        if PeopleStore(request.store.database).unlink(TELEGRAM.name, chat) is None:
            return _named_by_settings(request)
        box = Outbox(request.store.database)
        box.close_address(TELEGRAM.name, chat, reason="asked to stop", now=request.now)
        box.reopen_address(TELEGRAM.name, chat)  # for whoever is linked here next
    return reply_with(
        request, "Unlinked: nothing more is sent here", note="the owner can link you again"
    )


def _named_by_settings(request: Request) -> Reply:
    """Tell the owner whom no table names that their chat cannot be unlinked from here."""
    reply = reply_with(
        request,
        "The settings name you as the owner, so this chat stays linked",
        note="to unlink it, take telegram.owner_id out of the settings and restart",
    )
    nothing = again("Tell me nothing here", "settings", f"{TELEGRAM.name}/all=off")
    return reply.with_buttons(
        [again("Mute 8h", "mute", "8h"), again("7d", "mute", "7d")], [nothing]
    )
