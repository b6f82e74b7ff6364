from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.documents.plan_json import (
    dumps,
    inputs_hash,
    plan_from_json,
    plan_id_from,
    plan_to_json,
    run_to_json,
)
from portfolios.errors import InputError
from portfolios.model.plan import (
    Decision,
    Finding,
    LimitLine,
    Plan,
    PlanPosition,
    Reason,
    ReasonKind,
    Scope,
    SectorLine,
    Side,
    SolverReport,
    Trade,
    Zone,
)

AS_OF = datetime(2026, 11, 22, 9, tzinfo=UTC)


def sell_bitcoin() -> Plan:
    return Plan(
        plan_id="0123456789ab",
        portfolio="core",
        as_of=AS_OF,
        inputs_hash="sha256:0123456789abcdef",
        decision=Decision.TRADE,
        reason="sector layer1 over its limit",
        trigger=("band", "limit"),
        mode="full",
        profile="balanced",
        currency="usd",
        value=Decimal(10000),
        cash=Decimal(500),
        proposed_cash=Decimal("855.10"),
        flow=Decimal(0),
        drift=0.072,
        proposed_drift=0.01,
        turnover=0.118,
        estimated_cost=Decimal("0.71"),
        positions=(
            PlanPosition(
                asset_id="bitcoin",
                symbol="BTC",
                sector="layer1",
                quantity=Decimal("0.05"),
                price=Decimal("91234.5"),
                value=Decimal("4561.725"),
                weight=0.456,
                reference_weight=0.40,
                proposed_weight=0.42,
                proposed_quantity=Decimal("0.0461"),
                trend=1,
                signal=0,
                grade_as_of=datetime(2026, 11, 21, 6, 30, tzinfo=UTC),
            ),
        ),
        sectors=(SectorLine("layer1", 0.66, 0.60, None, 0.60, 1.8),),
        trades=(
            Trade(
                "bitcoin",
                "BTC",
                Side.SELL,
                Decimal("0.0039"),
                Decimal("91234.5"),
                Decimal("355.81"),
                Decimal("0.71"),
                (Reason(ReasonKind.SECTOR_LIMIT, 1.0, "layer1 is 6.0 points over its limit"),),
            ),
        ),
        zones=(
            Finding(
                scope=Scope.ASSET,
                subject="solana",
                rule="bearish_weight",
                code="H1",
                zone=Zone.AMBER,
                value=0.081,
                amber=0.05,
                red=None,
                text="bearish trend on 8.1% of the portfolio",
                after=Zone.GREEN,
            ),
        ),
        limits=(LimitLine("sector.layer1.max", 0.60, 0.60, True, 0.0, 1.8),),
        solver=SolverReport("CLARABEL", "optimal", 0.00123, 1e-9),
    )


def test_money_and_quantities_are_strings_and_weights_numbers() -> None:
    document = plan_to_json(sell_bitcoin())
    assert document["value"] == "10000.00"
    assert document["cash"] == {
        "value": "500.00",
        "weight": 0.05,
        "proposed_value": "855.10",
        "proposed_weight": 0.08551,
    }
    held = document["positions"][0]
    assert (held["quantity"], held["price"], held["weight"]) == ("0.05", "91234.50", 0.456)


def test_the_promised_keys_come_in_the_promised_order() -> None:
    document = plan_to_json(sell_bitcoin())
    promised = [
        "schema",
        "id",
        "portfolio",
        "as_of",
        "inputs_hash",
        "decision",
        "reason",
        "trigger",
        "mode",
        "currency",
        "value",
        "cash",
        "drift",
        "turnover",
        "estimated_cost",
        "positions",
        "sectors",
        "trades",
        "zones",
        "limits",
        "warnings",
        "solver",
    ]
    assert [key for key in document if key in promised] == promised
    position = [
        "asset",
        "symbol",
        "sector",
        "quantity",
        "price",
        "value",
        "weight",
        "reference_weight",
        "proposed_weight",
        "lock",
        "short_grade",
        "long_grade",
        "trend",
        "signal",
        "grade_source",
        "grade_as_of",
    ]
    assert [key for key in document["positions"][0] if key in position] == position
    finding = ["scope", "subject", "rule", "zone", "after", "value", "amber", "red", "text"]
    assert [key for key in document["zones"][0] if key in finding] == finding


