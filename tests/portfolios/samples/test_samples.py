from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from portfolios.errors import UsageError
from portfolios.model.market import Market
from portfolios.providers.sample.market import sample_market
from portfolios.samples import SAMPLES, read_sample


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def document(name: str) -> dict[str, Any]:
    return tomllib.loads(read_sample(name).decode())


def weights(name: str, market: Market) -> tuple[Decimal, dict[str, Decimal]]:
    values = {
        held["asset"]: Decimal(held["quantity"]) * price(held, market)
        for held in document(name)["holdings"]
    }
    total = sum(values.values(), Decimal(0))
    return total, {asset_id: value / total for asset_id, value in values.items()}


def price(held: dict[str, Any], market: Market) -> Decimal:
    if held["asset"] == "cash":
        return Decimal(1)
    stated = held.get("price")
    return Decimal(stated) if stated else market.quotes[held["asset"]].price


def percent(text: str) -> Decimal:
    return Decimal(text.removesuffix("%")) / 100


@pytest.mark.parametrize(("name", "about"), [("core", 48), ("growth", 25), ("staked", 110)])
def test_a_sample_is_worth_what_its_story_says(name: str, about: int, market: Market) -> None:
    total, _ = weights(name, market)
    assert abs(total / 1000 - about) < 1


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_names_itself_and_leaves_cash_in_its_targets(name: str, market: Market) -> None:
    stated = document(name)
    assert stated["name"] == name
    assert sum(percent(target) for target in stated["targets"].values()) < 1
    held = {holding["asset"] for holding in stated["holdings"]}
    assert set(stated["targets"]) | {"cash"} == held


def test_core_is_in_order(market: Market) -> None:
    _, held = weights("core", market)
    for asset_id, target in document("core")["targets"].items():
        assert abs(held[asset_id] - percent(target)) < Decimal("0.005"), asset_id
        grade = market.grades.get(asset_id)
        assert grade is None or grade.trend == 1


def test_growth_has_a_sector_over_its_limit_and_a_heavy_bearish_holding(market: Market) -> None:
    _, held = weights("growth", market)
    ai = sum(w for a, w in held.items() if a != "cash" and market.assets[a].sector == "ai")
    assert ai > percent(document("growth")["policy"]["sectors"]["ai"]["max"]) + Decimal("0.05")
    assert held["solana"] > Decimal("0.2")
    assert market.grades["solana"].trend == -1


def test_staked_holds_a_locked_coin_over_its_limit(market: Market) -> None:
    _, held = weights("staked", market)
    cap = percent(document("staked")["policy"]["assets"]["solana"]["max"])
    locks = {h["asset"]: h["lock"] for h in document("staked")["holdings"] if "lock" in h}
    assert held["solana"] > cap
    assert locks["solana"]["until"] > market.as_of.date()
    assert Decimal(locks["ethereum"]["quantity"]) < Decimal("9.5")


def test_a_name_that_is_no_sample_is_refused_with_the_choice() -> None:
    with pytest.raises(UsageError) as raised:
        read_sample("../core")
    assert "core, growth, staked" in raised.value.hint
