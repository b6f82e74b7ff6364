"""Damaged exports: a portfolio or a sentence, soon, and no balance that the rows do not hold."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import InputError
from tests.examples import examples
from tests.portfolios.loaders.exchanges.dialects import (
    MARKET,
    TABLES,
    balances,
    expected,
    parts_of,
    read,
    written,
)
from tests.portfolios.loaders.exchanges.samples import SAMPLES, Sample

MOST_SECONDS = 5
SPLICES = (
    "\x00", "\n", '"', ",", ";", "\t", ".", "-", "'", "=", "=1+1", "=HYPERLINK(1)", "@SUM(1)",
    "1e999", "1E-400", "NaN", "Infinity", "9" * 40, "9" * 140_000, "\u202e", "\u0661", "é", "\\",
    '""', "0x1", "txid", "Timestamp", "\r", "()", "$", "BTC", "USDT", "none", "cash", "Total",
    "(" * 300, "-" * 300,
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-16", "utf-16-le", "latin-1", "cp437", "utf-7")


def damaged(chance: random.Random) -> bytes:
    text = chance.choice(SAMPLES).text
    for _ in range(chance.randint(1, 5)):
        text = chance.choice((_spliced, _cut, _swapped, _repeated))(text, chance)
    return text.encode(chance.choice(ENCODINGS), "replace")


def _spliced(text: str, chance: random.Random) -> str:
    start = chance.randint(0, len(text))
    end = min(len(text), start + chance.choice([0, 0, 1, 5, 40]))
    return text[:start] + chance.choice(SPLICES) + text[end:]


def _cut(text: str, chance: random.Random) -> str:
    return text[: chance.randint(0, len(text))]


def _swapped(text: str, chance: random.Random) -> str:
    cells = re.split("([,;])", text)
    one, other = chance.randrange(len(cells)), chance.randrange(len(cells))
    cells[one], cells[other] = cells[other], cells[one]
    return "".join(cells)


def _repeated(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines, chance.choice(lines)]) if lines else text


def read_or_refused(raw: bytes) -> bool:
    """Tell whether a file was read; a refusal names the file, the places and what to do."""
    begun = perf_counter()
    found = _outcome(raw)
    assert perf_counter() - begun < MOST_SECONDS
    if isinstance(found, InputError):
        assert str(found).startswith("mine.csv: ")
        assert found.hint
        assert all(problem.text and str(problem).isprintable() for problem in found.problems)
        return False
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "ignore")
    most = sum(int(digits) for digits in re.findall(r"[0-9]+", re.sub(r"[.,' ]", "", text)))
    assert all(0 <= left <= most for left in found.values())
    assert set(found) <= {"cash", *(asset.asset_id for asset in MARKET)}
    return True


@pytest.mark.parametrize("count", examples(always=150, campaign=10_000))
def test_damage_gives_a_portfolio_or_a_sentence(count: int) -> None:
    chance = random.Random(18)  # noqa: S311
    read_count = sum(read_or_refused(damaged(chance)) for _ in range(count))
    assert 0 < read_count < count


@pytest.mark.parametrize("count", examples(always=60, campaign=10_000))
def test_a_file_cut_off_anywhere_holds_what_its_whole_rows_say(count: int) -> None:
    @settings(max_examples=count)
    @given(st.sampled_from(TABLES), st.integers(1, 400))
    def holds(sample: Sample, cut: int) -> None:
        parts = parts_of(sample)
        kept = written([parts.header], parts.rows, delimiter=parts.delimiter)[:-cut]
        whole = kept[: kept.rfind("\n") + 1]
        found = _outcome(kept.encode())
        # What a row says whose last cell alone is cut cannot be known.
        if (
            isinstance(found, dict)
            and kept[len(whole) :].count(parts.delimiter) < len(parts.header) - 1
        ):
            assert found == _outcome(whole.encode())

    holds()


def _outcome(raw: bytes) -> dict[str, Decimal] | InputError:
    try:
        return balances(read(raw))
    except InputError as error:
        return error


def test_a_row_that_is_cut_off_stops_the_import() -> None:
    for sample in TABLES:
        parts = parts_of(sample)
        rows = [row for row in parts.rows if len(row) == len(parts.header)]
        whole = written([parts.header], rows, delimiter=parts.delimiter)
        assert balances(read(whole, sample)) == expected(sample)
        short = written([parts.header], [*rows[:-1], rows[-1][:-1]], delimiter=parts.delimiter)
        with pytest.raises(InputError) as caught:
            read(short, sample)
        assert "is the file cut off?" in str(caught.value.problems[0])
