"""What reaches a person, and how: one page of choices each, every button one choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from alerts.channels import CHANNELS, channels_reaching
from alerts.messages import Button, Kind
from alerts.preferences.choices import DIGEST_AT, Preferences, Way
from portfolios.errors import UsageError
from portfolios.loaders.suggestions import unknown
from portfolios.model.users import Person
from rebalancer.bot.reply import Reply, again, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.accounts.preference_parser import CHOOSABLE, choose
from rebalancer.usecases.accounts.preference_text import (
    NAMES,
    NUMBERS,
    WAYS,
    choices,
    way_of,
)
from rebalancer.usecases.accounts.preferences import change_preferences

SIGNS: Mapping[Way, str] = MappingProxyType(
    {Way.ON: "🔔", Way.SILENT: "🔕", Way.DIGEST: "📋", Way.OFF: "✖"}
)
ALERTS = "alerts"
COLUMNS = 2
TICK = "✓ "
MUTE_FOR = "8h"
HOW = "a button changes one; written, it is /settings zone=Europe/Vienna"


@dataclass(frozen=True, slots=True)
class Page:
    """One choice with what it may be.

    Attributes:
        label: of the button that leads to it.
        options: label -> the choice in words.
        note: what else can be written.
    """

    label: str
    options: Mapping[str, str]
    note: str


def _page(label: str, key: str, *values: str, note: str, **named: str) -> Page:
    options = {value: f"{key}={value}" for value in values}
    return Page(label, options | {name: f"{key}={value}" for name, value in named.items()}, note)


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "quiet": _page(
            "Quiet hours", "quiet", "22:00-07:00", "23:00-08:00", "off",
            note="other hours: /settings quiet=22:30-06:45",
        ),
        "urgent": _page(
            "Urgent", "urgent", Always="yes", Later="no",
            note="whether red zones and your own rules come in quiet hours too",
        ),
        "zone": _page(
            "Time zone", "zone", "UTC", "Europe/London", "Europe/Berlin", "America/New_York",
            "America/Los_Angeles", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
            note="any other: /settings zone=Europe/Vienna",
        ),
        "numbers": Page(
            "Numbers", {shown: f"numbers={way.value}" for way, shown in NUMBERS.items()},
            "which sign groups thousands, and which begins the fraction",
        ),
        "amounts": _page(
            "Amounts", "amounts", Show="show", Hide="hide",
            note="hidden, money and quantities are dots; percentages stay",
        ),
        "mute": _page(
            "Mute", "mute", "1h", "8h", "1d", "7d", "off",
            note="what comes meanwhile is kept; any other time: /mute 90m",
        ),
        "budget": _page(
            "Budget", "budget", "3", "5", "8", "15", "30",
            note="messages a day; reds, rules, proposals, decisions, reports do not count",
        ),
    }
)  # fmt: skip


def settings(request: Request) -> Reply:
    """Show what reaches the person, and change it."""
    chosen = _chosen(request, [word for word in request.words if "=" in word])
    page, *rest = request.names or [""]
    if page == ALERTS:
        return _alerts(request, chosen, *rest[:1])
    if page in PAGES and not rest:
        return _one(request, chosen, page)
    if page:
        raise UsageError(unknown("page", page, [ALERTS, *PAGES]), hint="/settings shows them all")
    return _all(request, chosen)


def mute(request: Request) -> Reply:
    """Hold everything for a while."""
    return _one(request, _chosen(request, [f"mute={''.join(request.words) or MUTE_FOR}"]), "mute")


def unmute(request: Request) -> Reply:
    """Send again what comes."""
    return _one(request, _chosen(request, ["mute=off"]), "mute")


def _chosen(request: Request, words: list[str]) -> Preferences:
    return change_preferences(request.store, request.person, words, now=request.now)


def _all(request: Request, chosen: Preferences) -> Reply:
    """Tell every choice, with a button to the page of each."""
    told = choices(chosen, request.person, now=request.now)
    is_muted = chosen.mute_end(request.now) is not None
    head = _sentence(told["mute"]) if is_muted else f"Not muted, {told['quiet']}"
    shown = [text for name, text in told.items() if name != "mute"]
    pages = [again(page.label, "settings", name) for name, page in PAGES.items()]
    reply = reply_with(request, head, lines(*shown), note=HOW)
    return reply.with_buttons(*_grid([again("Alerts", "settings", ALERTS), *pages]))


def _one(request: Request, chosen: Preferences, name: str) -> Reply:
    """Tell one choice, with a button for each thing it may be."""
    page = PAGES[name]
    now = choices(chosen, request.person, now=request.now)[name]
    buttons = [
        again(_ticked(request, chosen, name, label, word), "settings", name, word)
        for label, word in page.options.items()
    ]
    reply = reply_with(request, _sentence(now), note=page.note)
    return reply.with_buttons(*_grid(buttons), [_back()])


def _ticked(request: Request, chosen: Preferences, name: str, label: str, word: str) -> str:
    """Return a label, with a sign where it would change nothing."""
    before, after = (
        choices(each, request.person, now=request.now)[name]
        for each in (chosen, choose(chosen, [word], now=request.now))
    )
    return f"{TICK}{label}" if before == after else label


def _alerts(request: Request, chosen: Preferences, channel: str = "") -> Reply:
    """Tell how each kind comes on a channel; a press takes the next way."""
    mine = [each.name for each in channels_reaching(request.person)]
    here = channel if channel in mine else mine[0]
    kinds = [_next(chosen, request.person, kind, here) for kind in CHOOSABLE]
    others = [
        again(f"{each.capitalize()} »", "settings", ALERTS, each) for each in mine if each != here
    ]
    legend = [f"{SIGNS[way]} {text}" for way, text in WAYS.items()]
    head = f"Alerts on {here}: a press changes how a kind comes"
    reply = reply_with(request, head, lines(*legend), note=f"the digest comes at {DIGEST_AT:%H:%M}")
    return reply.with_buttons(*_grid(kinds), [*others, _back()])


def _next(chosen: Preferences, person: Person, kind: Kind, channel: str) -> Button:
    """Return the button of one kind: its way now, and the next one behind it."""
    now = way_of(chosen, person, kind, channel)
    order = [way for way in Way if _may_be(way, kind, channel) or way is now]
    then = order[(order.index(now) + 1) % len(order)]
    word = f"{channel}/{kind.value}={then.value}"
    return again(f"{SIGNS[now]} {NAMES[kind]}", "settings", ALERTS, channel, word)


def _may_be(way: Way, kind: Kind, channel: str) -> bool:
    if kind is Kind.DIGEST and way is Way.DIGEST:
        return False
    return way is not Way.SILENT or CHANNELS[channel].has_sound


def _back() -> Button:
    return again("« Settings", "settings")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _grid(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + COLUMNS] for start in range(0, len(buttons), COLUMNS)]
