from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest

from portfolios.errors import AmbiguousAssetError
from portfolios.model.assets import AssetKind
from portfolios.model.market import Market
from portfolios.model.sectors import SECTORS
from portfolios.providers.sample.assets import SAMPLE_ASSETS
from portfolios.providers.sample.grades import vendor_trend
from portfolios.providers.sample.market import AS_OF, sample_market
from portfolios.providers.technical.grades import technical_grades

WIDELY_HELD = """
bitcoin ethereum solana cardano avalanche-2 polkadot near sui aptos ripple litecoin binancecoin
arbitrum optimism polygon-ecosystem-token uniswap aave maker lido-dao curve-dao-token chainlink
the-graph filecoin render-token fetch-ai bittensor worldcoin-wld immutable-x the-sandbox
axie-infinity gala dogecoin shiba-inu pepe dogwifcoin ondo-finance monero zcash helium
staked-ether wrapped-bitcoin tether usd-coin dai terra-luna terra-luna-2
"""

FINGERPRINT = """
import hashlib
from portfolios.providers.sample.market import sample_market
m = sample_market()
words = repr((dict(m.assets), dict(m.quotes), dict(m.grades), m.bars.days, m.bars.asset_ids))
print(hashlib.sha256(m.bars.close.tobytes() + m.bars.volume.tobytes() + words.encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


def returns_of(market: Market, asset_id: str) -> np.ndarray:
    close = market.bars.close[:, market.bars.asset_ids.index(asset_id)]
    return np.diff(np.log(close[~np.isnan(close)]))


def fingerprint_in_a_process(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FINGERPRINT],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    return done.stdout.strip()


def test_every_process_makes_the_same_market() -> None:
    assert fingerprint_in_a_process("1") == fingerprint_in_a_process("2")


def test_two_calls_make_the_same_market_and_leave_global_chance_alone() -> None:
    state = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]
    # The usual seed's is made once in a process: of another one, each call makes its own.
    one, again = sample_market(seed=8), sample_market(seed=8)
    assert again.bars is not one.bars
    assert np.random.get_state()[1].tolist() == state  # type: ignore[index,union-attr]
    np.testing.assert_array_equal(again.bars.close, one.bars.close)
    np.testing.assert_array_equal(again.bars.volume, one.bars.volume)
    assert (again.quotes, again.grades) == (one.quotes, one.grades)


def test_another_seed_makes_another_history_that_ends_at_the_same_prices(market: Market) -> None:
    other = sample_market(seed=8)
    assert other.quotes["bitcoin"].price == market.quotes["bitcoin"].price
    assert not np.allclose(returns_of(other, "bitcoin"), returns_of(market, "bitcoin"))


def test_an_asset_less_changes_nobody_else(market: Market) -> None:
    cast = MappingProxyType({k: v for k, v in SAMPLE_ASSETS.items() if k != "cardano"})
    fewer = sample_market(cast=cast)
    others = [a for a in market.bars.asset_ids if a != "cardano"]
    assert list(fewer.bars.asset_ids) == others
    np.testing.assert_array_equal(fewer.bars.close, market.bars.columns(others).close)
    np.testing.assert_array_equal(fewer.bars.volume, market.bars.columns(others).volume)
    assert all(fewer.quotes[a] == market.quotes[a] for a in others)
    assert all(fewer.grades.get(a) == market.grades.get(a) for a in others)


def test_it_says_that_it_is_a_sample_and_of_what_moment(market: Market) -> None:
    assert (market.is_sample, market.currency) == (True, "usd")
    assert market.as_of == AS_OF == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert market.bars.days[-1] == date(2026, 11, 21)
    assert len(market.bars.days) == 400
    assert all(b - a == timedelta(days=1) for a, b in pairwise(market.bars.days))
    last_close = datetime(2026, 11, 22, tzinfo=UTC)
    assert all(last_close < quote.at < market.as_of for quote in market.quotes.values())


def test_everything_people_hold_is_there_with_a_price_and_bars(market: Market) -> None:
    assert set(WIDELY_HELD.split()) <= set(market.assets)
    assert list(market.assets) == list(market.quotes) == list(market.bars.asset_ids)
    assert list(market.assets) == sorted(market.assets)
    assert all(quote.price > 0 and quote.source == "sample" for quote in market.quotes.values())
    assert market.bars.close.shape == market.bars.volume.shape == (400, len(market.assets))


@pytest.mark.parametrize(
    ("asset_id", "low", "high"),
    [("bitcoin", 88_000, 94_000), ("ethereum", 2_800, 3_200), ("solana", 130, 150)],
)
def test_prices_look_like_prices(market: Market, asset_id: str, low: int, high: int) -> None:
    assert low < market.quotes[asset_id].price < high


def test_prices_are_written_with_sensible_digits(market: Market) -> None:
    for asset_id, quote in market.quotes.items():
        digits = len(quote.price.as_tuple().digits)
        places = -int(quote.price.as_tuple().exponent)
        assert 6 <= digits <= 7, asset_id
        assert places >= 2, asset_id


def test_the_quote_continues_the_last_close(market: Market) -> None:
    for i, asset_id in enumerate(market.bars.asset_ids):
        step = float(market.quotes[asset_id].price) / market.bars.close[-1, i] - 1.0
        moves_as = SAMPLE_ASSETS[market.assets[asset_id].underlying or asset_id]
        assert abs(step) < 4.0 * moves_as.volatility, asset_id


def test_money_traded_is_a_plausible_part_of_market_value(market: Market) -> None:
    traded = np.nanmedian(market.bars.volume[-30:], axis=0)
    for i, asset_id in enumerate(market.bars.asset_ids):
        assert 0.005 < traded[i] / (market.assets[asset_id].market_cap or 0.0) < 0.6, asset_id


@pytest.mark.parametrize(
    ("asset_id", "low", "high"),
    [("bitcoin", 0.02, 0.03), ("solana", 0.033, 0.053), ("pepe", 0.05, 0.075)],
)
def test_volatility_is_plausible(market: Market, asset_id: str, low: float, high: float) -> None:
    assert low < returns_of(market, asset_id).std() < high


def test_one_factor_stands_behind_everything(market: Market) -> None:
    free = [a for a, row in SAMPLE_ASSETS.items() if row.beta > 0 and row.days == 400]
    returns = np.array([returns_of(market, asset_id) for asset_id in free])
    correlation = np.corrcoef(returns)
    assert 0.3 < (correlation.sum() - len(free)) / (len(free) ** 2 - len(free)) < 0.7


def test_returns_have_fatter_tails_than_the_normal(market: Market) -> None:
    free = [a for a, row in SAMPLE_ASSETS.items() if row.beta > 0 and row.days == 400]
    scaled = np.concatenate(
        [(r - r.mean()) / r.std() for r in (returns_of(market, a) for a in free)]
    )
    assert (scaled**4).mean() > 4.0


def test_stablecoins_stay_within_a_tenth_of_a_percent(market: Market) -> None:
    for asset_id, asset in market.assets.items():
        if asset.kind is not AssetKind.STABLE:
            continue
        close = market.bars.close[:, market.bars.asset_ids.index(asset_id)]
        assert np.abs(close - 1.0).max() < 0.001
        assert abs(market.quotes[asset_id].price - 1) < Decimal("0.001")
        assert (asset.peg, bool(asset.issuer), asset.sector) == ("usd", True, "stablecoin")


def test_wrapped_and_staked_tokens_follow_what_they_stand_for(market: Market) -> None:
    for wrapped, underlying in (("staked-ether", "ethereum"), ("wrapped-bitcoin", "bitcoin")):
        asset = market.assets[wrapped]
        assert (asset.kind, asset.underlying) == (AssetKind.WRAPPED, underlying)
        bars = market.bars.columns((wrapped, underlying)).close
        ratio = bars[:, 0] / bars[:, 1]
        assert np.abs(ratio - 1.0).max() < 0.003


def test_two_assets_have_little_history(market: Market) -> None:
    seen = np.sum(~np.isnan(market.bars.close), axis=0)
    short = {a: int(n) for a, n in zip(market.bars.asset_ids, seen, strict=True) if n < 400}
    assert short == {"harbour-network": 120, "driftwood": 24}
    np.testing.assert_array_equal(np.isnan(market.bars.close), np.isnan(market.bars.volume))


def test_a_symbol_that_names_two_assets_is_a_question(market: Market) -> None:
    with pytest.raises(AmbiguousAssetError) as raised:
        market.index().resolve("LUNA")
    named = [(c.asset_id, c.rank) for c in raised.value.candidates]
    assert named == [("terra-luna", 171), ("terra-luna-2", 310)]


def test_every_other_symbol_names_one_asset(market: Market) -> None:
    symbols = Counter(asset.symbol for asset in market.assets.values())
    assert [symbol for symbol, count in symbols.items() if count > 1] == ["LUNA"]


def test_ranks_agree_with_market_values(market: Market) -> None:
    by_rank = sorted(market.assets.values(), key=lambda asset: asset.rank or 0)
    sizes = [asset.market_cap or 0.0 for asset in by_rank]
    assert sizes == sorted(sizes, reverse=True)
    assert all(asset.sector in SECTORS and asset.sector != "other" for asset in by_rank)


def test_the_vendors_grades_lie_in_the_ranges_of_real_ones(market: Market) -> None:
    grades = [grade for grade in market.grades.values() if grade.source == "sample"]
    assert len(grades) >= 30
    for grade in grades:
        assert grade.short is not None
        assert grade.long is not None
        assert 5 <= grade.short <= 95
        assert 35 <= grade.long <= 65
        assert grade.trend in (1, -1)
        assert grade.signal in (0, grade.trend)
        assert grade.short_at == datetime(2026, 11, 22, tzinfo=UTC)
        assert grade.long_at == datetime(2026, 11, 19, tzinfo=UTC)
    bearish = sum(grade.trend == -1 for grade in grades) / len(grades)
    assert 0.35 < bearish < 0.75
    assert any(grade.signal for grade in grades)


def test_what_the_vendor_leaves_out_bears_our_own_grade(market: Market) -> None:
    ours = {a for a, grade in market.grades.items() if grade.is_ours}
    assert {"maker", "axie-infinity", "terra-luna", "harbour-network"} <= ours
    assert all(market.grades[a].short is not None for a in ours)


def test_stablecoins_and_newcomers_have_no_grade(market: Market) -> None:
    without = set(market.assets) - set(market.grades)
    assert without == {"tether", "usd-coin", "dai", "driftwood"}


def test_ours_are_the_grades_that_the_technical_source_gives(market: Market) -> None:
    technical = technical_grades(market.bars, at=market.as_of)
    for asset_id, grade in market.grades.items():
        if grade.is_ours:
            assert grade == technical[asset_id]


@pytest.mark.parametrize(
    ("history", "trend", "signal"),
    [
        ([55, 58, 60], 1, 0),
        ([45, 50, 60], 1, 1),
        ([70, 55, 45], 1, 0),
        ([70, 45, 40], -1, -1),
        ([70, 40, 50], -1, 0),
        ([float("nan"), 49], -1, 0),
    ],
)
def test_a_vendors_trend_is_what_its_last_signal_left(
    history: list[float], trend: int, signal: int
) -> None:
    assert vendor_trend(np.array(history)) == (trend, signal)
