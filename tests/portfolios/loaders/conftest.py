"""A small market of names, and the problems of a text as the user would read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portfolios.errors import InputError
from portfolios.loaders import load
from portfolios.model.assets import Asset, AssetIndex

Problems = Callable[..., list[str]]


@pytest.fixture
def index() -> AssetIndex:
    return AssetIndex(
        [
            Asset("bitcoin", "BTC", "Bitcoin", "layer1", rank=1, market_cap=2e12),
            Asset("bridged-bitcoin", "BTC", "Bridged", "wrapped_staked", rank=900, market_cap=1e7),
            Asset("ethereum", "ETH", "Ethereum", "layer1", rank=2, market_cap=4e11),
            Asset("solana", "SOL", "Solana", "layer1", rank=5, market_cap=1e11),
            Asset("usd-coin", "USDC", "USDC", "stablecoin", rank=7, market_cap=7e10),
            Asset("terra-luna", "LUNA", "Terra Classic", "layer1", rank=171, market_cap=3e8),
            Asset("terra-luna-2", "LUNA", "Terra", "layer1", rank=310, market_cap=1.2e8),
            Asset("kunst", "KUN", "Kunst", "art", rank=800, market_cap=1e7),
        ]
    )


@pytest.fixture
def problems(index: AssetIndex) -> Problems:
    def collect(text: str, source: str = "core.toml", **options: object) -> list[str]:
        with pytest.raises(InputError) as caught:
            load(text.encode(), source=source, index=index, **options)  # type: ignore[arg-type]
        assert caught.value.hint
        return [str(problem) for problem in caught.value.problems] or [str(caught.value)]

    return collect
