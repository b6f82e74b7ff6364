"""The token table: what is unknown comes last, and what is in doubt has not moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from portfolios.errors import NotFoundError
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.reports.market_table import (
    SORT_KEYS,
    asset_named,
    market_rows,
    require_sector,
)
from rebalancer.usecases.reports.sort_key import SortKey

MARKET = sample_market()
ASSETS = list(MARKET.assets.values())


def test_changes_are_those_of_the_closes() -> None:
    (row,) = market_rows(MARKET, [MARKET.assets["solana"]])
    close = MARKET.bars.columns(["solana"]).close[:, 0]
    price = float(MARKET.quotes["solana"].price)
    changes = (row.change_1d, row.change_7d, row.change_30d)
    assert changes == pytest.approx([price / close[-days] - 1 for days in (1, 7, 30)])


@pytest.mark.parametrize("key", [SortKey.CHANGE, SortKey.SHORT, SortKey.LONG])
def test_figures_come_from_the_largest_and_the_unknown_last(key: SortKey) -> None:
    known = {SortKey.CHANGE: "change_1d", SortKey.SHORT: "short", SortKey.LONG: "long"}[key]
    bars = replace(MARKET.bars, close=np.where(np.arange(48) < 3, np.nan, MARKET.bars.close))
    rows = sorted(market_rows(replace(MARKET, bars=bars), ASSETS), key=SORT_KEYS[key])
    figures = [getattr(row, known) for row in rows]
    told = [figure for figure in figures if figure is not None]
    assert told == sorted(told, reverse=True)
    assert None in figures
    assert figures[len(told) :] == [None] * (len(figures) - len(told))


def test_a_quarantined_price_has_no_change() -> None:
    doubtful = replace(MARKET.quotes["solana"], quarantined="100 times its median")
    market = replace(MARKET, quotes={**MARKET.quotes, "solana": doubtful})
    (row,) = market_rows(market, [MARKET.assets["solana"]])
    assert (row.change_1d, row.change_7d, row.change_30d) == (None, None, None)


def test_an_asset_is_found_by_id_or_symbol_in_any_case() -> None:
    for word in ("solana", "Solana", "SOL", "sol"):
        assert asset_named(MARKET, word).asset_id == "solana"
    with pytest.raises(NotFoundError) as caught:
        asset_named(MARKET, "Solanaa")
    assert caught.value.hint == "did you mean solana?"


def test_a_sector_that_nothing_is_in_names_those_that_are() -> None:
    require_sector(MARKET, None)
    require_sector(MARKET, "defi")
    with pytest.raises(NotFoundError) as caught:
        require_sector(MARKET, "nowhere")
    assert "ai, defi" in caught.value.hint
