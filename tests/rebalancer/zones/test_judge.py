"""All rules together: order, comparison, severity, and what must not depend on anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.model.market import Grade
from portfolios.model.plan import ORDER, Finding, Scope, Zone
from portfolios.model.policy import Policy, Range
from rebalancer.zones import (
    ZONES,
    Situation,
    compare,
    judge,
    overall,
    severity,
    worsened,
)
from rebalancer.zones.rule import Levels

Make = Callable[..., Situation]

FRESH = datetime(2026, 6, 1, tzinfo=UTC)
BEARISH = Grade("test", 30.0, 40.0, -1, 0, FRESH, FRESH, "test")
MIXED = {"bitcoin": 0.4, "ethereum": 0.1, "solana": 0.1, "aave": 0.1, "usd-coin": 0.2}
SHARE = st.floats(0.01, 0.3)


def found(findings: tuple[Finding, ...], code: str, subject: str = "portfolio") -> Finding:
    return next(f for f in findings if (f.code, f.subject) == (code, subject))


def test_every_rule_has_its_own_key_and_code() -> None:
    assert all(key == rule.key for key, rule in ZONES.items())
    assert len({rule.code for rule in ZONES.values()}) == len(ZONES) == 20


def test_the_words_of_a_scope_match_its_code() -> None:
    letters = {Scope.ASSET: "H", Scope.SECTOR: "S", Scope.PORTFOLIO: "P"}
    assert all(rule.code[0] == letters[rule.scope] for rule in ZONES.values())


def test_an_orderly_portfolio_is_green_everywhere(make: Make) -> None:
    findings = judge(make(MIXED))
    assert overall(findings) is Zone.GREEN
    assert {f.zone for f in findings} == {Zone.GREEN}


def test_every_subject_is_judged_once_by_every_rule_that_applies(make: Make) -> None:
    findings = judge(make(MIXED))
    keys = [(f.rule, f.subject) for f in findings]
    assert len(set(keys)) == len(keys)
    coins = {f.code for f in findings if f.subject == "bitcoin"}
    assert coins == {"H1", "H3", "H4", "H5", "H6", "H7", "H10", "H11"}
    assert {f.code for f in findings if f.subject == "usd-coin"} == {"H6", "H7", "H8", "H10"}
    assert {f.code for f in findings if f.subject == "defi"} == {"S1", "S2", "S3"}
    whole = {f.code for f in findings if f.subject == "portfolio"}
    assert whole == {"P1", "P2", "P3", "P4", "P5", "P8", "P9"}


def test_worst_comes_first_then_scope_subject_and_code(make: Make) -> None:
    policy = Policy(assets={"solana": Range(max=Decimal("0.02"))})
    situation = make(
        MIXED,
        r=MIXED | {"solana": 0.01},
        grades={"bitcoin": BEARISH, "aave": None},
        policy=policy,
    )
    findings = judge(situation)
    bad = [(f.zone, f.subject, f.code) for f in findings if f.zone is not Zone.GREEN]
    assert bad == [
        (Zone.RED, "solana", "H6"),
        (Zone.AMBER, "bitcoin", "H1"),
        (Zone.GREY, "aave", "H1"),
    ]
    green = [(f.scope, f.subject, int(f.code[1:])) for f in findings if f.zone is Zone.GREEN]
    places = {scope: i for i, scope in enumerate(Scope)}
    assert green == sorted(green, key=lambda item: (places[item[0]], *item[1:]))
    assert overall(findings) is Zone.RED


def test_unknown_is_neither_green_nor_hidden_by_green(make: Make) -> None:
    findings = judge(make(MIXED, grades={"aave": None}))
    assert overall(findings) is Zone.GREY
    assert all(f.value is None for f in findings if f.zone is Zone.GREY)


def test_nothing_held_is_nothing_to_alarm_about(make: Make) -> None:
    assert {f.zone for f in judge(make({"bitcoin": 0.0}))} == {Zone.GREEN}
    assert overall(()) is Zone.GREEN


def test_dust_is_never_an_alarm_whatever_happens_to_it(make: Make) -> None:
    situation = make(
        MIXED | {"maker": 0.0024},
        r=MIXED,
        grades={"maker": BEARISH},
        prices={"maker": "10"},
        volume={"maker": 1.0},
        policy=Policy(assets={"maker": Range(max=Decimal(0))}),
    )
    assert {f.zone for f in judge(situation) if f.subject == "maker"} == {Zone.GREEN}


def test_a_mended_limit_is_shown_as_mended(make: Make) -> None:
    policy = Policy(assets={"solana": Range(max=Decimal("0.10"))})
    kept = {"bitcoin": 0.3, "solana": 0.2}
    now = make(kept, r={"bitcoin": 0.3}, policy=policy)
    after = replace(now, w=np.array([0.3, 0.1]), cash=0.6)
    compared = compare(judge(now), judge(after))
    finding = found(compared, "H6", "solana")
    assert (finding.zone, finding.after) == (Zone.RED, Zone.GREEN)
    assert finding.text.startswith("20.0% of the portfolio")
    assert worsened(compared) == ()


def test_a_proposal_that_worsens_a_zone_says_so(make: Make) -> None:
    policy = Policy(assets={"solana": Range(max=Decimal("0.10"))})
    now = make({"bitcoin": 0.3, "solana": 0.1}, r={"bitcoin": 0.3}, policy=policy)
    after = replace(now, w=np.array([0.3, 0.12]), cash=0.58)
    compared = compare(judge(now), judge(after))
    assert [(f.code, f.zone, f.after) for f in worsened(compared)] == [
        ("H6", Zone.GREEN, Zone.AMBER)
    ]


def test_what_is_sold_altogether_is_green_after(make: Make) -> None:
    now = make({"bitcoin": 0.3, "solana": 0.1}, grades={"solana": BEARISH})
    after = replace(now, w=np.array([0.3, 0.0]), cash=0.7)
    finding = found(compare(judge(now), judge(after)), "H1", "solana")
    assert (finding.zone, finding.after) == (Zone.AMBER, Zone.GREEN)


def test_what_is_newly_bought_was_nothing_before(make: Make) -> None:
    held = {"bitcoin": 0.3}
    now = make(held, w=held, r=held | {"solana": 0.1}, grades={"solana": BEARISH})
    after = replace(now, w=np.array([0.3, 0.1]), cash=0.6)
    compared = compare(judge(now), judge(after))
    finding = found(compared, "H1", "solana")
    assert (finding.zone, finding.after, finding.value) == (Zone.GREEN, Zone.AMBER, None)
    assert finding.text == "not held now"
    assert finding.after_text.startswith("bearish trend on 10.0%")
    assert finding in worsened(compared)


def test_comparing_with_itself_changes_nothing(make: Make) -> None:
    findings = judge(make(MIXED, grades={"bitcoin": BEARISH}))
    compared = compare(findings, findings)
    assert [replace(f, after=None) for f in compared] == list(findings)
    assert all(f.after is f.zone for f in compared)
    assert worsened(compared) == ()


def test_severity_of_several_findings_is_that_of_the_formula(make: Make) -> None:
    base = found(judge(make(MIXED)), "H6", "bitcoin")
    amber, red = replace(base, severity=50.0), replace(base, severity=100.0)
    assert severity([amber]) == 50.0
    assert severity([amber, amber]) == pytest.approx(50.0 * 2**0.25, abs=0.1)
    assert severity([amber, red]) == 100.0
    assert severity([amber, amber], weight=0.0125) == 50.0  # never above what its weight allows
    assert severity([]) == 0.0


def test_a_threshold_belongs_to_the_side_it_says() -> None:
    at, beyond = Levels(0.0, 1.0, 2.0), Levels(0.0, 1.0, 2.0, beyond=True)
    assert [at.zone(x) for x in (0.99, 1.0, 2.0)] == [Zone.GREEN, Zone.AMBER, Zone.RED]
    assert [beyond.zone(x) for x in (1.0, 1.01, 2.0)] == [Zone.GREEN, Zone.AMBER, Zone.AMBER]
    falling = Levels(6.0, 5.0, 3.0)
    assert [falling.zone(x) for x in (5.1, 5.0, 3.0)] == [Zone.GREEN, Zone.AMBER, Zone.RED]


@pytest.mark.parametrize(
    ("value", "excess"), [(-1, 0), (0, 0), (0.5, 0.25), (1, 0.5), (1.5, 0.75), (2, 1), (9, 4.5)]
)
def test_an_excess_is_linear_between_its_levels(value: float, excess: float) -> None:
    assert Levels(0.0, 1.0, 2.0).excess(value) == pytest.approx(excess)
    assert Levels(0.0, -1.0, -2.0).excess(-value) == pytest.approx(excess)
    assert Levels(0.0, 1.0).excess(value) == pytest.approx(min(excess, 0.5))


def test_an_alarm_ends_on_the_quiet_side_of_its_threshold() -> None:
    for rule in ZONES.values():
        falls = rule.key in ("concentration", "independent_bets", "buffer")
        level = rule.exit_amber.level(0.5)
        assert level >= 0.5 if falls else level <= 0.5, rule.key


@given(st.permutations(range(5)), st.tuples(*[SHARE] * 5))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_assets_changes_nothing(
    make: Make, order: list[int], shares: tuple[float, ...]
) -> None:
    total = sum(shares)
    weights = {name: round(0.9 * s / total, 4) for name, s in zip(MIXED, shares, strict=True)}
    situation = make(weights, grades={"bitcoin": BEARISH}, prices={"solana": "80"})
    assert judge(permuted(situation, order)) == judge(situation)


@given(st.tuples(*[SHARE] * 5), st.sampled_from(["prices", "grades", "closes", "volume"]))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_missing_data_never_makes_a_finding_green_that_was_not(
    make: Make, shares: tuple[float, ...], what: str
) -> None:
    weights = {name: round(s, 4) for name, s in zip(MIXED, shares, strict=True)}
    total = sum(weights.values())
    weights = {name: w / max(1.0, total) for name, w in weights.items()}
    gone = {
        "prices": {"solana": None},
        "grades": {"solana": None},
        "closes": {"solana": np.full(400, np.nan)},
        "volume": {"solana": float("nan")},
    }
    before = judge(make(weights, grades={"solana": BEARISH}))
    lost = judge(make(weights, **{"grades": {"solana": BEARISH}, what: gone[what]}))
    own = [f for f in before if f.subject == "solana" and f.zone is not Zone.GREEN]
    for finding in own:
        now = found(lost, finding.code, "solana").zone
        assert ORDER[now] >= ORDER[Zone.GREY], finding.code


def test_the_same_situation_is_judged_alike(make: Make) -> None:
    situation = make(MIXED, grades={"bitcoin": BEARISH})
    assert judge(situation) == judge(replace(situation))


def test_texts_foretell_nothing(make: Make) -> None:
    source = "".join(
        path.read_text() for path in (Path(__file__).parents[3] / "rebalancer/zones").glob("*.py")
    )
    shown = re.findall(r'f"[^"]*"', source)
    assert not [t for t in shown if re.search(r"\b(will|expect|likely|forecast)\b", t)]
    assert len(shown) > 20


def permuted(situation: Situation, order: list[int]) -> Situation:
    """Return the same situation with every array in another order."""
    limits, bounds, risk, bars = (
        situation.limits,
        situation.bounds,
        situation.risk,
        situation.market.bars,
    )
    positions = situation.valuation.positions
    ids = tuple(situation.valuation.asset_ids[i] for i in order)
    return Situation(
        valuation=replace(situation.valuation, positions=tuple(positions[i] for i in order)),
        w=situation.w[order],
        cash=situation.cash,
        r=situation.r[order],
        limits=replace(
            limits,
            w_max=limits.w_max[order],
            M=limits.M[order],
            m_stable=limits.m_stable[order],
            issuers=tuple(limits.issuers[i] for i in order),
        ),
        bounds=bounds,
        risk=replace(risk, assets=ids, B=risk.B[order], d=risk.d[order]),
        market=replace(situation.market, bars=bars),
        policy=situation.policy,
    )
