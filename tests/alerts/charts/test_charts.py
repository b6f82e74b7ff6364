"""Pictures: each comes with what it shows, has the same bytes again, and holds no amounts."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.charts.drawing import Chart, lettered
from alerts.charts.paths import paths_chart, token_chart
from alerts.charts.risks import risks_chart
from alerts.charts.sectors import sectors_chart
from alerts.charts.weights import holdings_chart, proposal_chart
from portfolios.model import chart_data
from portfolios.model.chart_data import RiskShare, SectorWeight, TokenPath, Weight
from portfolios.model.weekly_facts import Paths

PNG = b"\x89PNG\r\n\x1a\n"
FIRST = date(2026, 8, 25)
DAYS = tuple(FIRST + timedelta(days=i) for i in range(90))
RISING = tuple(1 + i / 890 for i in range(90))
WEIGHTS = (Weight("BTC", 0.456, 0.4), Weight("SOL", 0.181, 0.2), Weight("cash", 0.363, 0.4))
SECTORS = (SectorWeight("layer1", 0.414, 0.35), SectorWeight("defi", 0.2, 0.35))
RISKS = (RiskShare("SOL", 0.38, 0.22), RiskShare("BTC", 0.62, 0.7), RiskShare("GOLD", -0.01, 0.08))
PATHS = Paths(DAYS, {"your portfolio": RISING, "bitcoin": tuple(2 - x for x in RISING)}, ("XYZ",))
TOKEN = TokenPath("SOL", DAYS, RISING, (*(None,) * 60, *(1.0,) * 30), "bearish (Token Metrics)")
MADE: dict[str, Callable[[], Chart | None]] = {
    "holdings": lambda: holdings_chart(WEIGHTS),
    "proposal": lambda: proposal_chart(WEIGHTS),
    "sectors": lambda: sectors_chart(SECTORS),
    "risks": lambda: risks_chart(RISKS),
    "paths": lambda: paths_chart(PATHS, quantities="today"),
    "token": lambda: token_chart(TOKEN),
}
FINDINGS = {
    "holdings": "BTC is 5.6 points over its aim of 40.0%; largest: BTC 45.6%",
    "proposal": "3 weights change, most of all BTC from 45.6% to 40.0%",
    "sectors": "over its limit: layer1 41.4% of 35%",
    "risks": "BTC carries 62.0% of the risk from 70.0% of the money",
    "paths": "last 90 days: your portfolio +10.0%, bitcoin -10.0%;"
    " without XYZ, whose past is not known",
    "token": "SOL +10.0% in 90 days, 10.0% over its mean of 30 days, trend bearish (Token Metrics)",
}


@pytest.mark.parametrize("name", MADE)
def test_a_picture_says_what_it_shows_and_has_the_same_bytes_again(name: str) -> None:
    first, second = MADE[name](), MADE[name]()
    assert first is not None
    assert first == second
    picture, finding = first
    assert picture.name == f"{name}.png"
    assert picture.png.startswith(PNG)
    assert finding == FINDINGS[name]


def test_other_figures_make_another_picture() -> None:
    one = holdings_chart(WEIGHTS)
    other = holdings_chart((Weight("BTC", 0.5, 0.4), *WEIGHTS[1:]))
    assert one is not None
    assert other is not None
    assert one[0].png != other[0].png


def test_nothing_to_show_makes_no_picture() -> None:
    assert holdings_chart(()) is None
    assert proposal_chart((Weight("BTC", 0.4, 0.4),)) is None
    assert sectors_chart(()) is None
    assert risks_chart(()) is None
    assert paths_chart(Paths((), {}), quantities="today") is None
    assert token_chart(TokenPath("SOL", DAYS[:1], (1.0,))) is None


def test_a_picture_is_made_of_fractions_and_holds_no_amounts() -> None:
    classes = [c for c in vars(chart_data).values() if dataclasses.is_dataclass(c)]
    assert len(classes) == 4
    for made in classes:
        assert not any("Decimal" in str(hint) for hint in get_type_hints(made).values())
    for name in MADE:
        assert not re.search(r"[$€£¥]|\d,\d|USD|EUR", FINDINGS[name])


def test_of_many_holdings_the_small_ones_share_a_row_and_none_is_lost() -> None:
    many = [Weight(f"T{i}", 1 / 60, 1 / 60) for i in range(60)]
    made = holdings_chart(many)
    assert made is not None
    assert made[1] == "everything stands at its aim; largest: T9 1.7%"
    risks = risks_chart([RiskShare(f"T{i}", 1 / 60) for i in range(60)])
    assert risks is not None
    assert risks[1] == "T0 carries 1.7% of the risk"


def test_a_small_sector_over_its_limit_is_told_before_large_ones() -> None:
    large = [SectorWeight(f"s{i}", 0.1, 0.35) for i in range(9)]
    made = sectors_chart([*large, SectorWeight("meme", 0.02, 0.01)])
    assert made is not None
    assert made[1] == "over its limit: meme 2.0% of 1%"


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_whatever_a_token_is_called_it_is_drawn(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert proposal_chart((Weight(name, 0.4, 0.5), Weight("a$b$c", 0.6, 0.5))) is not None


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_drawn_name_is_short_and_no_formula(name: str) -> None:
    drawn = lettered(name)
    assert len(drawn.replace(r"\$", "$")) <= 14
    assert "$" not in drawn.replace(r"\$", "")
