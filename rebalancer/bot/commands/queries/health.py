"""The /health command: how the service fares, its first line the whole story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from alerts.delivery.outbox import Outbox
from alerts.messages import Block, Style
from portfolios.model.market import PRICE_AMBER, Market
from portfolios.model.plan import Zone
from portfolios.model.users import Role
from portfolios.providers import PROVIDERS, providing
from portfolios.providers.provider import Capability
from portfolios.store.heartbeats import Beat, Heartbeats
from portfolios.values import display
from portfolios.values.time import is_ahead
from rebalancer.bot.commands.accounts.prices import accept_buttons, ask_to_accept
from rebalancer.bot.reply import Reply, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.monitoring.data_alerts import doubts

ROUND, DELIVERY, BOT = "round", "delivery", "bot"
PORTFOLIOS = "portfolios"
LATE = timedelta(hours=1)
"""A round comes every quarter of an hour; later than this it was not only slow."""
SILENT = timedelta(minutes=10)
"""Delivery and the bot say every minute that they live."""
SINCE_SET_BACK = "since the clock was set back"
MOST_DOUBTS = 8
SAID: Mapping[str, str] = MappingProxyType(
    {
        ROUND: "checks",
        PORTFOLIOS: "portfolios",
        DELIVERY: "delivery",
        BOT: "the bot",
        **{each.name: f"{each.capability} ({each.label})" for each in PROVIDERS.values()},
    }
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the parts wrote down, and how old the data are.

    Attributes:
        prices: age of the newest price; None where there is none.
        grades: age of the newest grade; None where there is none.
    """

    now: datetime
    parts: Mapping[str, Beat]
    prices: timedelta | None
    grades: timedelta | None


def health(request: Request) -> Reply:
    """Tell how the service fares: anybody whether all is well, owners also every part."""
    if "accept" in request.options:
        return ask_to_accept(request, request.options["accept"])
    seen, is_owner = _look(request), request.person.role is Role.OWNER and not request.is_group
    told = list(_trouble(seen, is_owner=is_owner))
    head = told[0] if told else _well(seen)
    blocks = [lines(*told[1:], *_ages(seen), *_of_mine(request))]
    if is_owner:
        blocks += _for_owners(request, seen)
    reply = reply_with(request, head, *blocks, zone=Zone.AMBER if told else Zone.GREEN)
    return reply.with_buttons(*([button] for button in accept_buttons(request)))


def _look(request: Request) -> _Seen:
    market: Market | None = request.load_market()
    quotes = market.quotes.values() if market else ()
    grades = market.grades.values() if market else ()
    prices = [quote.at for quote in quotes if not quote.quarantined]
    moments = [at for grade in grades for at in (grade.short_at, grade.long_at) if at is not None]
    return _Seen(
        request.now,
        {beat.part: beat for beat in Heartbeats(request.store.database).by_part()},
        market.age(max(prices)) if market and prices else None,
        market.age(max(moments)) if market and moments else None,
    )


def _well(seen: _Seen) -> str:
    checked = seen.parts[ROUND].good_at
    return f"All well: checked {span(seen.now - checked)} ago" if checked else "All well"


def _trouble(seen: _Seen, *, is_owner: bool) -> Iterator[str]:
    """Yield what is wrong, the worst first; what may name others is for owners alone."""
    checked = seen.parts[ROUND].good_at if ROUND in seen.parts else None
    if checked is None:
        yield "Nothing was checked yet: `rebalancer serve` does it"
    elif is_ahead(checked, seen.now):
        yield f"Nothing was checked {SINCE_SET_BACK}: does `rebalancer serve` run?"
    elif seen.now - checked > LATE:
        yield f"Nothing was checked for {span(seen.now - checked)}: does `rebalancer serve` run?"
    yield from _stale(seen)
    delivery = seen.parts.get(DELIVERY)
    if delivery is not None and delivery.failures:
        why = f": {delivery.words}" if is_owner else ""
        yield f"Messages are held up{_since(delivery)}{why}"
    yield from _silent(seen)


def _silent(seen: _Seen) -> Iterator[str]:
    """Yield which parts say nothing any more, not even what is wrong."""
    for name in (DELIVERY, BOT):
        beat = seen.parts.get(name)
        if beat is None:
            continue
        is_old, was_set = seen.now - beat.at > SILENT, is_ahead(beat.at, seen.now)
        if is_old or was_set:
            silence = SINCE_SET_BACK if was_set else f"for {span(seen.now - beat.at)}"
            yield f"No sign of {SAID[name]} {silence}: does `rebalancer serve` run?"


def _stale(seen: _Seen) -> Iterator[str]:
    asked = (seen.parts.get(each.name) for each in providing(Capability.PRICES))
    source = next((beat for beat in asked if beat is not None and beat.failures), None)
    why = "" if source is None else f": {source.words}{_since(source)}"
    if seen.prices is None:
        yield f"There are no prices{why}"
    elif why or seen.prices > PRICE_AMBER:
        yield f"Prices are {span(seen.prices)} old{why}"


def _since(beat: Beat) -> str:
    return f", since {display.moment(beat.good_at)}" if beat.good_at is not None else ""


def _ages(seen: _Seen) -> Iterator[str]:
    if seen.prices is not None:
        yield f"newest price: {span(seen.prices)} old"
    if seen.grades is not None:
        yield f"newest grade: {span(seen.grades)} old"


def _of_mine(request: Request) -> Iterator[str]:
    market = request.load_market()
    seen = {h.asset_id for p in request.portfolios() for h in p.holdings if h.stated is None}
    if market is not None:
        yield from list(doubts(market, seen))[:MOST_DOUBTS]
    mine = Outbox(request.store.database).find(person=request.person.name)
    waiting = sum(delivery.state.is_alive for delivery in mine)
    yield display.counted(waiting, "message waits for you", "messages wait for you")


def _for_owners(request: Request, seen: _Seen) -> list[Block]:
    parts = [_part(beat, seen.now) for beat in seen.parts.values()]
    summary = Outbox(request.store.database).summary()
    outbox = [f"{display.counted(summary.waiting, 'message waits', 'messages wait')} in all"]
    if summary.closed_addresses:
        closed = display.counted(summary.closed_addresses, "address takes", "addresses take")
        outbox.append(f"{closed} nothing any more")
    found = [("Parts", parts), ("Outbox", outbox), ("Credits", _credits(request))]
    blocks: list[Block] = []
    for heading, told in found:
        blocks += [Block(Style.HEADING, heading), lines(*told)] if told else []
    return blocks


def _part(beat: Beat, now: datetime) -> str:
    name = SAID.get(beat.part, beat.part)
    last = "never" if beat.good_at is None else f"{span(now - beat.good_at)} ago"
    if not beat.failures:
        return f"{name}: well, {last}"
    times = "once" if beat.failures == 1 else f"{beat.failures} times"
    return f"{name}: failed {times} ({beat.words}), last well {last}"


def _credits(request: Request) -> list[str]:
    return list(request.services.health(request.store)) if request.services.health else []


def span(length: timedelta) -> str:
    """Say how long something is, as one would.

    >>> [span(timedelta(minutes=m)) for m in (0, 3, 119, 120, 2880)]
    ['less than a minute', '3 min', '119 min', '2 hours', '2 days']
    """
    minutes = max(0, length // timedelta(minutes=1))
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
