"""What a command leads to: a message with buttons, a notice, pictures, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from alerts.messages import Block, Button, Kind, Message, Picture, Style
from portfolios.model.market import Market
from portfolios.model.plan import Zone
from portfolios.model.users import Role
from portfolios.model.valuation import Valuation
from portfolios.values import display
from rebalancer.bot.request import File, Request, WhichError

PAGE = 12
"""Rows of a table that are shown at once."""
WHICH = "which"
"""The option that names the page of the portfolios to choose from."""


Captioned = tuple[tuple[Picture, str], ...]
"""Pictures, each with the finding that it shows."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command or a button leads to.

    Attributes:
        message: sent; None where the notice says it all.
        notice: shown over the chat when a button was pressed; at most 200 letters.
        is_done: the button's message has no more use for its buttons.
        replaces: the message takes the place of the one whose button was pressed.
        pictures: sent after the message, each with its finding.
        drawing: draws more of them, which takes a while: the message goes out before.
        files: sent last.
        is_owed: it tells of a decision, so it is kept for delivery where it cannot be sent at once.
        original: the message as it was made, before it was worded for its reader.
    """

    message: Message | None = None
    notice: str = ""
    is_done: bool = False
    replaces: bool = False
    pictures: Captioned = ()
    drawing: Callable[[], Captioned] | None = None
    files: tuple[File, ...] = ()
    is_owed: bool = False
    original: Message | None = None

    def every_picture(self) -> Captioned:
        """Return all pictures, drawing what is not drawn yet."""
        return (*self.pictures, *(self.drawing() if self.drawing is not None else ()))

    def with_buttons(self, *rows: Sequence[Button]) -> Reply:
        """Return the reply with these rows of buttons under its message, without empty ones."""
        if self.message is None:
            return self
        kept = tuple(tuple(row) for row in rows if row)
        return replace(self, message=replace(self.message, buttons=kept))

    def deciding(self, notice: str, files: tuple[File, ...] = ()) -> Reply:
        """Return the reply as one to a decision that was written down."""
        return replace(self, notice=notice, is_done=True, is_owed=True, files=files)


Answer = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the bot.

    Attributes:
        help: what it does, with an example where one helps.
        role: the least that may use it.
        in_groups: it only looks, and shows nothing but what a group may see.
        is_once: asked twice it would cost or do something twice.
        is_long: it may take seconds, so a word that it has begun comes first.
        is_timeless: it is heeded however long ago it was asked.
        is_apart: its answer comes below, never in the place of what was said.
        group: under which the help lists it.
    """

    name: str
    help: str
    role: Role
    answer: Answer
    in_groups: bool = False
    is_once: bool = False
    is_long: bool = False
    is_timeless: bool = False
    is_apart: bool = False
    group: str = "Look"


def reply_with(
    request: Request, headline: str, *blocks: Block, zone: Zone | None = None, note: str = ""
) -> Reply:
    """Return an answer; a note comes last, in small letters."""
    notes = (Block(Style.NOTE, note),) if note else ()
    message = Message(
        kind=Kind.ANSWER,
        key="answer",
        headline=headline,
        as_of=request.now,
        zone=zone,
        blocks=(*blocks, *notes),
    )
    return Reply(message)


def lines(*items: str) -> Block:
    """Return a list of lines."""
    return Block(Style.BULLETS, items=items)


def again(label: str, *words: str) -> Button:
    """Return a button that asks a command; the answer takes the place of its message."""
    return Button(label, "/" + " ".join(words))


def as_of(market: Market, *valuations: Valuation) -> str:
    """Tell which moment the prices are of: the market's, or the oldest of what is valued."""
    sample = "SAMPLE DATA, " if market.is_sample else ""
    oldest = min((v.priced_at for v in valuations if v.priced_at), default=market.priced_at)
    return sample + display.as_of(oldest, market.as_of)


def page_of(request: Request, total: int, option: str = "page") -> tuple[slice, list[Button]]:
    """Return which rows of a long table to show, and the buttons to the other pages.

    The command is the one being answered, with the option that names the page changed.
    """
    last = max(0, (total - 1) // PAGE)
    asked = request.options.get(option, "1")
    number = min(max(int(asked) - 1, 0), last) if asked.isascii() and asked.isdigit() else 0
    rest = without(request, option).words
    steps = [("«", number - 1), ("»", number + 1)]
    buttons = [
        again(label, request.command, *rest, f"{option}={to + 1}")
        for label, to in steps
        if 0 <= to <= last
    ]
    return slice(number * PAGE, (number + 1) * PAGE), buttons


def which(request: Request, error: WhichError) -> Reply:
    """Ask which portfolio is meant, with a button for each."""
    shown, pages = page_of(request, len(error.names), WHICH)
    rest = without(request, WHICH).words
    buttons = [[again(name, request.command, name, *rest)] for name in error.names[shown]]
    return reply_with(request, str(error)).with_buttons(*buttons, pages)


def without(request: Request, option: str) -> Request:
    """Return a request without one of its options."""
    kept = tuple(word for word in request.words if not word.startswith(f"{option}="))
    return replace(request, words=kept)
