"""A message for Telegram: a little HTML, split so that each part is whole.

Lengths are those of the raw text, which is never shorter than what Telegram counts. A part ends
between two lines, and every tag opens and closes within one line or one table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from alerts.messages import Block, Message, Style
from alerts.render.clean import clean, units
from alerts.render.plain import aligned, headline, plain_text, sentences, width

LONGEST = 4_096
LONGEST_CAPTION = 1_024
TABLE_WIDTH = 34
"""Letters of a monospace line that a phone shows without breaking it."""
LONGEST_LINE = 3_000


def telegram_parts(message: Message) -> list[str]:
    """Return the message as HTML texts to be sent one after the other."""
    pieces = [f"<b>{_escaped(headline(message))}</b>", *_pieces(message.blocks)]
    return list(_joined(pieces, LONGEST))


def telegram_caption(message: Message, picture: str) -> str:
    """Return the caption of a picture: the finding that it shows."""
    found = next((b.text for b in message.blocks if b.picture == picture), message.headline)
    return _escaped(clean(found, longest=LONGEST_CAPTION // 6))


def plain_parts(message: Message) -> list[str]:
    """Return the same message without any markup, for when markup is refused."""
    lines = plain_text(message).rstrip("\n").split("\n")
    return list(_joined(lines, LONGEST))


def _pieces(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if block.style is Style.PICTURE:
            continue  # it comes with a caption of its own
        yield ""
        if block.style is Style.TABLE:
            yield from _tables(block)
        elif block.style is Style.BULLETS:
            yield from (f"• {_line(item)}" for item in block.items)
        elif block.style is Style.HEADING:
            yield f"<b>{_line(block.text)}</b>"
        elif block.style is Style.NOTE:
            yield f"<i>{_line(block.text)}</i>"
        else:
            yield _line(block.text)


def _tables(block: Block) -> Iterator[str]:
    """Yield a table as monospace text, in several when it is too long for one message.

    One that is too wide for a phone comes as lines that the phone breaks where it likes.
    """
    if width(block) > TABLE_WIDTH:
        yield from (f"• {_line(sentence)}" for sentence in sentences(block))
        return
    lines = [_escaped(line) for line in aligned(block)]
    for part in _joined(lines, LONGEST - len("<pre></pre>")):
        yield f"<pre>{part}</pre>"


def _line(text: str) -> str:
    return _escaped(clean(text, longest=LONGEST_LINE // 6))


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def _joined(pieces: Iterable[str], longest: int) -> Iterator[str]:
    """Join pieces by line breaks into texts that are as long as they may be, and no longer."""
    text = ""
    for piece in pieces:
        longer = f"{text}\n{piece}" if text else piece
        if units(longer) <= longest:
            text = longer
            continue
        if text.strip():
            yield text.strip("\n")
        text = piece
    if text.strip():
        yield text.strip("\n")
