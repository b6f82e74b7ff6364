"""What somebody supposes: each key changes one thing, and what means nothing is said so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import UsageError
from portfolios.model.policy import Mode, Policy, Profile, Range, Signals
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio, StatedPrice
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.explanations.scenario_text import FORMS, apply_scenario

MARKET = sample_market()
STAKED = Lock(LockKind.FROZEN, reason="staked")
PORTFOLIO = Portfolio(
    "core",
    cash=Decimal(900),
    holdings=(
        Holding("bitcoin", Decimal(2)),
        Holding("ethereum", Decimal(3), locks=(STAKED,)),
        Holding(
            "acme",
            Decimal(1),
            kind="security_token",
            stated=StatedPrice(Decimal(10), MARKET.as_of.date()),
        ),
    ),
    policy=Policy(sectors={"meme": Range(max=Decimal("0.1"))}, turnover=Decimal("0.2")),
    targets={"bitcoin": Decimal("0.5"), "solana": Decimal("0.2")},
)
WORLD = Scenario(PORTFOLIO, MARKET)


def policy_with(*words: str) -> Policy:
    return apply_scenario(WORLD, words).portfolio.policy


def refusal(*words: str, world: Scenario = WORLD) -> str:
    with pytest.raises(UsageError) as refused:
        apply_scenario(world, words)
    return str(refused.value)


def test_money_comes_in_or_goes_out() -> None:
    assert apply_scenario(WORLD, ["cash=1000"]).flow == 1000
    assert apply_scenario(WORLD, ["Cash=-12.50"]).flow == Decimal("-12.50")


def test_limits_are_set_beside_those_that_stand() -> None:
    policy = policy_with("sector.meme.min=1%", "sector.defi.max=5%", "asset.bitcoin.max=50%")
    assert policy.sectors["meme"] == Range(Decimal("0.01"), Decimal("0.1"))
    assert policy.sectors["defi"] == Range(max=Decimal("0.05"))
    assert policy.assets == {"bitcoin": Range(max=Decimal("0.5"))}


def test_default_takes_back_what_was_stated() -> None:
    policy = policy_with("sector.meme.max=default", "turnover=default")
    assert policy.sectors["meme"] == Range()
    assert policy.turnover is None


def test_each_line_of_a_policy_can_be_supposed() -> None:
    policy = policy_with(
        "mode=cash_flow", "signals=ignore", "profile=bold", "turnover=10%", "min_trade=7",
        "fee=0.1%", "cash_buffer=5%", "max_volatility=25%", "bands=3%", "freed=spread",
    )  # fmt: skip
    assert (policy.mode, policy.signals, policy.profile) == (
        Mode.CASH_FLOW, Signals.IGNORE, Profile.BOLD,
    )  # fmt: skip
    shares = (policy.turnover, policy.fee, policy.cash_buffer, policy.max_volatility, policy.band)
    assert shares == tuple(map(Decimal, ("0.1", "0.001", "0.05", "0.25", "0.03")))
    assert policy.min_trade == 7


def test_one_target_changes_and_the_others_stay() -> None:
    targets = apply_scenario(WORLD, ["target.bitcoin=40%"]).portfolio.targets
    assert targets == {"bitcoin": Decimal("0.4"), "solana": Decimal("0.2")}
    weights = replace(PORTFOLIO, targets=None, recorded=PORTFOLIO.targets)
    changed = apply_scenario(Scenario(weights, MARKET), ["target.bitcoin=40%"]).portfolio
    assert (changed.targets, changed.recorded) == (None, targets)


def test_locks_are_laid_and_lifted() -> None:
    laid = apply_scenario(WORLD, ["lock.bitcoin=no_sell", "lock.ethereum=none"]).portfolio
    bitcoin, ethereum = laid.holding("bitcoin"), laid.holding("ethereum")
    assert bitcoin is not None
    assert bitcoin.locks == (Lock(LockKind.NO_SELL),)
    assert ethereum is not None
    assert ethereum.locks == ()
    assert "no lock of yours" in refusal("lock.bitcoin=none")


def test_prices_and_grades_are_those_of_the_markets_own_moment() -> None:
    words = ["price.bitcoin=50000", "grade.bitcoin=12", "long_grade.bitcoin=13",
             "trend.bitcoin=bearish"]  # fmt: skip
    market = apply_scenario(WORLD, words).market
    quote, grade = market.quotes["bitcoin"], market.grades["bitcoin"]
    assert (quote.price, quote.at) == (Decimal(50000), MARKET.as_of)
    assert (grade.short, grade.long, grade.trend) == (12, 13, -1)
    assert grade.short_at == grade.long_at == MARKET.as_of
    assert MARKET.quotes["bitcoin"].price != quote.price


def test_what_has_no_market_is_worth_what_is_supposed() -> None:
    held = apply_scenario(WORLD, ["price.acme=12"]).portfolio.holding("acme")
    assert held is not None
    assert held.stated is not None
    assert held.stated.price == 12


def test_a_price_that_is_awaited_may_be_supposed() -> None:
    quotes = {a: q for a, q in MARKET.quotes.items() if a != "bitcoin"}
    waiting = replace(MARKET, quotes=quotes, awaited=frozenset({"bitcoin"}))
    assert (
        apply_scenario(Scenario(PORTFOLIO, waiting), ["price.bitcoin=1"]).market.awaited
        == frozenset()
    )


def test_what_is_so_already_changes_nothing() -> None:
    quote, grade = MARKET.quotes["bitcoin"], MARKET.grades["bitcoin"]
    words = [f"price.bitcoin={quote.price}", f"grade.bitcoin={grade.short}", "price.acme=10",
             "sector.meme.max=10%", "turnover=20%", "target.bitcoin=0.5", "mode=full"]  # fmt: skip
    same = apply_scenario(WORLD, words)
    assert same.market is MARKET
    assert same.portfolio == PORTFOLIO


def test_an_old_price_is_supposed_anew() -> None:
    quote = MARKET.quotes["bitcoin"]
    doubted = replace(quote, quarantined="a jump")
    market = replace(MARKET, quotes={**MARKET.quotes, "bitcoin": doubted})
    changed = apply_scenario(Scenario(PORTFOLIO, market), [f"price.bitcoin={quote.price}"])
    assert not changed.market.quotes["bitcoin"].quarantined


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sectr.meme.max=5%", "did you mean sector?"),
        ("sector.mem.max=5%", "did you mean meme?"),
        ("sector.meme.mx=5%", "write it as sector.meme.max=5%"),
        ("sector.meme=5%", "write it as sector.meme.max=5%"),
        ("sector.meme.max=5", 'write "5%"'),
        ("asset.bitcoin.min=5%", "an asset has a max only"),
        ("asset.bitcon.max=5%", "did you mean bitcoin?"),
        ("asset.LUNA.max=5%", "write the id terra-luna"),
        ("cash=abc", '"abc" is not a number'),
        ("cash=$5", "currency sign"),
        ("cash.usd=5", "write it as cash=1000"),
        ("mode=ful", "did you mean full?"),
        ("mode", "write a key and its value"),
        ("mode=", "write a key and its value"),
        ("lock.bitcoin=freeze", "frozen, no_sell, no_buy"),
        ("lock.dogecoin=frozen", "neither held nor wanted"),
        ("price.dogecoin=3", "neither held nor wanted"),
        ("price.bitcoin=0", "not above zero"),
        ("grade.bitcoin=101", "they go from 0 to 100"),
        ("trend.bitcoin=up", "known: bullish, bearish, undecided"),
        ("target.bitcoin=95%", "the targets add up to 115%"),
        ("target.cash=5%", "cash cannot be limited or wanted here"),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_what_would(word: str, said: str) -> None:
    assert said in refusal(word)


def test_every_bad_word_is_named_at_once() -> None:
    told = refusal("cash=abc", "mode=full", "fee=50%", "cash=1")
    assert told.count("said more than once") == 2
    assert "fee=50%" in told
    assert "mode=full" not in told
    assert "say what to suppose" in refusal()


def test_a_target_makes_an_asset_wanted_whatever_the_order_of_the_words() -> None:
    words = ["grade.dogecoin=90", "target.dogecoin=1%", "lock.dogecoin=no_buy"]
    changed = apply_scenario(WORLD, words)
    assert changed.market.grades["dogecoin"].short == 90
    assert changed.portfolio.holding("dogecoin") == Holding(
        "dogecoin", Decimal(0), locks=(Lock(LockKind.NO_BUY),)
    )


def test_without_targets_or_recorded_weights_no_target_can_change() -> None:
    bare = Scenario(replace(PORTFOLIO, targets=None), MARKET)
    assert "neither targets nor recorded weights" in refusal("target.bitcoin=1%", world=bare)


def test_an_ungraded_asset_is_graded_by_the_source_of_most_others() -> None:
    grades = {a: g for a, g in MARKET.grades.items() if a != "bitcoin"}
    world = Scenario(PORTFOLIO, replace(MARKET, grades=grades))
    graded = apply_scenario(world, ["grade.bitcoin=70"]).market.grades["bitcoin"]
    assert (graded.source, graded.short) == ("sample", 70)


def must_read_or_refuse(word: str) -> None:
    try:
        apply_scenario(WORLD, [word])
    except UsageError as refused:
        told = str(refused)
    else:
        told = "read"
    assert told.isprintable()
    assert told


VALUES = ["5%", "0", "-1", "1e9", "1e999", "nan", "frozen", "default", "none", "bearish", "\x1b[1m"]
WORDS = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}{}={}".format,
        st.sampled_from([*FORMS, "colour"]),
        st.sampled_from(
            ["", ".", ".bitcoin", ".ethereum.max", ".meme.max", ".meme.min", "..", ".x"]
        ),
        st.one_of(st.sampled_from(VALUES), st.text(max_size=20)),
    ),
)


@settings(max_examples=60)
@given(WORDS)
def test_any_word_is_read_or_refused(word: str) -> None:
    must_read_or_refuse(word)


@pytest.mark.campaign
@settings(max_examples=5000)
@given(WORDS)
def test_any_of_many_words_is_read_or_refused(word: str) -> None:
    must_read_or_refuse(word)


def test_every_example_of_a_key_can_be_read() -> None:
    everything = replace(
        PORTFOLIO,
        holdings=(Holding("bitcoin", Decimal(1)), Holding("ethereum", Decimal(1)),
                  Holding("solana", Decimal(1))),
    )  # fmt: skip
    for form in FORMS.values():
        apply_scenario(Scenario(everything, MARKET), [form.example])
