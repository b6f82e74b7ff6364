"""Which row of another provider speaks of which asset.

The asset id is joined to the other side's slug, or to the last part of its link, and the pair is
believed only when the names are alike or the prices agree. A symbol is never evidence: several
assets bear the same one, and somebody may have chosen it in order to be taken for another.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

NAME_LIKENESS = 0.85
"""Names at least so alike are the same; `Bitcoin` and `Bitcoin Cash` reach 0.78."""
PRICE_TOLERANCE = 0.05
"""Prices that differ by less, taken at about the same time, agree."""


@dataclass(frozen=True, slots=True)
class Listing:
    """An asset as we know it.

    Attributes:
        asset_id: the identity.
        name: full name.
        price: in the market's currency; None when unknown.
    """

    asset_id: str
    name: str
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of another provider that may speak of one of our assets.

    Attributes:
        their_id: the provider's own identity of it.
        name: as the provider writes it.
        slug: the asset id, as the provider states it; empty when it states none.
        link: address of the provider's page, whose last part may be the asset id.
        price: in the market's currency; None when unknown.
    """

    their_id: str
    name: str
    slug: str = ""
    link: str = ""
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """An asset and the other provider's identity of it.

    Attributes:
        quarantined: why the pair is not believed; empty when it is.
    """

    asset_id: str
    their_id: str
    name: str
    quarantined: str = ""


def join(claims: Iterable[Claim], listings: Mapping[str, Listing]) -> tuple[Pair, ...]:
    """Pair the rows of another provider with the assets they speak of.

    Args:
        claims: in any order; a row that names no asset of ours is left out.
        listings: by asset id.

    Returns:
        One pair an asset, sorted by asset id: the only believed row, or a quarantined one.
    """
    names = _bearers(listings.values())
    found: dict[str, dict[str, Pair]] = defaultdict(dict)
    for claim in claims:
        listing = _named_by(claim, listings)
        if listing is not None:
            why = _doubt(claim, listing, names)
            found[listing.asset_id][claim.their_id] = Pair(
                listing.asset_id, claim.their_id, claim.name, why
            )
    return tuple(_one_of(sorted(found[key].values(), key=_order)) for key in sorted(found))


def are_alike(one: str, other: str) -> bool:
    """Tell whether two names are the same but for spelling; empty names are like nothing.

    >>> are_alike("dogwifhat", "Dog wif Hat"), are_alike("Bitcoin", "Bitcoin Cash")
    (True, False)
    """
    first, second = _bare(one), _bare(other)
    if not first or not second:
        return False
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= NAME_LIKENESS


def prices_agree(one: float | None, other: float | None) -> bool:
    """Tell whether two prices are known, positive and near each other."""
    if one is None or other is None or not (one > 0 and other > 0):
        return False
    return abs(one - other) <= PRICE_TOLERANCE * max(one, other)


def slug_of(link: str) -> str:
    """Return the last part of a page's address, empty when there is none.

    >>> slug_of("https://app.example.org/en/injective-protocol/")
    'injective-protocol'
    """
    last = re.split(r"[?#]", link, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    return "" if last in ("undefined", "null") else last


def _named_by(claim: Claim, listings: Mapping[str, Listing]) -> Listing | None:
    return listings.get(claim.slug or slug_of(claim.link))


def _bearers(listings: Iterable[Listing]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for listing in listings:
        found[_bare(listing.name)].add(listing.asset_id)
    return found


def _doubt(claim: Claim, listing: Listing, names: Mapping[str, set[str]]) -> str:
    if are_alike(claim.name, listing.name):
        return ""
    others = names.get(_bare(claim.name), set()) - {listing.asset_id}
    if others:
        # Two coins at one dollar have the same price: then the name speaks louder.
        return f"it is called {claim.name!r}, as {min(others)} is"
    if prices_agree(claim.price, listing.price):
        return ""
    known = claim.price is not None and listing.price is not None
    prices = f" and its price is {claim.price:g}, not {listing.price:g}" if known else ""
    return f"it is called {claim.name!r}, not {listing.name!r}{prices}"


def _one_of(pairs: list[Pair]) -> Pair:
    """Return the only believed pair; several believed ones leave all in doubt."""
    first, *others = pairs
    if first.quarantined or not others or others[0].quarantined:
        return first
    ids = ", ".join(pair.their_id for pair in pairs if not pair.quarantined)
    return Pair(first.asset_id, first.their_id, first.name, f"several rows claim it: {ids}")


def _order(pair: Pair) -> tuple[bool, str]:
    return (bool(pair.quarantined), pair.their_id)


def _bare(name: str) -> str:
    """Leave only letters and digits, without case or accents."""
    flat = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in flat if letter.isalnum())