def test_unknown_is_null_and_days_are_days() -> None:
    document = plan_to_json(sell_bitcoin())
    held = document["positions"][0]
    assert (held["lock"], held["short_grade"], held["trend"]) == (None, None, 1)
    assert held["grade_as_of"] == "2026-11-21"
    assert document["sectors"][0]["min"] is None
    assert document["as_of"] == "2026-11-22T09:00:00Z"


def test_the_cash_of_a_document_adds_up_to_the_cent() -> None:
    document = json.loads(dumps(plan_to_json(sell_bitcoin())))
    (trade,) = document["trades"]
    before, after = document["cash"]["value"], document["cash"]["proposed_value"]
    sold = Decimal(trade["notional"]) - Decimal(trade["cost"])
    assert Decimal(before) + sold == Decimal(after)


def test_the_sample_market_is_marked_in_the_document() -> None:
    assert plan_to_json(replace(sell_bitcoin(), is_sample=True))["sample"] is True
    assert plan_to_json(sell_bitcoin())["sample"] is False


def test_equal_plans_give_equal_bytes() -> None:
    twin = replace(
        sell_bitcoin(),
        value=Decimal("1.0000E+4"),
        as_of=AS_OF.astimezone(timezone(timedelta(hours=1))),
        drift=float(np.float64(0.072)),
    )
    assert dumps(plan_to_json(twin)) == dumps(plan_to_json(sell_bitcoin()))


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    strange = replace(
        sell_bitcoin(),
        drift=np.float64(-0.0),
        limits=(LimitLine("buffer", np.float64(0.05), 0, np.bool_(True), np.float64(0)),),  # type: ignore[arg-type]
    )
    text = dumps(plan_to_json(strange))
    assert '"drift":0.0,' in text
    assert '"bound":0.05,"value":0.0,"binding":true,' in text


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_never_written(bad: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps(plan_to_json(replace(sell_bitcoin(), drift=bad)))


def test_a_run_lists_its_plans() -> None:
    document = run_to_json([sell_bitcoin()], as_of=AS_OF)
    assert list(document) == ["schema", "as_of", "plans"]
    assert document["schema"] == "rebalancer.run/1"
    assert plan_from_json(document["plans"][0]) == sell_bitcoin()


def test_keys_of_a_later_program_are_ignored() -> None:
    document = plan_to_json(sell_bitcoin())
    document["mood"] = "good"
    document["solver"]["iterations"] = 12
    assert plan_from_json(document) == sell_bitcoin()


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "rebalancer.plan/2"},
        {"value": 10000},
        {"value": "a lot"},
        {"as_of": "2026-11-22T09:00:00"},
        {"decision": "maybe"},
        {"positions": [{}]},
        {"cash": None},
    ],
)
def test_a_document_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        plan_from_json({**plan_to_json(sell_bitcoin()), **change})


def test_equal_inputs_have_one_hash_however_they_are_written() -> None:
    first = {"cash": Decimal("1000"), "at": AS_OF, "assets": {"b": 1, "a": (1.5, None)}}
    east = AS_OF.astimezone(timezone(timedelta(hours=9)))
    second = {"assets": {"a": [1.5, None], "b": 1}, "at": east, "cash": Decimal("1E+3")}
    assert inputs_hash(first) == inputs_hash(second)


def test_any_change_of_the_inputs_changes_the_hash() -> None:
    plan = sell_bitcoin()
    others = [
        replace(plan, cash=Decimal("500.01")),
        replace(plan, drift=0.0720000000000001),
        replace(plan, as_of=AS_OF + timedelta(seconds=1)),
    ]
    assert len({inputs_hash(each) for each in (plan, *others)}) == 4


