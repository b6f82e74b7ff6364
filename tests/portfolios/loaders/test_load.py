from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import portfolios.samples
from portfolios.errors import InputError
from portfolios.loaders import LOADERS, Loaded, load
from portfolios.model.assets import Asset, AssetIndex
from portfolios.providers.sample.market import sample_market

MARKET = AssetIndex([Asset("bitcoin", "BTC", "Bitcoin"), Asset("solana", "SOL", "Solana")])
CSV = "asset,quantity\nbitcoin,1\n"
JSON = '[{"asset": "bitcoin", "quantity": 1}]'
TOML = '[[holdings]]\nasset = "bitcoin"\nquantity = 1\n'


@pytest.mark.parametrize("text", [CSV, JSON, TOML, f"# mine\n\n{TOML}", f"\n {JSON}"])
@pytest.mark.parametrize("source", ["-", "x", "x.txt", "x.csv", "x.json", "x.TOML"])
def test_the_content_tells_the_format_whatever_the_extension(text: str, source: str) -> None:
    (held,) = load(text.encode(), source=source, index=MARKET).portfolio.holdings
    assert held.asset_id == "bitcoin"


@pytest.mark.parametrize("text", [CSV, JSON, TOML])
def test_each_format_is_recognised_by_one_loader_only(text: str) -> None:
    assert sum(loader.recognises(text) for loader in LOADERS.values()) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x.csv", ["line 1   the header needs quantity, and asset or symbol; e.g. asset,quantity"]),
        ("x.json", ["line 1   not JSON: expecting value"]),
        ("x.toml", ["line 1   not TOML: expected '=' after a key in a key/value pair"]),
        ("x", ["x: neither TOML nor JSON, nor CSV with a header such as asset,quantity, nothing "
         "was imported"]),
    ],
)  # fmt: skip
def test_what_no_format_fits_is_judged_by_its_extension(
    problems: Callable[..., list[str]], source: str, expected: list[str]
) -> None:
    assert problems("hello world", source=source) == expected


@pytest.mark.parametrize(
    ("source", "stated", "name"),
    [("/a/my coins.v2.csv", None, "my coins.v2"), ("-", None, "portfolio"), ("x.csv", "b", "b")],
)
def test_a_portfolio_has_a_name(source: str, stated: str | None, name: str) -> None:
    loaded = load(CSV.encode(), source=source, index=MARKET, name=stated)
    assert loaded.portfolio.name == name


def test_a_stated_name_wins_over_the_files() -> None:
    text = f'name = "a"\n{TOML}'.encode()
    assert load(text, source="x.toml", index=MARKET, name="b").portfolio.name == "b"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 600])
def test_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"^--name: "):
        load(CSV.encode(), source="x.csv", index=MARKET, name=name)


def test_nothing_may_lie_in_the_future() -> None:
    text = (
        f"{TOML}price = 1\nprice_as_of = 2026-11-23\n"
        "lots = [{ quantity = 1, acquired = 2026-11-23 }]\n"
    ).encode()
    assert load(text, source="x.toml", index=MARKET, as_of=date(2026, 11, 23))
    with pytest.raises(InputError) as caught:
        load(text, source="x.toml", index=MARKET, as_of=date(2026, 11, 22))
    assert [str(problem) for problem in caught.value.problems] == [
        "line 5   price_as_of 2026-11-23 lies in the future",
        "line 6   acquired 2026-11-23 lies in the future",
    ]


def test_the_message_counts_and_the_source_is_shown_without_control_characters() -> None:
    with pytest.raises(InputError) as caught:
        load(b"asset,quantity\nbitcoin,x\nsolana,y", source="a\x1b[1m.csv", index=MARKET)
    assert str(caught.value) == "a?[1m.csv: 2 problems, nothing was imported"
    assert caught.value.source == "a?[1m.csv"


@pytest.mark.parametrize("name", ["core", "growth", "staked"])
def test_the_shipped_portfolios_are_read_without_a_word(name: str) -> None:
    path = Path(portfolios.samples.__file__).parent / f"{name}.toml"
    loaded = load(path.read_bytes(), source=path.name, index=sample_market().index())
    assert (loaded.portfolio.name, loaded.warnings, loaded.portfolio.unknown) == (name, (), ())


# --- whatever the bytes, there is a portfolio or a sentence

SEEDS = (
    CSV,
    JSON,
    TOML,
    'name = "a"\n[policy]\nfee = "1%"\nsectors = { ai = { max = "5%" } }\n[targets]\nsolana = "1%"',
    TOML
    + 'lots = [{ quantity = 1, cost = "2" }]\nlock = { kind = "frozen" }\n[[alerts]]\nwhen = 1',
    '{"name": "x", "cash": 1, "holdings": [{"symbol": "SOL", "quantity": "2", "lots": []}]}',
    "symbol;quantity;price;lock;until\nSOL;2;1;frozen;2027-01-01\n",
    *(path.read_text() for path in sorted(Path(portfolios.samples.__file__).parent.glob("*.toml"))),
)
SPLICES = (
    "\x00", "\n", '"', "'''", '"""', "[", "]", "{", "}", "=", ",", ";", ".", "#", "\\", "\\ud800",
    "nan", "inf", "NaN", "1e999", "-1", "0x1", "true", "null", "2027-01-01", "2027-01-01T00:00:00",
    "[[holdings]]\n", "[targets]\n", "9" * 40, "é", "\u202e", "[" * 200, "{a=" * 50, "a." * 50,
)  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    text = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 6)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice([0, 0, 1, 5, 40]))
        text = text[:start] + chance.choice(SPLICES) + text[end:]
    return text.encode()


def loaded_or_refused(raw: bytes, source: str) -> Loaded | InputError:
    try:
        return load(raw, source=source, index=MARKET)
    except InputError as error:
        return error


def must_load_or_explain(raw: bytes, source: str) -> bool:
    outcome = loaded_or_refused(raw, source)
    if isinstance(outcome, Loaded):
        assert all(held.quantity >= 0 for held in outcome.portfolio.holdings)
        return True
    assert outcome.hint
    assert all(str(problem).isprintable() for problem in outcome.problems)
    return False


SOURCES = st.sampled_from(["x.toml", "x.json", "x.csv", "x"])


@given(st.binary(max_size=200), SOURCES)
def test_any_bytes_give_a_portfolio_or_a_sentence(raw: bytes, source: str) -> None:
    must_load_or_explain(raw, source)


@given(st.text(alphabet='[]{}=,;.#"\\\n asetquniy1-%', max_size=120), SOURCES)
def test_any_text_gives_a_portfolio_or_a_sentence(text: str, source: str) -> None:
    must_load_or_explain(text.encode(), source)


@settings(max_examples=200)
@given(st.randoms(use_true_random=False), SOURCES)
def test_any_damage_gives_a_portfolio_or_a_sentence(chance: random.Random, source: str) -> None:
    must_load_or_explain(mutated(chance), source)


@pytest.mark.campaign
def test_much_damage_gives_portfolios_or_sentences() -> None:
    chance = random.Random(7)  # noqa: S311
    outcomes = [
        must_load_or_explain(mutated(chance), chance.choice(["x.toml", "x.json", "x.csv", "x"]))
        for _ in range(60_000)
    ]
    assert 0 < sum(outcomes) < len(outcomes)
