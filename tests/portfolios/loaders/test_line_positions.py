from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.loaders.line_positions import (
    DEEPEST,
    Overgrown,
    Path,
    json_lines,
    line_finder,
    toml_lines,
)

TOML = '''\
name = "a # b"    # a comment = 3
text = """
[[holdings]]
inner = "x"
"""
literal = \'\'\'
key = 1 \'\'\'
policy.mode = "full"
policy."sec.tors" = { layer1 = { max = "80%" }, meme = { max = "1%" } }
list = [
  1, [2, 3],
  { a = 1 },  # } ]
  { a = 2,
    b.c = 3 }
]

[targets]
bitcoin = "40%"

[[holdings]]
asset = "bitcoin"
[[holdings.lots]]
quantity = 1
[[holdings.lots]]
quantity = 2

[[holdings]]
asset = "solana"
[holdings.lock]
kind = "frozen"
'''

PLACES: list[tuple[Path, int]] = [
    (("name",), 1),
    (("text",), 2),
    (("literal",), 6),
    (("policy",), 8),
    (("policy", "mode"), 8),
    (("policy", "sec.tors", "meme", "max"), 9),
    (("list",), 10),
    (("list", 2, "a"), 12),
    (("list", 3, "a"), 13),
    (("list", 3, "b", "c"), 14),
    (("targets", "bitcoin"), 18),
    (("holdings", 0), 20),
    (("holdings", 0, "asset"), 21),
    (("holdings", 0, "lots", 1), 24),
    (("holdings", 0, "lots", 1, "quantity"), 25),
    (("holdings", 1), 27),
    (("holdings", 1, "lock"), 29),
    (("holdings", 1, "lock", "kind"), 30),
]


@pytest.mark.parametrize(("path", "line"), PLACES)
def test_a_toml_key_is_found_in_its_line(path: Path, line: int) -> None:
    assert toml_lines(TOML)[path] == line


def test_what_has_no_line_of_its_own_gets_that_of_what_encloses_it() -> None:
    find = line_finder(toml_lines(TOML))
    assert find(("holdings", 1, "lock", "reason")) == 29
    assert find(("nowhere",)) is None


def test_windows_line_ends_count_once() -> None:
    assert toml_lines("a = 1\r\n\r\nb = 2\r\n")[("b",)] == 3


JSON = """{
  "name": "a \\"quoted\\": {[,",
  "holdings": [
    {"asset": "bitcoin",
     "lots": [{"quantity": 1}, {
        "quantity": 2}]},
    {"asset"
        : "solana", "asset": 1}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("holdings", 0), 4),
        (("holdings", 0, "asset"), 4),
        (("holdings", 0, "lots", 1), 5),
        (("holdings", 0, "lots", 1, "quantity"), 6),
        (("holdings", 1), 7),
    ],
)
def test_a_json_key_is_found_in_its_line(path: Path, line: int) -> None:
    assert json_lines(JSON)[0][path] == line


def test_a_json_key_that_stands_twice_is_noticed() -> None:
    assert json_lines(JSON)[1] == (("holdings", 1, "asset"),)


@pytest.mark.parametrize("unit", ["[", "{a=", "[{a="])
def test_deep_nesting_is_refused_with_its_line(unit: str) -> None:
    with pytest.raises(Overgrown) as caught:
        toml_lines("x = 1\ny = " + unit * 100_000)
    assert caught.value.line == 2


def test_a_key_of_many_parts_is_refused() -> None:
    with pytest.raises(Overgrown):
        toml_lines("a." * 1_000_000 + "a = 1")
    with pytest.raises(Overgrown):
        toml_lines("[" + "a." * DEEPEST + "a]")


VALUES = st.recursive(
    st.integers(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


def paths(value: object, here: Path = ()) -> Iterator[Path]:
    if here:
        yield here
    items = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[var-annotated,arg-type]
    for key, inner in items:
        if isinstance(inner, (dict, list)):
            yield from paths(inner, (*here, key))
        elif isinstance(value, dict):
            yield (*here, key)


@given(st.dictionaries(st.text(max_size=5), VALUES))
def test_every_key_of_any_json_document_is_found(document: dict[str, object]) -> None:
    for indent in (None, 1):
        lines, twice = json_lines(json.dumps(document, indent=indent))
        assert set(paths(document)) <= set(lines)
        assert not twice


@given(st.dictionaries(st.text(max_size=5), VALUES))
def test_every_key_of_any_inline_toml_document_is_found(document: dict[str, object]) -> None:
    text = "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in document.items())
    assert tomllib.loads(text) == document
    assert set(paths(document)) <= set(toml_lines(text))


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return quoted(value)


def quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


@given(st.text(alphabet="[]{}=,.#\"'\\\n a1", max_size=80))
def test_any_text_can_be_scanned(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in toml_lines(text).values())
