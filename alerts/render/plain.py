"""A message as plain text: complete, and readable in any program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from alerts.messages import Block, Message, Style
from alerts.render.clean import clean
from portfolios.plans import Zone

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
        yield from aligned(block, widest=72)
    elif block.style is Style.PICTURE:
        yield f"[{clean(block.text)}]"
    else:
        yield clean(block.text)


def aligned(block: Block, *, widest: int) -> Iterator[str]:
    """Yield the lines of a table, columns aligned; a line that would be too wide is split in two.

    Args:
        block: a table.
        widest: letters in one line.
    """
    names = [clean(name.rstrip(">")) for name in block.columns]
    rows = [names, *([clean(cell) for cell in row] for row in block.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(names))]
    is_right = [name.endswith(">") for name in block.columns]
    if sum(widths) + 2 * (len(widths) - 1) > widest:
        yield from _narrow(names, rows[1:], widest)
        return
    for row in rows:
        cells = zip(row, widths, is_right, strict=True)
        shown = (cell.rjust(w) if right else cell.ljust(w) for cell, w, right in cells)
        yield "  ".join(shown).rstrip()


def _narrow(names: list[str], rows: list[list[str]], widest: int) -> Iterator[str]:
    """Yield a table that is too wide as one short paragraph a row."""
    for row in rows:
        first, *rest = row
        yield _cut(first, widest)
        for name, cell in zip(names[1:], rest, strict=True):
            if cell:
                yield _cut(f"  {name}: {cell}", widest)


def _cut(line: str, widest: int) -> str:
    return line if len(line) <= widest else line[: widest - 1] + "…"
