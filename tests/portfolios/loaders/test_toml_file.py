from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from portfolios.loaders import load
from portfolios.model.assets import AssetIndex
from portfolios.model.policy import Freed, Mode, Policy, Profile, Range, Signals
from portfolios.model.portfolio import (
    AlertRule,
    Holding,
    Investor,
    Lock,
    LockKind,
    Lot,
    Portfolio,
    Restrictions,
    StatedPrice,
)

FULL = """
name = "core"
currency = "eur"
profile = "cautious"

[investor]
accredited = false
country = "DE"

[policy]
mode = "hybrid"
signals = "trim"
freed = "spread"
turnover = "20%"
min_trade = "25"
fee = "0.2%"
cash_buffer = 0.05
max_volatility = "125%"
bands = "3%"
rebalance_every = "7d"
candidates = ["solana"]
sectors = { layer1 = { max = "80%" }, defi = { min = "5%", max = "35%" } }
assets  = { bitcoin = { max = "60%" } }

[targets]
bitcoin = "40%"
acme-real-estate = "10%"

[[alerts]]
when = "price bitcoin > 100000"
[[alerts]]
when = "sector.art > 10%"

[[holdings]]
asset = "bitcoin"
quantity = 0.42
account = "ledger"
lots = [ { quantity = "0.4", cost = "18000", acquired = 2023-05-02 }, { quantity = "0.02" } ]

[[holdings]]
symbol = "sol"
quantity = "30"
lock = { kind = "frozen", until = 2027-03-01, reason = "staked" }

[[holdings]]
asset = "ethereum"
quantity = 3
sector = { defi = "60%", rwa = "40%" }
[[holdings.lock]]
kind = "no_sell"
quantity = 2
[[holdings.lock]]
kind = "no_buy"

[[holdings]]
asset = "acme-real-estate"
kind = "security_token"
name = "Acme"
symbol = "ACME"
sector = "rwa"
quantity = "1000"
price = "12.50"
price_as_of = 2026-11-01
[holdings.restrictions]
accredited_only = true
countries_allowed = ["DE", "CH"]
lockup_until = 2027-06-30
max_holders_reached = true
transferable = "unknown"

[[holdings]]
asset = "cash"
quantity = "500"
"""


def test_everything_a_file_may_say_is_read(index: AssetIndex) -> None:
    read = load(FULL.encode(), source="x.toml", index=index).portfolio
    assert read == Portfolio(
        name="core",
        currency="eur",
        cash=Decimal(500),
        holdings=(
            Holding(
                "acme-real-estate",
                Decimal(1000),
                restrictions=Restrictions(
                    accredited_only=True,
                    countries_allowed=("DE", "CH"),
                    lockup_until=date(2027, 6, 30),
                    max_holders_reached=True,
                    transferable=None,
                ),
                stated=StatedPrice(Decimal("12.50"), date(2026, 11, 1)),
                kind="security_token",
                symbol="ACME",
                name="Acme",
                sector="rwa",
            ),
            Holding(
                "bitcoin",
                Decimal("0.42"),
                lots=(
                    Lot(Decimal("0.4"), Decimal(18000), date(2023, 5, 2)),
                    Lot(Decimal("0.02")),
                ),
                account="ledger",
            ),
            Holding(
                "ethereum",
                Decimal(3),
                locks=(Lock(LockKind.NO_SELL, quantity=Decimal(2)), Lock(LockKind.NO_BUY)),
                sector="defi",
                membership={"defi": Decimal("0.6"), "rwa": Decimal("0.4")},
            ),
            Holding(
                "solana",
                Decimal(30),
                locks=(Lock(LockKind.FROZEN, date(2027, 3, 1), "staked"),),
            ),
        ),
        policy=Policy(
            profile=Profile.CAUTIOUS,
            mode=Mode.HYBRID,
            signals=Signals.TRIM,
            freed=Freed.SPREAD,
            turnover=Decimal("0.2"),
            min_trade=Decimal(25),
            fee=Decimal("0.002"),
            cash_buffer=Decimal("0.05"),
            max_volatility=Decimal("1.25"),
            band=Decimal("0.03"),
            rebalance_every_days=7,
            candidates=("solana",),
            sectors={
                "layer1": Range(max=Decimal("0.8")),
                "defi": Range(Decimal("0.05"), Decimal("0.35")),
            },
            assets={"bitcoin": Range(max=Decimal("0.6"))},
        ),
        targets={"bitcoin": Decimal("0.4"), "acme-real-estate": Decimal("0.1")},
        investor=Investor(accredited=False, country="DE"),
        alerts=(AlertRule("price bitcoin > 100000"), AlertRule("sector.art > 10%")),
    )


