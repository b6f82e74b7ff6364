"""Honest plans of every kind, and what somebody may have changed in one."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from portfolios.documents.plan_json import dumps, plan_to_json
from portfolios.errors import InfeasibleError
from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.values.canonical import digest_of
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.test_properties import MARKET, WORDS, portfolios

Document = dict[str, Any]
FLOWS = WORDS([Decimal(0), Decimal(50), Decimal(5000), Decimal(-60)])
PRICED = {a: q for a, q in MARKET.quotes.items() if a not in ("aave", "solana")}
LESS = replace(MARKET, quotes=PRICED)


@dataclass(frozen=True)
class Case:
    """One portfolio at its market, before a cash flow."""

    book: Portfolio
    market: Market
    flow: Decimal

    def plan(self) -> str:
        """The bytes of its plan; empty where limits contradict each other."""
        try:
            analysis = analyse(self.book, self.market, flow=self.flow)
            return dumps(plan_to_json(propose(analysis).plan))
        except InfeasibleError:
            return ""


def cases(count: int) -> list[Case]:
    """Modes, locks, flows, limits of volatility, assets without a price."""
    found: list[Case] = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(portfolios(), FLOWS, WORDS([None, None, Decimal("0.1")]), WORDS([MARKET, MARKET, LESS]))
    def collect(book: Portfolio, flow: Decimal, most: Decimal | None, market: Market) -> None:
        wanted = replace(book, policy=replace(book.policy, max_volatility=most))
        found.append(Case(wanted, market, flow))

    collect()
    return found


def plans(count: int) -> Iterator[Document]:
    """The documents of plans of every kind."""
    yield from (json.loads(text) for case in cases(count) if (text := case.plan()))


def _limit(d: Document, rng: random.Random) -> None:
    name = rng.choice(["S_hi", "S_lo", "w_max", "u_hi", "v_hi", "b_min", "turnover_max"])
    value = d["problem"][name]
    if isinstance(value, list):
        value[rng.randrange(len(value))] += rng.choice([-0.01, 0.01])
    else:
        d["problem"][name] = value + rng.choice([-0.01, 0.01])


def _weight(d: Document, rng: random.Random) -> None:
    if rng.random() < 0.5:
        position = rng.choice(d["positions"])
        known = "" if d["value"] is not None else "last_known_"
        position[f"{known}{rng.choice(['weight', 'proposed_weight'])}"] += 1e-6
    else:
        w = d["problem"]["solution"]["w"]
        w[rng.randrange(len(w))] += 1e-6


def _cent(d: Document, rng: random.Random) -> None:
    places = [(trade, key) for trade in d["trades"] for key in ("notional", "cost")]
    place, key = rng.choice([*places, (d, "estimated_cost"), (d["cash"], "proposed_value")])
    place[key] = str(Decimal(place[key]) + rng.choice([-1, 1]) * Decimal("0.01"))


def _figure(d: Document, rng: random.Random) -> None:
    lines = [z for z in (*d["zones"], *d["limits"]) if re.search(r"\d", z["text"])]
    line = rng.choice(lines)
    digit = rng.choice(list(re.finditer(r"\d", line["text"])))
    other = str((int(digit[0]) + rng.randint(1, 9)) % 10)
    line["text"] = line["text"][: digit.start()] + other + line["text"][digit.end() :]


def _multiplier(d: Document, rng: random.Random) -> None:
    proofs = [d["problem"]["certificate"][name] for name in ("relaxed", "leaf")]
    proof = rng.choice([each for each in proofs if each and "rows" in each])
    name = rng.choice(list(proof["rows"]))
    proof["rows"][name] += rng.choice([1e-3, -1e-3])


def _quantity(d: Document, rng: random.Random) -> None:
    places = [(t, "quantity") for t in d["trades"]]
    places += [(p, key) for p in d["positions"] for key in ("quantity", "proposed_quantity")]
    place, key = rng.choice(places)
    place[key] = str(Decimal(place[key]) + Decimal("0.00001"))


def _side(d: Document, rng: random.Random) -> None:
    trade = rng.choice(d["trades"])
    trade["side"] = {"buy": "sell", "sell": "buy"}[trade["side"]]


KINDS: dict[str, Callable[[Document, random.Random], None]] = {
    "limit": _limit, "weight": _weight, "cent": _cent, "figure": _figure,
    "multiplier": _multiplier, "quantity": _quantity, "side": _side,
}  # fmt: skip


def mutated(plan: Document, kind: str, seed: int) -> Document:
    """The plan with one thing changed; its digests are those of before."""
    changed = copy.deepcopy(plan)
    KINDS[kind](changed, random.Random(seed))  # noqa: S311
    assert changed != plan
    return changed


def sealed(plan: Document) -> Document:
    """A changed plan with digests that fit again, as somebody who knows of them would write."""
    problem = plan["problem"] and {**plan["problem"], "digest": digest_of(plan["problem"])}
    whole = {**plan, "problem": problem}
    return {**whole, "digest": digest_of(whole)}
