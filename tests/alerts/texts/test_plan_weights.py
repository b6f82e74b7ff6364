"""Every table of a plan adds up as it is shown, whatever is held and traded."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.messages import Style
from alerts.render.plain import plain_text
from alerts.texts.event_messages import proposal_message
from alerts.texts.plan_figures import signed_notional
from alerts.texts.plan_weights import listed, sector_rows, weight_table
from portfolios.model.assets import CASH
from portfolios.model.plan import AIMED, Plan, PlanPosition, SectorLine
from tests.examples import examples
from tests.portfolios.store.plan_examples import sell_ten_solana

PEOPLE = Path(__file__).parents[2] / "rebalancer" / "cli" / "people"
WHOLE = Decimal("100.0")
SIZES = st.lists(st.integers(1, 10**6), min_size=1, max_size=20)
ROW = re.compile(r"^  \S.*")


def position(number: int, now: float, after: float, target: float | None) -> PlanPosition:
    first = sell_ten_solana().positions[0]
    return replace(
        first, asset_id=f"a{number}", symbol=f"A{number}", value=Decimal(1), weight=now,
        proposed_weight=after, reference_weight=now / 2, target_weight=target,
    )  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan of any weights, with or without targets, costs, and a cash flow."""
    sizes = draw(SIZES)
    cash, cost = draw(st.integers(1, 10**6)), draw(st.integers(0, 10**4))
    whole = sum(sizes) + cash
    flow = draw(st.integers(-whole // 2, cash))
    has_targets = draw(st.booleans())
    held = [
        position(i, size / whole, size / whole, size / whole if has_targets else None)
        for i, size in enumerate(sizes)
    ]
    cuts = draw(st.integers(0, len(held)))
    sectors = [
        SectorLine(
            name, sum(p.weight for p in part), sum(p.proposed_weight for p in part), None, None
        )
        for name, part in (("one", held[:cuts]), ("two", held[cuts:]))
    ]
    return replace(
        sell_ten_solana(), value=Decimal(whole), cash=Decimal(cash), flow=Decimal(flow),
        proposed_cash=Decimal(cash - min(cash, cost)), positions=tuple(held),
        sectors=tuple(sectors),
    )  # fmt: skip


def summed(rows: list[list[str]]) -> list[Decimal]:
    columns = list(zip(*rows, strict=True))[1:]
    return [sum((Decimal(c.rstrip("%?")) for c in column), Decimal(0)) for column in columns]


@pytest.mark.parametrize("count", examples(always=150, campaign=10_000))
def test_shown_weights_and_sectors_add_up_to_the_whole(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(plans(), st.integers(1, 20))
    def holds(plan: Plan, most: int) -> None:
        table = weight_table(plan)
        rows = [*listed(table, plan.positions, most), [CASH, *table.cells(CASH)]]
        assert set(summed(rows)) == {WHOLE}
        sectors = [[row.name, *row.cells] for row in sector_rows(plan)]
        assert set(summed(sectors)) <= {WHOLE}
        assert not sectors or sectors[-1][1:] == table.cells(CASH)[:2]

    holds()


def test_there_is_no_target_where_nobody_wrote_one_and_an_aim_stands_where_it_differs() -> None:
    plain = replace(sell_ten_solana(), positions=(position(1, 0.5, 0.5, None),))
    assert weight_table(plain).columns == ("now>", "after>", "aim>")
    differs = replace(plain, positions=(position(1, 0.5, 0.5, 0.4),))
    assert weight_table(differs).columns == ("now>", "after>", "target>", "aim>")
    same = replace(plain, positions=(position(1, 0.5, 0.5, 0.25),))
    assert weight_table(same).columns == ("now>", "after>", "target>")


def test_a_proposal_tells_numbers_weights_and_why_an_aim_is_not_the_target() -> None:
    why = f"{AIMED}inside its limit of 5%: SOL at 5.0% for a target of 40.0%"
    plan = sell_ten_solana()
    held = tuple(replace(p, target_weight=0.4) for p in plan.positions)
    many = tuple(f"other {i}" for i in range(5))
    message = proposal_message(replace(plan, positions=held, warnings=(*many, why)))
    table = next(block for block in message.blocks if block.style is Style.TABLE)
    assert [row[0] for row in table.rows] == [
        f"{i}. {t.side.value} {t.symbol}" for i, t in enumerate(plan.trades, 1)
    ]
    assert {"now>", "after>", "target>", "aim>"} <= set(table.columns)
    assert plain_text(message).count(why) == 1


@pytest.mark.parametrize("name", sorted(p.stem for p in PEOPLE.glob("*.txt")))
def test_what_people_see_adds_up(name: str) -> None:
    text = (PEOPLE / f"{name}.txt").read_text(encoding="utf-8")
    for heading in ("  asset ", "  sector "):
        lines = text.partition(heading)[2].splitlines()
        body = [line for line in lines[1 : lines.index("")] if ROW.match(line)]
        shares = [re.findall(r"\d+\.\d%", line[:46])[:2] for line in body]
        for column in (0, 1):
            found = [Decimal(s[column][:-1]) for s in shares if len(s) > column]
            assert sum(found) == WHOLE, (name, heading, column)
    flow = re.search(r"cash flow ([+-])[$€]([\d,.]+)", text)
    money = [
        m for line in text.splitlines() if (m := re.search(r"([+-])[$€]([\d,]+\.\d\d)\b", line))
    ]
    told = sum((Decimal(m[1] + m[2].replace(",", "")) for m in money), Decimal(0))
    cost = re.search(r"[$€]([\d,.]+\d\d) of\s+costs", re.sub(r"\s+", " ", text))
    paid = Decimal(cost[1].replace(",", "")) if cost else Decimal(0)
    assert told == (Decimal(flow[1] + flow[2].replace(",", "")) if flow else 0) - paid


def test_a_sale_takes_from_a_position_what_it_brings() -> None:
    assert [signed_notional(t) for t in sell_ten_solana().trades] == [100, -1000]