def test_what_is_not_said_stays_with_the_defaults(index: AssetIndex) -> None:
    text = b'[[holdings]]\nasset = "bitcoin"\nquantity = 1'
    read = load(text, source="mine.toml", index=index).portfolio
    assert read == Portfolio("mine", holdings=(Holding("bitcoin", Decimal(1)),))
    assert read.targets is None


def test_the_band_by_name_is_the_usual_one(index: AssetIndex) -> None:
    text = b'policy.bands = "5/25"\ntargets_from = "tokenmetrics:42"'
    read = load(text, source="x.toml", index=index).portfolio
    assert read.policy.band is None
    assert read.targets_from == "tokenmetrics:42"


def test_limits_that_contradict_each_other_are_loaded(index: AssetIndex) -> None:
    text = b'policy.sectors = { ai = { min = "80%", max = "10%" }, rwa = { min = "90%" } }'
    sectors = load(text, source="x.toml", index=index).portfolio.policy.sectors
    assert sectors["ai"] == Range(Decimal("0.8"), Decimal("0.1"))


HOLDING = '[[holdings]]\nasset = "bitcoin"\nquantity = 1\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('turnover = "5%"', ["line 1   key turnover belongs under [policy]"]),
        ("nmae = 'x'", ["line 1   key nmae is unknown; did you mean name?"]),
        ("name = 3", ["line 1   name 3 is not text; put it in quotes"]),
        ("currency = 'euro'", ['line 1   currency "euro" is not a currency; write three letters, '
         'as "usd"']),
        ("profile = 'bald'", ['line 1   profile "bald" is not one of cautious, balanced, bold; '
         "did you mean bold?"]),
        ("[policy]\nturnover = 35", ['line 2   turnover 35 is not a percentage; write "35%" or '
         "0.35"]),
        ("[policy]\nmin_trade = -1", ["line 2   min_trade -1 is negative"]),
        ("[policy]\nfee = nan", ["line 2   fee NaN is not a number that can be used"]),
        ("[policy]\nfee = inf", ["line 2   fee Infinity is not a number that can be used"]),
        ("[policy]\nfee = true", ["line 2   fee true is not a number"]),
        ('[policy]\nbands = "5/30"', ['line 2   bands "5/30" is unknown; write "5/25" or a fixed '
         'band as "3%"']),
        ("[policy]\nrebalance_every = 30", ["line 2   rebalance_every 30 is not a number of days; "
         'write it as "30d"']),
        ('[policy]\ncandidates = "near"', ['line 2   candidates "near" is not a list; write it as '
         '["one", "two"]']),
        ('[policy]\ncandidates = ["bitcoin", "bitcoin"]', ["line 2   candidates names something "
         "twice"]),
        ('[policy]\ncandidates = ["solanna"]', ['line 2   candidates asset "solanna" is unknown; '
         "did you mean solana?"]),
        ('[policy]\nsectors = { layr1 = { max = "1%" } }', ['line 2   sector "layr1" is unknown; '
         "did you mean layer1?"]),
        ('[policy.sectors]\nai = { max = "1%" }\nAI = { max = "2%" }', ['line 3   ai stands twice, '
         'as "AI" too']),
        ('[policy]\nassets = { bitcon = { max = "1%" } }', ['line 2   asset "bitcon" is unknown; '
         "did you mean bitcoin?"]),
        ('[policy]\nassets = { cash = { max = "1%" } }', ["line 2   cash cannot be limited or "
         "wanted here: it is what the rest leaves"]),
        ("[policy]\nassets = { bitcoin = {} }", ["line 2   bitcoin names neither min nor max"]),
        ('[policy]\nassets = { bitcoin = "60%" }', ['line 2   bitcoin is "60%" where a table '
         "belongs"]),
        ("[policy]\nassets = { bitcoin = { mx = '60%' } }", ["line 2   key mx is unknown; did you "
         "mean max?"]),
        ("policy = 3", ["line 1   policy is 3 where a table belongs"]),
        ("[investor]\naccredited = 'yes'", ['line 2   accredited "yes" is neither true nor false']),
        ('[targets]\nbitcoin = "80%"\nsolana = "40%"', ["line 1   the targets add up to 120%, more "
         "than 100%"]),
        ('[targets]\nbitcoin = "8%"\nBTC = "80%"', ['line 3   bitcoin stands twice, as "BTC" too']),
        ('[targets]\nUSD = "80%"', ["line 2   cash cannot be limited or wanted here: it is what "
         "the rest leaves"]),
        ('[targets]\nzzzz = "80%"', ['line 2   asset "zzzz" is unknown']),
        ("[targets]\nbitcoin = 40", ['line 2   bitcoin 40 is not a percentage; write "40%" or '
         "0.40"]),
        ("[targets]", ["line 1   targets names no asset; leave the table out, or name what you "
         "want"]),
        ('targets_from = "tokenmetrics:1"\n[targets]\nbitcoin = "1%"', ["line 1   targets and "
         "targets_from exclude each other"]),
        ('targets_from = "somewhere"', ['line 1   targets_from "somewhere" is unknown; write '
         '"tokenmetrics:" and the index id']),
        ('[[alerts]]\nwhen = "price LUNA > 3"', ['line 2   when symbol LUNA names two assets: '
         "terra-luna (Terra Classic, rank 171), terra-luna-2 (Terra, rank 310); add --map "
         "LUNA=terra-luna"]),
        ('[[alerts]]\nwhen = "sector.mem > 3%"', ['line 2   when sector "mem" is unknown; did you '
         "mean meme?"]),
        ("[[alerts]]\nif = 'x'", ["line 1   when is missing", "line 2   key if is unknown; known: "
         "when"]),
        ("alerts = ['price']", ['line 1   alerts has "price" where a table belongs']),
        ("holdings = 'none'", ['line 1   holdings is "none" where tables belong']),
        ("[holdings]\nasset = 'bitcoin'", ["line 1   holdings is a table where tables belong"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(
    problems: Callable[..., list[str]], text: str, expected: list[str]
) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("quantiti = 3", "line 4   key quantiti is unknown; did you mean quantity?"),
        ("lots = [{ quantity = 2 }]", "line 4   the lots add up to 2, not to the quantity 1"),
        ("lots = [{ quantity = 0 }]", "line 4   quantity 0 is not above zero"),
        ("lots = [{ cost = 2 }]", "line 4   quantity is missing"),
        ("lots = [{ quantity = 1, acquired = 'may' }]", 'line 4   acquired "may" is not a date; '
         "write it as 2027-03-01"),
        ("lots = [\n\n 3]", "line 4   lots has 3 where a table belongs"),
        ("lock = { kind = 'frozn' }", 'line 4   kind "frozn" is not one of frozen, no_sell, '
         "no_buy; did you mean frozen?"),
        ("lock = { until = 2027-01-01 }", "line 4   kind is missing"),
        ("lock = [\n{ kind = 'frozen' },\n{ kind = 'no_buy', quantity = 2 }]", "line 6   the lock "
         "covers 2, more than the 1 held"),
        ("lock = 3", "line 4   lock is 3 where tables belong"),
        ("price = 3", "line 4   a price needs its date: add price_as_of"),
        ("price = 0\nprice_as_of = 2026-01-01", "line 4   price 0 is not above zero"),
        ("price_as_of = 2026-01-01", "line 4   price_as_of stands without a price"),
        ("kind = 'bond'", 'line 4   kind "bond" is unknown; the only kind is "security_token"'),
        ("sector = { defi = '60%', rwa = '30%' }", "line 4   the shares of sector add up to 90%, "
         "not 100%"),
        ("sector = { RWA = '100%' }", 'line 4   sector "RWA" is written rwa'),
        ("sector = {}", "line 4   the shares of sector add up to 0%, not 100%"),
        ("sector = 3", "line 4   sector 3 is not text; put it in quotes"),
        ("restrictions = { accreditedonly = true }", "line 4   key accreditedonly is unknown; did "
         "you mean accredited_only?"),
        ("restrictions = { countries_allowed = ['Germany'] }", 'line 4   countries_allowed '
         '"Germany" is not a country; write two letters, as "DE"'),
        ("cost = 3", "line 4   key cost is unknown; known: asset, symbol, name, quantity, sector, "
         "price, price_as_of, account, kind, lots, lock, restrictions"),
        (HOLDING, "line 4   bitcoin stands twice (lines 1 and 4): give each an account of its own, "
         "or write one"),
        ("[[holdings]]\nasset = 'cash'\nquantity = 1\nsector = 'rwa'", "line 7   cash has no "
         "sector"),
        ("[[holdings]]\nquantity = 1", "line 4   a holding needs asset or symbol"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_holding_is_named_with_its_line(
    problems: Callable[..., list[str]], line: str, expected: str
) -> None:
    assert problems(HOLDING + line) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "a"\nname = "b"', "line 2   not TOML: cannot overwrite a value"),
        ('name = "a"\nname = ', "line 2   not TOML: invalid value"),
        ("[policy]\n[policy]", "line 2   not TOML: cannot declare ('policy',) twice"),
        ("a = 2027-13-01", "line 1   not TOML: expected newline or end of document after a "
         "statement"),
        ("a = " + "9" * 900, "line 1   key a is unknown; known: name, currency, profile, "
         "allow_unknown, investor, policy, targets, targets_from, alerts, holdings"),
        ("a = 1\nb = 0x" + "f" * 5000, "line 2   a number or key is too long"),
        ("a = 1\nb = " + "[" * 100_000, "line 2   lists, tables or dotted keys are nested too "
         "deeply"),
        ("a = " + "{a=" * 100_000, "line 1   lists, tables or dotted keys are nested too deeply"),
        ("a." * 100_000 + "a = 1", "line 1   lists, tables or dotted keys are nested too deeply"),
    ],
)  # fmt: skip
def test_a_broken_file_names_the_place(
    problems: Callable[..., list[str]], text: str, expected: str
) -> None:
    assert problems(text) == [expected]


def test_every_problem_is_told_at_once_in_the_order_of_the_lines(
    problems: Callable[..., list[str]],
) -> None:
    text = f'{HOLDING}[[holdings]]\nasset = "bitcon"\nquantity = -1\n[policy]\nfee = 7\nbend = 1\n'
    assert [problem.split("   ")[0] for problem in problems(text)] == [
        "line 5",
        "line 6",
        "line 8",
        "line 9",
    ]


def test_very_many_unknown_keys_are_counted(problems: Callable[..., list[str]]) -> None:
    found = problems("".join(f"k{i} = 1\n" for i in range(5000)))
    assert len(found) == 21
    assert "and 4,980 more unknown keys" in found


def test_more_holdings_than_ten_thousand_are_refused(problems: Callable[..., list[str]]) -> None:
    text = "[[holdings]]\nasset='bitcoin'\nquantity=1\n" * 10_001
    assert problems(text) == ["line 1   more than 10,000 holdings"]


def test_a_file_with_endless_parts_is_refused_before_it_is_parsed(
    problems: Callable[..., list[str]],
) -> None:
    (found,) = problems("a = [" + "1," * 1_000_000 + "]")
    assert found == "line 1   the file has too many parts for a portfolio"


@pytest.mark.parametrize("key", ["target", "targets", "target_weight", "weight"])
@pytest.mark.parametrize(
    ("asset", "share", "said"),
    [
        ("bitcoin", "0.4", 'bitcoin = "40%"'),
        ("bitcoin", '"40%"', 'bitcoin = "40%"'),
        ("Terra Classic", "0.125", '"Terra Classic" = "12.5%"'),
        ("bitcoin", "40", 'bitcoin = "40%"'),
    ],
)
def test_a_wish_beside_a_holding_is_told_a_place_where_it_works(
    problems: Callable[..., list[str]], index: AssetIndex, key: str, asset: str, share: str,
    said: str,
) -> None:  # fmt: skip
    held = f'[[holdings]]\nasset = "{asset}"\nquantity = 1\n'
    assert problems(f"{held}{key} = {share}\n") == [
        f"line 4   key {key} belongs under [targets], as {said}"
    ]
    text = f"{held}[targets]\n{said}\n"
    assert load(text.encode(), source="core.toml", index=index).portfolio.targets
