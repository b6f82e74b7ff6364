"""A message as the HTML of a mail: one column, styles inside, nothing fetched from anywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from alerts.messages import Message, Style
from alerts.render.clean import clean
from alerts.render.plain import SIGNS, WORDS

TEMPLATES = Path(__file__).parent / "templates"


def mail_html(message: Message, *, footer: tuple[str, ...] = ()) -> str:
    """Return the HTML part; pictures are referred to by name as `cid:`.

    Args:
        message: what is told.
        footer: lines at the end, such as how to stop.
    """
    html = _template().render(
        message=message,
        sign=SIGNS[message.zone] if message.zone else "",
        word=WORDS[message.zone] if message.zone else "",
        zone=message.zone.value if message.zone else "",
        footer=footer,
        Style=Style,
    )
    return _inliner().inline(html)


@cache
def _template() -> Template:
    room = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    room.filters["clean"] = clean
    return room.get_template("message.html.j2")


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
