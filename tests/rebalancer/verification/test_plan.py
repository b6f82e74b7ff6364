"""Verification accepts every honest plan and refuses every one in which something was changed."""

from __future__ import annotations

import copy
from collections import Counter
from functools import cache
from typing import Any

import pytest

from portfolios.errors import VerificationError
from rebalancer.verification.plan import EARLIER, check_plan
from tests.examples import examples
from tests.rebalancer.verification.mutations import KINDS, mutated, plans, sealed

Document = dict[str, Any]


@cache
def honest(count: int) -> tuple[Document, ...]:
    return tuple(plans(count))


@cache
def traded(count: int) -> tuple[Document, ...]:
    return tuple(p for p in honest(count) if p["trades"] and p["problem"])


def first_difference(plan: Document) -> str:
    try:
        list(check_plan(plan))
    except VerificationError as error:
        return error.field
    return ""


@pytest.mark.parametrize("count", examples(always=30, campaign=2000))
def test_every_honest_plan_holds(count: int) -> None:
    found = honest(count)
    decisions = Counter(plan["decision"] for plan in found)
    print(f"{len(found)} plans: {dict(decisions)}; {len(traded(count))} trade and are proved")
    assert [first_difference(plan) for plan in found] == [""] * len(found)
    assert traded(count)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("count", "changes"), [
    (30, 20), pytest.param(2000, 1430, marks=pytest.mark.campaign),
])  # fmt: skip
def test_every_changed_plan_is_refused(kind: str, count: int, changes: int) -> None:
    passed, by_arithmetic = [], 0
    for seed in range(changes):
        plan = mutated(traded(count)[seed % len(traded(count))], kind, seed)
        if not first_difference(plan):
            passed.append(seed)
        by_arithmetic += bool(first_difference(sealed(plan)))
    print(f"{kind}: {changes} changed, {by_arithmetic} refused even with digests that fit again")
    assert passed == []


@pytest.mark.parametrize("kind", ["weight", "cent", "quantity", "side"])
def test_money_and_weights_are_refused_by_arithmetic_whatever_the_digest(kind: str) -> None:
    changed = (sealed(mutated(plan, kind, 7)) for plan in traded(30))
    assert all(first_difference(plan) for plan in changed)


def test_the_first_field_that_differs_is_named() -> None:
    plan = copy.deepcopy(traded(30)[0])
    plan["trades"][0]["notional"] = "1.00"
    asset = plan["trades"][0]["asset"]
    assert first_difference(plan) == f"notional of {asset}"


def test_a_plan_of_an_earlier_version_says_that_it_has_no_certificate() -> None:
    plan = {k: v for k, v in traded(30)[0].items() if k not in ("problem", "digest")}
    assert list(check_plan(plan))[-1] == EARLIER
