"""The gate between what a provider says and what anybody may act on.

A price far from the last one is either a real move or a mistake. A second source settles it at
once, and so does the number of coins that price and market value imply, which a mistake in one of
the two changes and a crash does not. Otherwise a second reading, later, must say the same.
The edges were measured on daily prices of 174 coins over six years.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from portfolios.marketdata.asset_matching import are_alike
from portfolios.model.market import PRICE_LIMIT

LEAST, MOST = Decimal("1e-30"), Decimal("1e30")
"""No unit of anything costs less, or more."""
FUTURE = timedelta(minutes=5)
"""Clocks differ by so much; a later stamp is a mistake."""
SOON, WITHIN_HOURS, WITHIN_A_DAY = timedelta(hours=6), math.log(1.5), math.log(2.0)
"""The largest move, beyond the market's own, that needs no confirmation."""
FROM_MEDIAN = math.log(4.0)
"""The largest distance from the median of the recent bars: catches a drift in several steps."""
QUIET = math.log(1.2)
"""A smaller move is none: it needs neither a name nor a number of coins to be believed."""
SUPPLY = math.log(1.5)
"""A larger change of the implied number of coins is not the market's doing."""
AGREES, CONTRADICTS = math.log(1.1), math.log(1.25)
"""A second source within the first confirms a move; beyond the second it denies the price."""
SHIFTS = tuple(math.log(factor) for factor in (100, 1000, 1_000_000))
SHIFT_SLACK = math.log(1.2)
REPEATED, AFTER, HUGE, AFTER_HUGE = (
    math.log(1.25),
    timedelta(minutes=30),
    math.log(10.0),
    timedelta(hours=24),
)
"""A second reading so near the first, and so much later, confirms a move; later for a huge one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a provider says of an asset's price; nothing of it is believed yet.

    Attributes:
        price: of one unit; may be anything.
        at: the moment it claims to describe, aware UTC.
        source: who says so.
        name: the asset's name as the provider writes it; empty when unknown.
        market_cap: market value; None when unknown.
        volume: money traded in 24 hours; None when unknown.
    """

    price: Decimal
    at: datetime
    source: str
    name: str = ""
    market_cap: float | None = None
    volume: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an asset besides the new reading.

    Attributes:
        last: the last accepted price.
        recent: closes of the last days, oldest first; NaN days are left out.
        second: another source's price of about the same moment; its identity is proven.
        doubtful: the first of the readings that are in doubt; None when none is.
        market_move: log move of the median asset since its last price.
        name: the asset's name as we know it.
    """

    last: Reading | None = None
    recent: tuple[float, ...] = ()
    second: Reading | None = None
    doubtful: Reading | None = None
    market_move: float = 0.0
    name: str = ""


def doubt_about(reading: Reading, evidence: Evidence, *, now: datetime) -> str:
    """Return why a price may not be trusted; empty when it may.

    Args:
        reading: the new price.
        evidence: what else is known; an asset of which nothing is known is taken at its word.
        now: the moment of the judgement.
    """
    if not is_price(reading.price):
        return f"{reading.source} says {reading.price}, which is no price"
    return (
        _wrong_time(reading, now) or _denied(reading, evidence) or _unconfirmed(reading, evidence)
    )


def is_price(number: Decimal) -> bool:
    """Tell whether a number can be anybody's price: positive, and within what floats can tell."""
    return number.is_finite() and LEAST < number < MOST


def log_move(reading: Reading, last: Reading | None) -> float | None:
    """Return the log move from the last accepted price; None when either is no price."""
    if last is None or not is_price(reading.price):
        return None
    return math.log(reading.price / last.price)


def _wrong_time(reading: Reading, now: datetime) -> str:
    if reading.at > now + FUTURE:
        return f"{reading.source} stamps it {_span(reading.at - now)} in the future"
    if now - reading.at > PRICE_LIMIT:
        return f"{reading.source} stamps it {_span(now - reading.at)} ago"
    return ""


