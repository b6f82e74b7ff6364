"""A message as one person wants it: how numbers are written, and whether amounts are hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alerts.messages import Block, Button, Message
from alerts.preferences.choices import Preferences
from alerts.preferences.number_style import Numbers, rewritten
from alerts.preferences.redaction import hidden, hidden_cell


@dataclass(frozen=True, slots=True)
class Wording:
    """How texts are put for somebody.

    Attributes:
        numbers: how they are written.
        hides_amounts: money and quantities are not shown.
    """

    numbers: Numbers = Numbers.COMMA
    hides_amounts: bool = False

    def text(self, text: str) -> str:
        """Return a text as it is wanted."""
        return rewritten(hidden(text) if self.hides_amounts else text, self.numbers)

    def cell(self, column: str, text: str) -> str:
        """Return a cell of a table as it is wanted."""
        told = hidden_cell(column, text) if self.hides_amounts else text
        return rewritten(told, self.numbers)


def wording_of(chosen: Preferences, *, is_group: bool) -> Wording:
    """Return how texts are put for who chose this; groups see no amounts unless they chose to."""
    hides = is_group if chosen.hides_amounts is None else chosen.hides_amounts
    return Wording(chosen.numbers, hides)


def personal(message: Message, wording: Wording) -> Message:
    """Return a message as somebody wants it; what its buttons do stays the same."""
    if wording == Wording():
        return message
    buttons = tuple(
        tuple(Button(wording.text(button.label), button.payload) for button in row)
        for row in message.buttons
    )
    return replace(
        message,
        headline=wording.text(message.headline),
        subject=wording.text(message.subject),
        blocks=tuple(_block(block, wording) for block in message.blocks),
        buttons=buttons,
    )


def _block(block: Block, wording: Wording) -> Block:
    rows = tuple(
        tuple(wording.cell(name, cell) for name, cell in zip(block.columns, row, strict=True))
        for row in block.rows
    )
    items = tuple(wording.text(item) for item in block.items)
    return replace(block, text=wording.text(block.text), items=items, rows=rows)
