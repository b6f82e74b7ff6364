"""A message as plain text: complete, and readable in any program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from types import MappingProxyType

from alerts.messages import Block, Message, Style
from alerts.render.clean import clean, shown_length
from portfolios.model.plan import Zone

WIDEST = 72
"""Letters in a line of a table."""
SIGNS: Mapping[Zone, str] = MappingProxyType(
    {Zone.RED: "🔴", Zone.AMBER: "🟠", Zone.GREEN: "🟢", Zone.GREY: "⚪"}
)
WORDS: Mapping[Zone, str] = MappingProxyType(
    {Zone.RED: "RED", Zone.AMBER: "AMBER", Zone.GREEN: "green", Zone.GREY: "unknown"}
)


def headline(message: Message) -> str:
    """Return the first line: the sign, which is never alone, and the whole story."""
    sign = f"{SIGNS[message.zone]} " if message.zone else ""
    return sign + clean(message.headline)


def plain_text(message: Message) -> str:
    """Return the whole message as text."""
    parts = [headline(message), *("\n".join(_lines(block)) for block in message.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if block.style is Style.HEADING:
        yield clean(block.text).upper()
    elif block.style is Style.BULLETS:
        yield from (f"- {clean(item)}" for item in block.items)
    elif block.style is Style.TABLE:
        yield from aligned(block) if width(block) <= WIDEST else _wrapped(block)
    elif block.style is Style.PICTURE:
        yield f"[{clean(block.text)}]"
    else:
        yield clean(block.text)


def _wrapped(block: Block) -> Iterator[str]:
    for sentence in sentences(block):
        yield from wrap(sentence, WIDEST, initial_indent="- ", subsequent_indent="  ")


def width(block: Block) -> int:
    """Return the letters of a line of a table whose columns are aligned."""
    widths = _widths(_cells(block))
    return sum(widths) + 2 * (len(widths) - 1)


def aligned(block: Block) -> Iterator[str]:
    """Yield the lines of a table, its columns aligned."""
    rows = _cells(block)
    widths, is_right = _widths(rows), [name.endswith(">") for name in block.columns]
    for row in rows:
        cells = zip(row, widths, is_right, strict=True)
        shown = (_padded(cell, w, is_right=right) for cell, w, right in cells)
        yield "  ".join(shown).rstrip()


def _padded(cell: str, length: int, *, is_right: bool) -> str:
    gap = " " * (length - shown_length(cell))
    return gap + cell if is_right else cell + gap


def sentences(block: Block) -> Iterator[str]:
    """Yield each row of a table as a line of its own: the first cell, then the named others."""
    names, *rows = _cells(block)
    for first, *rest in rows:
        told = "; ".join(f"{n} {c}" for n, c in zip(names[1:], rest, strict=True) if c)
        yield f"{first}: {told}" if told else first


def _cells(block: Block) -> list[list[str]]:
    names = [clean(name.rstrip(">")) for name in block.columns]
    return [names, *([clean(cell) for cell in row] for row in block.rows)]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(shown_length, column)) for column in zip(*rows, strict=True)]