def _denied(reading: Reading, evidence: Evidence) -> str:
    """Return the contradiction that no later reading of the same source can lift."""
    move = _move(reading, evidence)
    second = evidence.second
    if second is not None:
        apart = math.log(reading.price / second.price)
        if abs(apart) > CONTRADICTS and not _is_their_shift(apart, move):
            return (
                f"{reading.source} says {_short(reading.price)},"
                f" {second.source} says {_short(second.price)}"
            )
        if abs(apart) <= AGREES:
            return ""
    if move is None or abs(move) <= QUIET:
        return ""
    if evidence.name and reading.name and not are_alike(evidence.name, reading.name):
        return f"{_jump(reading, evidence)}, and it is called {reading.name!r} now"
    if abs(_supply_change(reading, evidence.last)) > SUPPLY:
        return f"{_jump(reading, evidence)}, but its market value did not move with it"
    return ""


def _unconfirmed(reading: Reading, evidence: Evidence) -> str:
    move = _move(reading, evidence)
    if move is None or not _is_jump(reading, evidence, move):
        return ""
    second, doubtful = evidence.second, evidence.doubtful
    if second is not None and abs(math.log(reading.price / second.price)) <= AGREES:
        return ""
    if doubtful is not None and is_repeated(reading, doubtful):
        needed = AFTER if abs(move) < HUGE else AFTER_HUGE
        if reading.at - doubtful.at >= needed:
            return ""
    return f"{_jump(reading, evidence)}; no second source or later reading confirms it yet"


def is_repeated(reading: Reading, doubtful: Reading) -> bool:
    """Tell whether a reading says the same as an earlier one that is in doubt."""
    if not is_price(reading.price) or not is_price(doubtful.price):
        return False
    return abs(math.log(reading.price / doubtful.price)) <= REPEATED


def _is_jump(reading: Reading, evidence: Evidence, move: float) -> bool:
    own = move - evidence.market_move
    # A stablecoin stands still while the market falls: that is no jump, whatever the distance.
    if abs(move) > QUIET and abs(own) > _largest(reading, evidence.last):
        return True
    middle = _median(evidence)
    return middle is not None and abs(math.log(float(reading.price) / middle)) > FROM_MEDIAN


def _largest(reading: Reading, last: Reading | None) -> float:
    """Return the largest move that needs no confirmation; it grows with the root of the time."""
    if last is None:
        return WITHIN_A_DAY
    passed = reading.at - last.at
    if passed <= SOON:
        return WITHIN_HOURS
    return WITHIN_A_DAY * min(2.0, max(1.0, math.sqrt(passed / timedelta(days=1))))


def _move(reading: Reading, evidence: Evidence) -> float | None:
    """Return the log move from the last price, else from the recent bars; None without either."""
    if evidence.last is not None:
        return math.log(reading.price / evidence.last.price)
    middle = _median(evidence)
    return None if middle is None else math.log(float(reading.price) / middle)


def _median(evidence: Evidence) -> float | None:
    known = [close for close in evidence.recent if close > 0]
    return median(known) if known else None


def _supply_change(reading: Reading, last: Reading | None) -> float:
    """Return the log change of the number of coins that price and market value imply."""
    if last is None or not reading.market_cap or not last.market_cap:
        return 0.0
    if reading.market_cap < 0 or last.market_cap < 0:
        return 0.0
    return math.log(reading.market_cap / last.market_cap) - math.log(reading.price / last.price)


def _is_their_shift(apart: float, move: float | None) -> bool:
    """Tell whether the other source is off by its unit: ours did not move, theirs by thousands."""
    if move is None or abs(move) > AGREES:
        return False
    return any(abs(abs(apart) - shift) <= SHIFT_SLACK for shift in SHIFTS)


def _jump(reading: Reading, evidence: Evidence) -> str:
    last = evidence.last
    if last is not None:
        past = f"{_short(last.price)} {_span(reading.at - last.at)} before"
        return f"{_short(reading.price)} is {_times(reading, last.price)} the {past}"
    middle = Decimal(_median(evidence) or 1.0)
    return (
        f"{_short(reading.price)} is {_times(reading, middle)} the {_short(middle)}"
        " of the last days"
    )


def _times(reading: Reading, reference: Decimal) -> str:
    return f"{float(reading.price / reference):.4g} times"


def _short(price: Decimal) -> str:
    return f"{float(price):.6g}"


def _span(time: timedelta) -> str:
    minutes = round(abs(time) / timedelta(minutes=1))
    for size, word in ((2880, "days"), (120, "hours")):
        if minutes >= size:
            return f"{minutes // (size // 2)} {word}"
    return f"{minutes} minutes"
