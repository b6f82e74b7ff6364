"""Prices in doubt, for who owns everything: each may be accepted, by a second press."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from alerts.messages import Button
from portfolios.errors import NotFoundError, StoreError
from portfolios.marketdata.market_store import MarketStore
from portfolios.model.users import Role
from portfolios.store.button_payloads import ButtonPayloads
from rebalancer.bot.reply import Reply, again, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.refresh.accept_price import accept_price, is_acceptable

CONFIRM_WITHIN = timedelta(minutes=15)
ACCEPT = "accept price "
MOST_BUTTONS = 4
NOT_YOURS = "This is not yours to press."


def accept_buttons(request: Request) -> list[Button]:
    """Return a button for each price in doubt that this person may accept."""
    if not _may_accept(request):
        return []
    refused = _prices(request).refused()
    usable = [a for a, doubt in refused.items() if is_acceptable(doubt.reading, now=request.now)]
    return [again(f"Accept {a} ...", "health", f"accept={a}") for a in usable[:MOST_BUTTONS]]


def ask_to_accept(request: Request, asset_id: str) -> Reply:
    """Show a price in doubt beside the last good one, and ask whether it is right.

    Raises:
        NotFoundError: when no price of it is in doubt, or they may not accept one.
    """
    doubt = _prices(request).refused().get(asset_id) if _may_accept(request) else None
    if doubt is None:
        raise NotFoundError(f"no price of {asset_id[:40]} is in doubt", hint="/health lists them")
    last = _prices(request).accepted().get(asset_id)
    against = "there is none before it" if last is None else f"the last good one: {last.price:f}"
    told = (f"in doubt: {doubt.reading.price} ({doubt.reading.source})", against, doubt.reason)
    words = f"{ACCEPT}{asset_id} {doubt.reading.price}"
    name = ButtonPayloads(request.store.database).save(request.person.name, words, now=request.now)
    reply = reply_with(request, f"Accept this price of {asset_id}?", lines(*told),
                 note="Proposals and rules act on it then; who accepted it is kept.")  # fmt: skip
    return reply.with_buttons(
        [Button("Accept", f"price:{name}"), Button("Leave", f"noprice:{name}")]
    )


def accept(request: Request, name: str) -> Reply:
    """Accept a price, after the second press."""
    since = request.now - CONFIRM_WITHIN
    words = ButtonPayloads(request.store.database).find(
        request.person.name, name, since=since, until=request.now
    )
    if words is None or not words.startswith(ACCEPT):
        return Reply(notice="That was too long ago: ask /health again.", is_done=True)
    asset_id, price = words.removeprefix(ACCEPT).rsplit(maxsplit=1)
    try:
        with request.store.database.transaction():
            if not _may_accept(request.anew()):
                return Reply(notice=NOT_YOURS)
            accept_price(_prices(request), asset_id, by=request.person.name, at=request.now,
                         price=Decimal(price))  # fmt: skip
    except StoreError as error:
        return Reply(notice=f"{error}."[:200], is_done=True)
    return Reply(notice=f"{asset_id} at {price} is accepted.", is_done=True)


def leave(_request: Request, _name: str) -> Reply:
    """Leave a price in doubt."""
    return Reply(notice="The price stays in doubt.", is_done=True)


def _may_accept(request: Request) -> bool:
    """Tell whether they own everything: a price is everybody's."""
    person = request.person
    return person.role is Role.OWNER and person.sees_all and not request.is_group


def _prices(request: Request) -> MarketStore:
    return MarketStore(request.store.database, currency=request.services.currency)
