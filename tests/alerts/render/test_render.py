"""The faces of a message: valid whatever names are in it, and stating the same figures."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.messages import Block, Kind, Message, Style
from alerts.render.clean import BREAK, clean, shown_length, units
from alerts.render.mail import TEMPLATES, mail_html
from alerts.render.plain import plain_text
from alerts.render.telegram import plain_parts, telegram_caption, telegram_parts
from portfolios.model.plan import Zone

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ALLOWED = {"b", "i", "pre"}
VOID = {"meta", "img", "br"}

HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "<b>", "</b>", "<script>alert(1)</script>", "&amp;", "&", "<a href='tg://x'>",
            "\u202eevil", "]]>", "<!--", '"><img',
            "{{ 7*7 }}", "${x}", "{% raw %}", "_*[]()~`>#+-=|{}.!", "x" * 10_000, "\x00\x1b[31m",
            "🔴" * 3_000, "a\u0300" * 500, "\ud800", "مرحبا", "\u200b" * 50,
        ]
    ),
)  # fmt: skip
ROWS = st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), max_size=4)
BLOCKS = st.lists(
    st.one_of(
        st.builds(Block, st.sampled_from([Style.TEXT, Style.HEADING, Style.NOTE]), HOSTILE),
        st.builds(Block, st.just(Style.BULLETS), items=st.lists(HOSTILE, max_size=5)),
        st.builds(
            Block, st.just(Style.TABLE), columns=st.just(("asset", "value>", "why")), rows=ROWS
        ),
        st.builds(Block, st.just(Style.PICTURE), HOSTILE, picture=st.just("sectors.png")),
    ),
    max_size=6,
)
MESSAGES = st.builds(
    Message, st.sampled_from(Kind), st.just("k"), HOSTILE, st.just(NOW),
    zone=st.none() | st.sampled_from(Zone), blocks=BLOCKS,
)  # fmt: skip


class Tags(HTMLParser):
    """Counts tags, and notes what does not close."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.wrong == []
    assert tags.open == []
    return tags


def check_telegram(message: Message) -> None:
    for part in telegram_parts(message):
        assert 0 < units(part) <= 4_096
        tags = read(part)
        assert set(tags.seen) <= ALLOWED
        assert not tags.attributes
        for table in re.findall(r"<pre>(.*?)</pre>", part, flags=re.DOTALL):
            text = table.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            assert all(shown_length(line) <= 34 for line in text.split("\n"))
    assert all(0 < units(part) <= 4_096 for part in plain_parts(message))
    assert units(telegram_caption(message, "sectors.png")) <= 1_024


def check_mail(message: Message) -> None:
    plain = Message(message.kind, "k", "x", NOW, zone=message.zone, blocks=_harmless(message))
    hostile, honest = read(mail_html(message)), read(mail_html(plain))
    assert hostile.seen == honest.seen
    sources = [value for name, value in hostile.attributes if name == "src"]
    assert all(value == "cid:sectors.png" for value in sources)


def _harmless(message: Message) -> list[Block]:
    """The same blocks with a harmless letter in place of every text."""
    return [
        Block(
            b.style, "x", ["x"] * len(b.items), b.columns,
            [["x"] * len(row) for row in b.rows], b.picture,
        )
        for b in message.blocks
    ]  # fmt: skip


@given(MESSAGES)
@settings(max_examples=120)
def test_no_name_breaks_a_telegram_message(message: Message) -> None:
    check_telegram(message)


@given(MESSAGES)
@settings(max_examples=60)
def test_no_name_adds_anything_to_a_mail(message: Message) -> None:
    check_mail(message)


@pytest.mark.campaign
@given(MESSAGES)
@settings(max_examples=10_000)
def test_ten_thousand_hostile_messages(message: Message) -> None:
    check_telegram(message)
    check_mail(message)
    assert plain_text(message)


@given(HOSTILE)
def test_cleaning_is_done_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert len(once) <= 2_000
    assert "\n" not in once


PRESSABLE = re.compile(
    r"\w+://|\b[a-z0-9-]+\.(?:com|me|io|finance|meme|org|рф)\b|(?<!\w)[@#$][a-z]\w*", re.IGNORECASE
)
WORDS = st.sampled_from(
    ["pay", "https://", "t.me/", "evil.com", "@support", "$PEPE", "#x", ".", "/"]
)


