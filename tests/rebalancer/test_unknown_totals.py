"""A total that rests on a price nobody can rely on is unknown, on every face alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.charts.weekly import charts
from alerts.triggers.flips import advance
from portfolios.documents.plan_json import plan_from_json, plan_to_json
from portfolios.model.insights import Insights
from portfolios.model.market import Market, Quote
from portfolios.model.plan import Decision, Plan, Scope, Zone
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.valuation import value_portfolio
from rebalancer.usecases.accounts.portfolios_json import summary_to_json
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.weekly_facts import weekly_report
from rebalancer.zones import ZONES
from tests.examples import examples
from tests.rebalancer.bot.bot_fixture import Bot
from tests.rebalancer.faces import BOOK, DOUBTED, SAMPLE, STALE, VALUE_FACES, aged, real

SAID, WHEN = "unknown, last known $47,", "on 16 Nov 2026"
TOTALS = frozenset(rule.code for rule in ZONES.values() if rule.needs_total)


@pytest.mark.parametrize("why", DOUBTED)
@pytest.mark.parametrize("face", VALUE_FACES)
def test_every_face_says_unknown_and_what_was_last_known(why: str, face: str) -> None:
    told = " ".join(VALUE_FACES[face](analyse(BOOK, DOUBTED[why])).split())
    assert SAID in told
    assert WHEN in told
    for untrue in (r"[+-]\d+\.\d% this week", r"\d%? of the value cannot be sold", r"drift \d",
                   r"untouched for the week\W+[+-]\d", r"Value now"):  # fmt: skip
        assert not re.search(untrue, told), untrue


@pytest.mark.parametrize("why", DOUBTED)
@pytest.mark.parametrize("command", ["status", "portfolio"])
def test_the_chat_says_unknown_and_what_was_last_known(
    tmp_path: Path, why: str, command: str
) -> None:
    bot = Bot(tmp_path)
    bot.market = DOUBTED[why]
    told = bot.say(f"/{command} shared")
    assert re.search(r"value unknown, last known \$[\d,.]+ on 16 Nov 2026", told)
    assert not re.search(r"drift \d", told)
    assert "16 Nov 2026 09:00 UTC, 6 days old: run" in told


@pytest.mark.parametrize("command", ["sectors", "risk", "chart of=risk", "chart of=sectors"])
def test_no_look_in_the_chat_alarms_about_a_share_of_what_is_unknown(
    tmp_path: Path, command: str
) -> None:
    bot = Bot(tmp_path)
    bot.market = STALE
    name, _, more = command.partition(" ")
    told = bot.say(f"/{name} shared {more}")
    assert "over its limit" not in told
    assert "over their limits" not in told
    assert not re.search(r"(red|amber)\b.* of the portfolio", told, re.IGNORECASE)


@pytest.mark.parametrize("why", DOUBTED)
def test_the_document_of_a_plan_says_null_and_reads_back_whole(why: str) -> None:
    analysis = analyse(BOOK, DOUBTED[why])
    plan = propose(analysis).plan
    document = json.loads(json.dumps(plan_to_json(plan)))
    assert plan.decision is Decision.WITHHELD
    assert document["value"] is document["drift"] is document["cash"]["weight"] is None
    assert {row["weight"] for row in (*document["positions"], *document["sectors"])} == {None}
    assert document["positions"][0]["value"] is None
    assert document["last_known_value"].startswith("47")
    assert plan_from_json(document) == plan
    summary = summary_to_json(BOOK, analysis.valuation, is_sample=False)
    assert (summary["value"], str(summary["last_known_value"])[:2]) == (None, "47")


def test_a_document_without_the_fields_that_were_added_is_read_as_before() -> None:
    plan = propose(analyse(BOOK, real())).plan
    document = plan_to_json(plan)
    new = ("priced_at", "doubt", "unpriced", "last_known")
    bare = json.loads(json.dumps(document), object_hook=lambda d: {
        k: v for k, v in d.items() if not k.startswith(new)})  # fmt: skip
    positions = tuple(replace(p, priced_at=None) for p in plan.positions)
    assert plan_from_json(bare) == replace(plan, priced_at=None, positions=positions)


# Zones


@pytest.mark.parametrize("why", DOUBTED)
def test_zones_that_need_the_total_are_grey_and_facts_of_what_is_priced_still_alarm(
    why: str,
) -> None:
    crashed = Quote(SAMPLE.quotes["solana"].price / 3, SAMPLE.as_of, "cg")
    market = DOUBTED[why]
    market = replace(market, quotes={**market.quotes, "solana": crashed})
    heavy = replace(BOOK, holdings=(*BOOK.holdings, Holding("solana", Decimal(60))))
    findings = findings_of(analyse(heavy, market))
    assert {f.zone for f in findings if f.code in TOTALS} == {Zone.GREY}
    assert {f.code for f in findings if f.subject == "solana" and f.zone is Zone.RED} >= {"H11"}


@pytest.mark.parametrize("uniswaps", [100, 10_000_000])
def test_nothing_is_too_small_to_alarm_beside_a_total_that_is_unknown(uniswaps: int) -> None:
    market = real(
        uniswap={"quarantined": "10 times its last price"}, usd_coin={"price": Decimal("0.95")}
    )
    held = (Holding("uniswap", Decimal(uniswaps)), Holding("usd-coin", Decimal(500)))
    findings = findings_of(analyse(replace(BOOK, holdings=held, targets=None), market))
    (depeg,) = [f for f in findings if f.code == "H8"]
    assert depeg.zone is Zone.RED


def test_a_sector_named_like_an_asset_in_doubt_is_not_judged_by_the_rest() -> None:
    doubtful = replace(SAMPLE.assets["uniswap"], asset_id="meme", symbol="MEME")
    market = real(uniswap={"quarantined": "10 times its last price"})
    market = replace(
        market,
        assets={**market.assets, "meme": doubtful},
        quotes={**market.quotes, "meme": market.quotes["uniswap"]},
    )
    held = (Holding("meme", Decimal(3000)), Holding("pepe", Decimal(10**9)))
    findings = findings_of(analyse(replace(BOOK, holdings=held, targets=None), market))
    assert {f.zone for f in findings if f.scope is Scope.SECTOR} == {Zone.GREY}


def test_what_is_little_is_so_beside_what_a_withdrawal_leaves() -> None:
    market = real(uniswap={"quarantined": "10 times its last price"})
    held = (Holding("bitcoin", Decimal("0.1")), Holding("uniswap", Decimal(50)))
    rich = replace(BOOK, cash=Decimal(90_000), holdings=held)
    assert value_portfolio(rich, market).total.is_known
    assert not value_portfolio(rich, market, flow=Decimal(-97_000)).total.is_known


def weight_of(market: Market, asset_id: str) -> float:
    valuation = value_portfolio(BOOK, market)
    return float(valuation.weights()[valuation.asset_ids.index(asset_id)])


def test_what_is_in_doubt_goes_on_carrying_its_last_known_weight() -> None:
    assert weight_of(DOUBTED["quarantined"], "uniswap") == pytest.approx(
        weight_of(real(), "uniswap")
    )


def test_a_price_that_was_never_good_is_no_last_known_one() -> None:
    doubtful = {"price": Decimal("1e9"), "quarantined": "no second source"}
    market = replace(real(uniswap=doubtful), awaited=frozenset({"uniswap"}))
    total = value_portfolio(BOOK, market).total
    assert (total.is_known, total.at, total.unpriced) == (False, None, 1)
    assert total.amount < 100_000


# What is little


ONE_DOLLAR = Holding("pepe", 1 / SAMPLE.quotes["pepe"].price)


def with_little(market: Market) -> Plan:
    book = replace(
        BOOK,
        cash=Decimal(2000),
        holdings=(Holding("bitcoin", Decimal(1)), Holding("uniswap", Decimal(1000)), ONE_DOLLAR),
        targets={"bitcoin": Decimal("0.4"), "uniswap": Decimal("0.3")},
    )
    return propose(analyse(book, market)).plan


@pytest.mark.parametrize(
    "change", [aged(144), {"quarantined": "10 times its last price"}], ids=["stale", "quarantined"]
)
def test_a_dollar_at_an_old_price_withholds_nothing_and_is_said_in_one_line(
    change: Mapping[str, object],
) -> None:
    plan, usual = with_little(real(pepe=change)), with_little(real())
    assert plan.decision is usual.decision is Decision.TRADE
    assert plan.is_value_known
    assert plan.value == usual.value
    assert "pepe" not in {trade.asset_id for trade in plan.trades}
    (said,) = [line for line in plan.warnings if "PEPE" in line]
    assert "counts at its last known price, not traded" in said
    assert plan.priced_at == SAMPLE.as_of  # the dollar is too little to tell an age by


@pytest.mark.parametrize("count", examples(always=60, campaign=10_000))
def test_the_total_is_known_exactly_where_what_is_in_doubt_was_little(count: int) -> None:
    names = ("bitcoin", "uniswap", "solana", "pepe", "usd-coin")

    @settings(max_examples=count, deadline=None)
    @given(
        worth=st.lists(st.integers(0, 10_000), min_size=5, max_size=5),
        doubt=st.lists(st.sampled_from(["", "stale", "quarantined"]), min_size=5, max_size=5),
        cash=st.integers(0, 20_000),
    )
    def holds(worth: list[int], doubt: list[str], cash: int) -> None:
        changes = {"stale": aged(60), "quarantined": {"quarantined": "doubted"}}
        said = dict(zip(names, doubt, strict=True))
        market = real(**{n.replace("-", "_"): changes[d] for n, d in said.items() if d})
        held = {n: Decimal(w) for n, w in zip(names, worth, strict=True) if w}
        book = Portfolio("p", cash=Decimal(cash), holdings=tuple(
            Holding(n, w / market.quotes[n].price) for n, w in held.items()))  # fmt: skip
        valuation = value_portfolio(book, market)
        stake = sum(w for n, w in held.items() if said[n])
        is_little = stake == 0 or 100 * stake < sum(held.values()) + cash
        assert valuation.total.is_known is is_little
        assert bool(valuation.withheld) is not is_little
        assert valuation.total.amount == pytest.approx(sum(held.values()) + cash)
        shares = float(valuation.weights().sum()) + valuation.cash_weight()
        assert shares == pytest.approx(1)

    holds()


# The week


@pytest.mark.parametrize("why", DOUBTED)
def test_a_week_that_ends_in_doubt_has_no_change_and_no_pictures_of_shares(why: str) -> None:
    facts = weekly_report(None, analyse(BOOK, DOUBTED[why]), insights=Insights())
    week = facts.numbers
    assert (week.change, week.nothing, week.equal, week.bitcoin) == (None,) * 4
    assert (facts.worst, facts.risks) == (None, {})
    assert {picture.name for picture, _ in charts(facts)} <= {"paths.png"}


def test_a_doubt_is_no_news_of_a_zone_and_ends_none() -> None:
    before, doubted = findings_of(analyse(BOOK, real())), findings_of(analyse(BOOK, STALE))
    weights = {"bitcoin": 0.96, "uniswap": 0.01}
    first = advance((), (), before, at=SAMPLE.as_of, weights=weights)
    later = SAMPLE.as_of + timedelta(days=2)
    then = advance(first.conditions, first.told, doubted, at=later, weights=weights)
    remembered = {(c.code, c.subject): c.zone for c in first.conditions if c.code in TOTALS}
    assert [flip for flip in (*then.worsened, *then.recovered) if "of the" in flip.texts[0]] == []
    after = {(c.code, c.subject): c.zone for c in then.conditions if c.code in TOTALS}
    assert after == remembered
