"""A name is what it looks like, and files of different names never meet."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.values.visible_text import file_stem, visible

HIDDEN = [
    *"\x00\x1b\x7f\x85\xad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2028",
    *"\u202a\u202e\u2060\u2066\u2800\u3164\ufe00\ufeff\uffa0\ufff9\ue000\U000e0001\U000e0041",
    "\U000e0100", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("hidden", HIDDEN, ids=[f"U+{ord(ch):04X}" for ch in HIDDEN])
def test_what_nobody_sees_is_refused_by_its_number(hidden: str) -> None:
    with pytest.raises(ValueError, match=rf"character U\+{ord(hidden):04X}"):
        visible(f"co{hidden}re")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" core ", "core"), ("my\u00a0coins", "my coins"), ("my \u2003 coins", "my coins"),
     ("cafe\u0301", "café"), ("\u2764\ufe0f", "\u2764"), ("قیمت 🚀", "قیمت 🚀")],
)  # fmt: skip
def test_spellings_that_look_alike_are_one(typed: str, kept: str) -> None:
    assert visible(typed) == kept


@given(st.text(max_size=8))
def test_no_accepted_name_has_anything_hidden_and_reading_twice_changes_nothing(name: str) -> None:
    try:
        kept = visible(name)
    except ValueError:
        return
    assert visible(kept) == kept
    assert not any(unicodedata.category(ch) in {"Cc", "Cf", "Cs", "Co"} for ch in kept)


@given(st.sets(st.text(alphabet="aAbB ./-_é\\:", min_size=1, max_size=5), max_size=20))
def test_different_names_give_different_files_even_where_capitals_do_not_count(
    names: set[str],
) -> None:
    names |= {file_stem(name) for name in names}
    stems = {file_stem(name).lower() for name in names}
    assert len(stems) == len(names)
    assert all(set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") for stem in stems)