@given(st.lists(WORDS, max_size=6), st.sampled_from(["", " "]))
def test_no_face_of_a_message_has_an_address_that_can_be_pressed(
    words: list[str], between: str
) -> None:
    foreign = between.join([*words, "yearn.finance"])
    blocks = (
        Block(Style.TEXT, foreign),
        Block(Style.TABLE, columns=("asset", "why"), rows=[[foreign, foreign * 3]]),
    )
    message = Message(Kind.WEEKLY, "k", foreign, NOW, blocks=blocks)
    for face in (*telegram_parts(message), *plain_parts(message), plain_text(message)):
        assert not PRESSABLE.search(face)
    page = re.sub(r"<style.*?</style>|<[^>]*>", " ", mail_html(message), flags=re.DOTALL)
    assert not PRESSABLE.search(page)


@pytest.mark.parametrize(
    "own",
    ["$1,234.56 of 0.5", "sector.meme.max 5%", "core.toml", "/approve k3f9", "a 7.5% fall. Then"],
)
def test_our_own_figures_limits_files_and_commands_stay_as_they_are(own: str) -> None:
    assert clean(own) == own


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("i❤.ws", "i❤._ws"),
        ("claim💰.to/x", "claim💰._to/x"),
        ("evil-.com", "evil-._com"),
        ("evil。com", "evil。_com"),
        ("((/skip", "((/_skip"),
        ("wait...and see", "wait...and see"),
    ],
)
def test_no_sign_before_a_dot_or_a_stroke_makes_a_link(foreign: str, shown: str) -> None:
    assert clean(foreign).replace(BREAK, "_") == shown
    assert clean(clean(foreign)) == clean(foreign)


def test_a_break_takes_no_room_in_a_table() -> None:
    rows = [["yearn.finance", "1"], ["uniswap", "2"]]
    block = Block(Style.TABLE, columns=("asset", "value>"), rows=rows)
    lines = plain_text(Message(Kind.WEEKLY, "k", "x", NOW, blocks=(block,))).split("\n")
    shown = [line.replace(BREAK, "") for line in lines if line.endswith(("1", "2"))]
    assert [len(line) for line in shown] == [len("yearn.finance  value")] * 2


def long_message(lines: int) -> Message:
    items = [f"line number {n} of a long list of things that happened" for n in range(lines)]
    rows = [[f"coin-{n}", f"${n}.00", "because"] for n in range(lines)]
    table = Block(Style.TABLE, columns=("asset", "value>", "why"), rows=rows)
    blocks = (Block(Style.BULLETS, items=items), table)
    return Message(Kind.WEEKLY, "k", "Core: all is well", NOW, zone=Zone.GREEN, blocks=blocks)


@pytest.mark.parametrize("face", [telegram_parts, plain_parts])
def test_a_long_message_is_split_between_lines_and_nothing_is_lost(face: object) -> None:
    parts = face(long_message(300))  # type: ignore[operator]
    assert len(parts) > 3
    text = "\n".join(parts)
    for n in range(300):
        assert text.count(f"line number {n} of") == 1
        assert re.search(rf"\bcoin-{n}\b", text)
    assert parts[0].count("Core: all is well") == 1


def test_a_table_too_wide_for_a_phone_becomes_lines_and_loses_nothing() -> None:
    table = Block(
        Style.TABLE,
        columns=("asset", "value>", "why"),
        rows=[["bitcoin", "$91,243.17", "17.6 points over its limit of 60%"]],
    )
    (part,) = telegram_parts(Message(Kind.PROPOSAL, "k", "Core", NOW, blocks=(table,)))
    assert "• bitcoin: value $91,243.17; why 17.6 points over its limit of 60%" in part


def test_the_mail_is_small_has_headings_table_headers_and_alt_texts() -> None:
    html = mail_html(long_message(60), footer=("stop: reply stop",))
    assert len(html.encode()) < 60_000
    for needed in ("<h1", 'scope="col"', 'lang="en"', "prefers-color-scheme", "color-scheme"):
        assert needed in html
    assert "http://" not in html
    assert "https://" not in html


FIGURES = re.compile(r"\d[\d,.]*%?")


def test_all_faces_of_a_message_state_the_same_figures() -> None:
    message = long_message(12)
    texts = (
        plain_text(message),
        re.sub(r"<[^>]+>", " ", "\n".join(telegram_parts(message))),
        re.sub(r"<[^>]+>", " ", mail_html(message).split("<h1", 1)[1]).partition(">")[2],
    )
    told = [set(FIGURES.findall(text)) for text in texts]
    assert told[0] == told[1]
    assert told[0] == told[2]


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_letter_has_contrast_in_both_schemes() -> None:
    css = (TEMPLATES / "message.html.j2").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    for scheme, begin in ((light, "background: #ffffff"), (dark, "background: #1b2129")):
        assert begin in scheme
        ground = begin.removeprefix("background: ")
        letters = re.findall(r"[; {]color: (#[0-9a-f]{6})", scheme)
        assert len(letters) >= 4
        for letter, back in product(letters, [ground]):
            assert contrast(letter, back) >= 4.5, (letter, back)
