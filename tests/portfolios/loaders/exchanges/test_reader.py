"""Exports as tools write them: the same balances whatever the dialect, order or overlap."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from itertools import chain, groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import InputError
from portfolios.loaders import load
from tests.examples import examples
from tests.portfolios.loaders.exchanges.dialects import (
    MARKET,
    TABLES,
    balances,
    expected,
    parts_of,
    read,
    refused,
    written,
)
from tests.portfolios.loaders.exchanges.samples import (
    BINANCE,
    COINBASE,
    GHOSTFOLIO_JSON,
    KOINLY,
    KOINLY_BULK,
    KRAKEN,
    LEDGER_LIVE,
    NEXO,
    PORTFOLIO_PERFORMANCE,
    ROTKI_TRADES,
    SAMPLES,
    Sample,
)

EACH = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.tool))
TABLE = pytest.mark.parametrize("sample", TABLES, ids=lambda sample: str(sample.tool))
CHANCES = st.randoms(use_true_random=False)


@EACH
def test_the_balances_are_those_worked_out_by_hand(sample: Sample) -> None:
    assert balances(read(sample.text, sample)) == expected(sample)


@TABLE
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_encoding_and_preamble_do_not_matter(
    sample: Sample, delimiter: str, encoding: str
) -> None:
    parts = parts_of(sample)
    before = [[f"sep={delimiter}"]] if delimiter == ";" else [["Report, of a kind"], [], ["x", "1"]]
    text = written(before, [parts.header], parts.rows, delimiter=delimiter)
    raw = text.removeprefix("\ufeff").replace("\ufeff", "").encode(encoding)
    if encoding == "cp1252" and text.isascii():
        raw = raw.replace(b"Report", b"R\xe9port")
    mark = "comma" if sample in COMMAS else "point"
    assert balances(read(raw, sample, decimal=mark)) == expected(sample)


COMMAS = [s for s in TABLES if ";" in s.text.splitlines()[0]]


@pytest.mark.parametrize("sample", [s for s in TABLES if s.tool != "CoinTracking"],
                         ids=lambda sample: str(sample.tool))  # fmt: skip
def test_the_order_of_columns_does_not_matter(sample: Sample) -> None:
    parts = parts_of(sample)
    order = list(range(len(parts.header)))
    random.Random(3).shuffle(order)  # noqa: S311
    table = [[cells[i] if i < len(cells) else "" for i in order] for cells in
             [parts.header, *(r for r in parts.rows if len(r) > 1)]]  # fmt: skip
    text = written(table, delimiter=parts.delimiter)
    assert balances(read(text, sample)) == expected(sample)


@pytest.mark.parametrize("count", examples(always=60, campaign=10_000))
def test_any_order_and_any_repetition_of_a_download_give_the_same(count: int) -> None:
    @settings(max_examples=count)
    @given(st.sampled_from(TABLES), CHANCES)
    def holds(sample: Sample, chance: random.Random) -> None:
        parts = parts_of(sample)
        tables = []
        for _ in range(chance.randint(1, 3)):
            chance.shuffle(parts.rows)
            tables += [[parts.header], list(parts.rows)]
        text = written(*tables, delimiter=parts.delimiter)
        assert balances(read(text, sample)) == expected(sample)

    holds()


@pytest.mark.parametrize("count", examples(always=60, campaign=10_000))
def test_any_overlap_of_two_downloads_gives_the_same(count: int) -> None:
    @settings(max_examples=count)
    @given(st.sampled_from(TABLES), CHANCES)
    def holds(sample: Sample, chance: random.Random) -> None:
        parts = parts_of(sample)
        # A download ends between two moments, so rows that are alike are never parted.
        groups = [list(rows) for _, rows in groupby(sorted(parts.rows))]
        first = chance.randint(0, len(groups))
        second = chance.randint(0, first)
        early, late = [*chain(*groups[:first])], [*chain(*groups[second:])]
        both = [[parts.header], early, [parts.header], late]
        text = written(*both, delimiter=parts.delimiter)
        assert balances(read(text, sample)) == expected(sample)

    holds()


def test_equal_fills_of_one_second_count_each() -> None:
    once, twice = BINANCE.text, BINANCE.text + BINANCE.text.removeprefix("\ufeff")
    assert once.count("Transaction Buy,SOL,2.5") == 2
    assert balances(read(twice)) == expected(BINANCE)


def test_what_is_kept_in_several_accounts_names_them() -> None:
    portfolio = read(KOINLY.text).portfolio
    held = {h.asset_id: h.account for h in portfolio.holdings}
    assert held == {"bitcoin": "Kraken, Ledger", "ethereum": "Ledger"}
    assert {h.account for h in read(KRAKEN.text).portfolio.holdings} == {"Kraken"}
    accounts = [h.account for h in read(GHOSTFOLIO_JSON.text).portfolio.holdings]
    assert accounts == ["Ledger", "Ghostfolio"]


@pytest.mark.parametrize(
    ("sample", "note"),
    [
        (KRAKEN, "line 2: not counted, because without an id, so announced only"),
        (LEDGER_LIVE, "line 4: not counted, because not completed"),
        (NEXO, "line 5: not counted, because not completed"),
        (PORTFOLIO_PERFORMANCE, "line 5: not counted, because not a coin: it has an ISIN"),
        (PORTFOLIO_PERFORMANCE, "Portfolio Performance transactions: money is not booked here, add "
         "it as cash"),
        (ROTKI_TRADES, "rotki trades: trades only: deposits, withdrawals and rewards are in other "
         "files"),
        (COINBASE, "MATIC was replaced one for one by polygon-ecosystem-token"),
    ],
)  # fmt: skip
def test_what_is_not_counted_is_said_with_its_line(sample: Sample, note: str) -> None:
    assert note in read(sample.text).warnings


HEADER = "txid,refid,time,type,subtype,aclass,asset,wallet,amount,fee,balance\n"
ROW = "L1,R1,2024-01-01,deposit,,currency,ETH,spot,1,0,1\n"


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ("L2,R2,2024-01-02,withdrawal,,currency,ETH,spot,-3,0,0\n",
         ["line 3   ethereum: 2 more went out than came in, so a part of the history is missing: "
          "export all of it, or leave it out with --map ETH=none"]),
        ("L2,R2,2024-01-02,deposit,,currency,ZEUR,spot,3,0,0\n",
         ["line 3   3 eur is held, and this portfolio counts in usd: leave it out with --map "
          "ZEUR=none"]),
        ("L2,R2,2024-01-02,deposit,,currency,XYZQ,spot,3,0,0\n",
         ['line 3   asset "XYZQ" is unknown; --map XYZQ=none leaves it out']),
        ("L2,R2,2024-01-02,deposit,,currency,LUNA,spot,3,0,0\n",
         ["line 3   symbol LUNA names two assets: ...; --map LUNA=none leaves it out"]),
        ("L2,R2,2024-01-02,deposit,,currency,ETH,spot,abc,0,0\n",
         ['line 3   base "abc" is not a number']),
        ("L2,R2,2024-01-02,deposit,,currency,ETH,spot,=1+1,0,0\n",
         ['line 3   base "=1+1" is not a number']),
        ("L2,R2,2024-01-02,deposit,,currency,ETH,spot,,0,0\n",
         ["line 3   the amount of base is missing"]),
        ("L2,R2,2024-01-02,deposit,,currency,,spot,1,0,0\n",
         ["line 3   the amount of base has no asset"]),
        ("L2,R2,2024-01-02,deposit,,curr\n",
         ["line 3   6 cells under 11 columns; is the file cut off?"]),
        ("L2,R2,2024-01-02,deposit,,currency,ETH,spot,0,5,0,0\n",
         ["line 3   12 cells under 11 columns; is a decimal comma among them?"]),
        ("L1,R1,2024-01-01,deposit,,currency,ETH,spot,2,0,1\n",
         ["line 3   this row has the id of line 2, and says something else"]),
        ('L2,R2,2024-01-02,"deposit,,currency,ETH,spot,0,5,0,0\n',
         ["line 3   not CSV: unexpected end of data"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_line(rows: str, problems: list[str]) -> None:
    found = refused(HEADER + ROW + rows)
    candidates = r"terra-luna.*\); add --map LUNA=[a-z0-9-]*"
    assert [re.sub(candidates, "...", problem) for problem in found] == problems


@pytest.mark.parametrize("word", ["ETH", "ZEUR", "XYZQ", "LUNA"])
def test_what_a_refusal_advises_works(word: str) -> None:
    amount = "-3" if word == "ETH" else "3"
    text = f"{HEADER}L0,R,2024-01-01,deposit,,currency,SOL,spot,1,0,1\n{ROW}"
    text += f"L2,R2,2024-01-02,deposit,,currency,{word},spot,{amount},0,0\n"
    (problem,) = refused(text)
    advice = re.search(r"--map (\w+)=none", problem)
    assert advice
    found = load(text.encode(), source="k.csv", index=MARKET, symbol_map={advice[1]: "none"})
    assert "solana" in balances(found)
    assert f"{advice[1]} is left out, as you say" in found.warnings


def test_a_kind_that_a_ledger_does_not_explain_is_counted_and_said() -> None:
    found = read(f"{HEADER}{ROW}L2,R2,2024-01-02,gift,,currency,ETH,spot,0.5,0,1.5\n")
    assert balances(found) == {"ethereum": 1.5}
    assert 'line 3: counted as written, although the kind "gift" is not known' in found.warnings


def test_a_kind_that_may_go_either_way_is_refused() -> None:
    text = LEDGER_LIVE.text + "2024-01-05,Confirmed,BTC,TELEPORT,1,0,h,Bitcoin 1,x,USD,1,2\n"
    assert refused(text) == ['line 8   the kind "teleport" is not known of Ledger Live operations']


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers",
         "Kraken trades is not read: export the ledgers"),
        ("Date(UTC+0),Coin,Network,Amount,Address,TXID,Status",
         "Binance deposits or withdrawals is not read: export the statement"),
        ("tradeCreatedAt,symbol,side,price,size,funds,fee,feeCurrency",
         "KuCoin trades or orders is not read: export the account history"),
        ("Portfolio,Coin Name,Coin Symbol,Exchange,Pair,Type,Amount,Price,Price USD,Fee Percent,"
         "Fee Amount,Fee Currency,Date,Notes", "CoinStats transactions is not read: "),
    ],
)  # fmt: skip
def test_an_export_that_does_not_tell_balances_is_refused_by_name(header: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"{header}\n{'x,' * header.count(',')}x\n")
    assert f"{caught.value}: {caught.value.hint}".replace(", nothing was imported", "").startswith(
        f"mine.csv: {says}"
    )


def test_downloads_of_different_kinds_are_not_mixed() -> None:
    (problem,) = refused(KRAKEN.text + BINANCE.text)
    assert problem.startswith("line 17   here begins Binance statement with other columns than the")


def test_an_old_coin_is_counted_as_what_replaced_it_at_its_ratio() -> None:
    found = read(f"{HEADER}L1,R1,2020-01-01,deposit,,currency,LEND,spot,250,0,250\n")
    assert balances(found) == {"aave": 2.5}
    assert "LEND is counted as aave, 0.01 for each" in found.warnings


def test_two_assets_of_a_tool_with_one_symbol_stop_the_import() -> None:
    found = refused(KOINLY_BULK.text.replace("ETH;1234,,,,,0.01", "ETH;99,,,,,0.01"))
    assert found == ['line 3   "ETH" stands for 2 different assets of this tool']


def test_ambiguous_thousands_are_asked_about_and_the_answer_is_taken() -> None:
    text = PORTFOLIO_PERFORMANCE.text.splitlines(keepends=True)
    one = text[0] + "2025-01-10T00:00;Kauf;100;EUR;;;;1;0;1.000;;;DOGE;Dogecoin;\r\n"
    assert refused(one) == ['line 2   base "1.000" may be 1.000 or 1000: say which with --decimal '
                            "point or --decimal comma"]  # fmt: skip
    assert balances(read(one, decimal="point")) == {"dogecoin": 1}
    assert balances(read(one, decimal="comma")) == {"dogecoin": 1000}
    found = balances(read(one + text[1]))
    assert found == {"dogecoin": Decimal(1000), "bitcoin": Decimal("0.05")}