def test_arrays_count_by_their_values() -> None:
    closes = np.array([[1.0, np.nan], [0.0, 2.0]])
    same = np.asfortranarray([[1.0, -np.nan], [-0.0, 2.0]])
    assert inputs_hash({"closes": closes}) == inputs_hash({"closes": same})
    assert inputs_hash({"closes": closes}) != inputs_hash({"closes": closes.T})
    assert inputs_hash({"closes": closes}) != inputs_hash({"closes": closes.ravel()})


@pytest.mark.parametrize("value", [math.nan, Decimal("NaN"), datetime(2026, 1, 1), object(), b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        inputs_hash({"value": value})


def test_a_hash_is_known_for_good() -> None:
    """The id of a plan may never depend on the machine or the version of Python."""
    hashed = inputs_hash({"name": "core", "cash": Decimal("0.10"), "weights": [0.1, 1e-9, 1.0]})
    written = b'{"cash":"0.1","name":"core","weights":[0.1,1e-09,1.0]}'
    assert hashed == f"sha256:{hashlib.sha256(written).hexdigest()}"
    assert plan_id_from(hashed) == hashed[7:19]


money = st.decimals(min_value=-(10**9), max_value=10**12, allow_nan=False, allow_infinity=False)
sizes = st.decimals(min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False)
numbers = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | numbers
words = st.text(max_size=8)
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 2))
zones = st.sampled_from(Zone)
plans = st.builds(
    Plan,
    plan_id=words,
    portfolio=words,
    as_of=moments,
    inputs_hash=words,
    decision=st.sampled_from(Decision),
    reason=words,
    trigger=st.lists(words, max_size=2).map(tuple),
    mode=words,
    profile=words,
    currency=words,
    value=money,
    cash=money,
    proposed_cash=money,
    flow=money,
    drift=numbers,
    proposed_drift=numbers,
    turnover=numbers,
    estimated_cost=money,
    positions=st.lists(
        st.builds(
            PlanPosition,
            quantity=sizes,
            price=st.none() | sizes,
            value=sizes,
            proposed_quantity=sizes,
            weight=numbers,
            reference_weight=numbers,
            proposed_weight=numbers,
            lock=st.none() | words,
            short_grade=maybe,
            long_grade=maybe,
            trend=st.none() | st.integers(-1, 1),
            signal=st.none() | st.integers(-1, 1),
            grade_source=st.none() | words,
            grade_as_of=st.none() | moments,
            target_weight=maybe,
        ),
        max_size=2,
    ).map(tuple),
    sectors=st.lists(
        st.builds(SectorLine, words, numbers, numbers, maybe, maybe, maybe), max_size=2
    ).map(tuple),
    trades=st.lists(
        st.builds(
            Trade,
            quantity=sizes,
            price=sizes,
            notional=sizes,
            cost=sizes,
            reasons=st.lists(
                st.builds(Reason, st.sampled_from(ReasonKind), numbers, words), max_size=2
            ).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    zones=st.lists(
        st.builds(
            Finding,
            zone=zones,
            value=maybe,
            amber=maybe,
            red=maybe,
            after=st.none() | zones,
            severity=numbers,
        ),
        max_size=2,
    ).map(tuple),
    limits=st.lists(
        st.builds(
            LimitLine, words, numbers, numbers, st.booleans(), numbers, maybe, words, st.booleans()
        ),
        max_size=2,
    ).map(tuple),
    warnings=st.lists(words, max_size=2).map(tuple),
    solver=st.none() | st.builds(SolverReport, words, words, maybe, maybe, maybe),
    is_sample=st.booleans(),
)


@settings(max_examples=100, deadline=None)
@given(plan=plans)
def test_any_plan_survives_its_document(plan: Plan) -> None:
    text = dumps(plan_to_json(plan))
    back = plan_from_json(json.loads(text))
    assert back == plan
    assert dumps(plan_to_json(back)) == text
