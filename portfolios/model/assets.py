"""What can be held: an asset, its identity and its sectors.

An asset is identified by `asset_id` (the CoinGecko id where one exists). Symbols are for display:
several assets share one, so a symbol is only ever a question, answered by `resolve`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from portfolios.errors import AmbiguousAssetError, Candidate

CASH = "cash"
"""The reserved asset id of money in the portfolio's own currency."""

NOTABLE_SHARE = 0.10
"""A runner-up above this share of the leader's market value makes a symbol ambiguous."""


class AssetKind(StrEnum):
    """How an asset behaves; decides its estimates, never its limits."""

    COIN = "coin"
    STABLE = "stable"
    WRAPPED = "wrapped"
    SECURITY_TOKEN = "security_token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Asset:
    """Something holdable.

    Attributes:
        asset_id: the identity.
        symbol: ticker for display, upper case.
        name: full name for display.
        sector: primary sector, the one that limits speak of.
        membership: sector -> share for an asset in several sectors; shares sum to 1. Empty means
            all of it in `sector`.
        kind: see `AssetKind`.
        underlying: the asset that a wrapped or staked one stands for.
        issuer: who stands behind a stablecoin; the asset itself where empty.
        rank: rank by market value, 1 the largest; None when unknown.
        market_cap: market value in the market's currency, for ranking only; None when unknown.
        peg: unit that a stablecoin promises (`usd`), empty otherwise.
    """

    asset_id: str
    symbol: str
    name: str
    sector: str = "other"
    membership: Mapping[str, float] = field(default_factory=dict)
    kind: AssetKind = AssetKind.COIN
    underlying: str | None = None
    issuer: str = ""
    rank: int | None = None
    market_cap: float | None = None
    peg: str = ""

    @property
    def follows_another(self) -> bool:
        """Whether its price is that of something else: what it did says nothing of its own."""
        return self.kind in (AssetKind.STABLE, AssetKind.WRAPPED)

    @property
    def sectors(self) -> Mapping[str, float]:
        """Sector -> share, summing to 1."""
        return self.membership or {self.sector: 1.0}


def name_key(name: str) -> str:
    """Return a name as it is looked up: capitals and the kind of gap between words do not matter.

    >>> name_key(" Shiba  Inu"), name_key("shiba_inu"), name_key("ＢＴＣ")
    ('shiba-inu', 'shiba-inu', 'btc')
    """
    flat = unicodedata.normalize("NFKC", name).casefold().replace("_", " ")
    return "-".join(flat.split())


class AssetIndex:
    """Finds assets by id, name or symbol, and the nearest id for a typo."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self._by_id = {asset.asset_id: asset for asset in assets}
        self._by_key: dict[str, list[Asset]] = {}
        self._spelt: dict[str, Asset] = {}
        for asset in self._by_id.values():
            spelt = {name_key(asset.asset_id), name_key(asset.name)}
            self._spelt.update(dict.fromkeys(spelt, asset))
            for key in spelt | {name_key(asset.symbol)}:
                self._by_key.setdefault(key, []).append(asset)

    def __contains__(self, asset_id: object) -> bool:
        return asset_id in self._by_id

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._by_id.values())

    def get(self, asset_id: str) -> Asset | None:
        """Return the asset with this id, None when unknown."""
        return self._by_id.get(asset_id)

    def resolve(self, name: str, *, also: Iterable[str] = ()) -> Asset | None:
        """Return the one asset that an id, name or symbol means, None when no asset has it.

        The largest asset of that name is meant, unless the next one is more than a tenth of its
        size or a size is unknown: then only the user can say.

        Args:
            name: in any capitals.
            also: ids of assets that it may mean besides those that bear it.

        Raises:
            AmbiguousAssetError: with the candidates, largest first.
        """
        key = name_key(name)
        borne = self._by_key.get(key, ()) if key else ()
        meant = [*borne, *(self._by_id[asset_id] for asset_id in also if asset_id in self)]
        bearers: list[Asset] = sorted(
            {asset.asset_id: asset for asset in meant}.values(), key=_by_size
        )
        if len(bearers) < 2:
            return bearers[0] if bearers else None
        first, second = bearers[0].market_cap, bearers[1].market_cap
        if first is None or second is None or second > NOTABLE_SHARE * first:
            raise AmbiguousAssetError(
                name.upper(), [Candidate(a.asset_id, a.name, a.rank) for a in bearers]
            )
        return bearers[0]

    def nearest(self, name: str) -> str | None:
        """Return the id of the asset whose id or name is most like this, None when none is."""
        near = get_close_matches(name_key(name), self._spelt, n=1, cutoff=0.75)
        return self._spelt[near[0]].asset_id if near else None


def _by_size(asset: Asset) -> tuple[float, str]:
    return (-(asset.market_cap or 0.0), asset.asset_id)
