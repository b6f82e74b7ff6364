"""The gate between what a provider says of an asset and what anybody may act on.

A price far from the last confirmed level is either a real move or a mistake. A second source
settles it at once, and so does the number of coins that price and market value imply, which a
mistake in one of the two changes and a crash does not. Otherwise a second reading, later, must say
the same. The edges were measured on daily prices of 174 coins over six years.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from portfolios.marketdata.asset_matching import are_alike
from portfolios.model.market import PRICE_LIMIT
from portfolios.values.display import counted

LEAST, MOST = Decimal("1e-30"), Decimal("1e30")
"""No unit of anything costs less, or more."""
FUTURE = timedelta(minutes=5)
"""Clocks differ by so much; a later stamp is a mistake."""
DAY = timedelta(days=1)
SOON, WITHIN_HOURS, WITHIN_A_DAY = timedelta(hours=6), math.log(1.5), math.log(2.0)
"""The largest move, beyond the market's own, that needs no confirmation."""
FROM_MEDIAN = math.log(4.0)
"""The largest distance from the median of the recent bars: catches a drift over days."""
QUIET = math.log(1.2)
"""A smaller move is none: it needs neither a name nor a number of coins to be believed."""
SUPPLY = math.log(1.5)
"""A larger change of the implied number of coins is not the market's doing."""
AGREES, CONTRADICTS = math.log(1.1), math.log(1.25)
"""A second source within the first confirms a move; beyond the second it denies the price."""
SHIFTS = tuple(math.log(factor) for factor in (100, 1000, 1_000_000))
SHIFT_SLACK = math.log(1.2)
REPEATED, HUGE = math.log(1.25), math.log(10.0)
"""A later reading so near the first one in doubt says the same; a larger move is a huge one."""
AFTER, AFTER_HUGE, AFTER_DENIED = timedelta(minutes=30), DAY, 3 * DAY
"""How much later it must be said: of a usual jump, of a huge one, of what speaks against itself."""


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
class ReplyMove:
    """How far a whole reply moved, and what speaks against all of it.

    Attributes:
        move: log move of the median asset since its confirmed level; 0 where too few are known.
        step: the same since its last accepted price.
        doubt: why none of its prices may be believed without a confirmation; empty when they may.
        after: how much later the same must be said to be believed then.
        agrees: how near, in logarithms, a second source must be to confirm a price of it.
    """

    move: float = 0.0
    step: float = 0.0
    doubt: str = ""
    after: timedelta = AFTER
    agrees: float = AGREES


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an asset besides the new reading.

    Attributes:
        last: the last accepted price.
        confirmed: the last one that something else than itself confirmed; the last one where None.
        recent: closes of the last days, oldest first; NaN days are left out.
        second: another source's price of about the same moment; its identity is proven.
        doubtful: the first of the readings that are in doubt; None when none is.
        denial: what a second source said when it denied those readings last; None when none did.
        reply: what the other prices of the same reply say.
        name: the asset's name as we know it.
    """

    last: Reading | None = None
    confirmed: Reading | None = None
    recent: tuple[float, ...] = ()
    second: Reading | None = None
    doubtful: Reading | None = None
    denial: Reading | None = None
    reply: ReplyMove = ReplyMove()
    name: str = ""

    @property
    def level(self) -> Reading | None:
        """What a new price is measured against."""
        return self.confirmed or self.last


def doubt_about(reading: Reading, evidence: Evidence, *, now: datetime) -> str:
    """Return why a price may not be trusted; empty when it may.

    Args:
        reading: the new price.
        evidence: what else is known; an asset of which nothing is known is taken at its word.
        now: the moment of the judgement.
    """
    if not is_price(reading.price):
        return f"{reading.source} says {reading.price}, which is no price"
    if why := wrong_time(reading, now) or _contradicted(reading, evidence):
        return why
    if _is_shared(reading, evidence):
        return ""
    doubts = list(_doubts(reading, evidence))
    if doubts and (why := _denied_before(reading, evidence)):
        return why
    waiting = (why for why, after in doubts if not _is_held(reading, evidence, after))
    return next(waiting, "")


def said_before(reading: Reading, evidence: Evidence) -> Reading | None:
    """Return the first of the readings in doubt that say the same; None where none did."""
    first = evidence.doubtful
    return first if first is not None and is_repeated(reading, first) else None


def denial_of(reading: Reading, evidence: Evidence) -> Reading | None:
    """Return what a second source says, or said last, against a refused price; None for nothing."""
    if evidence.second is None or not is_price(reading.price):
        return evidence.denial
    return evidence.second if _contradicted(reading, evidence) else None


def confirmed_level(reading: Reading, evidence: Evidence) -> Reading:
    """Return what the next price is measured against, now that a reading was accepted.

    A second source confirms a level, and so do readings of a doubt that has ended; otherwise the
    level moves once a day at most, and only to where the reading before stood already.

    Args:
        reading: accepted.
        evidence: by which it was.
    """
    level, last = evidence.level, evidence.last
    if level is None or last is None or _is_shared(reading, evidence):
        return reading
    if _is_held(reading, evidence, AFTER):
        return reading
    is_old = reading.at - level.at >= DAY
    return reading if is_old and abs(log_move(reading, last)) <= QUIET else level


def is_price(number: Decimal) -> bool:
    """Tell whether a number can be anybody's price: positive, and within what floats can tell."""
    return number.is_finite() and LEAST < number < MOST


def log_move(reading: Reading, since: Reading) -> float:
    """Return the log move between two prices."""
    return math.log(reading.price / since.price)


def is_repeated(reading: Reading, doubtful: Reading) -> bool:
    """Tell whether a reading says the same as an earlier one that is in doubt."""
    if not is_price(reading.price) or not is_price(doubtful.price):
        return False
    return abs(log_move(reading, doubtful)) <= REPEATED


def is_misdated(reading: Reading, now: datetime) -> bool:
    """Tell whether a reading claims to be of a moment that has not come."""
    return reading.at > now + FUTURE


def wrong_time(reading: Reading, now: datetime) -> str:
    """Return what is wrong with the stamp of a reading; empty when nothing is."""
    if is_misdated(reading, now):
        return f"{reading.source} stamps it {span(reading.at - now)} in the future"
    if now - reading.at > PRICE_LIMIT:
        return f"{reading.source} stamps it {span(now - reading.at)} ago"
    return ""


def _contradicted(reading: Reading, evidence: Evidence) -> str:
    """Return the contradiction that no later reading of the same source can lift."""
    second = evidence.second
    if second is None:
        return ""
    if not _is_denied(reading, second, evidence):
        return ""
    told = (f"{one.source} says {_short(one.price)}" for one in (reading, second))
    return ", ".join(told)


def _denied_before(reading: Reading, evidence: Evidence) -> str:
    """Return what a second source said lately that says nothing now."""
    denial = evidence.denial
    if denial is None or evidence.second is not None or not _is_denied(reading, denial, evidence):
        return ""
    passed = reading.at - denial.at
    if passed >= AFTER_DENIED:
        return ""
    said = f"{denial.source} said {_short(denial.price)} {span(passed)} before"
    return f"{reading.source} says {_short(reading.price)}, {said}"


def _is_denied(reading: Reading, other: Reading, evidence: Evidence) -> bool:
    apart = log_move(reading, other)
    return abs(apart) > CONTRADICTS and not _is_their_shift(apart, _move(reading, evidence))


def _is_shared(reading: Reading, evidence: Evidence) -> bool:
    """Tell whether a second source says the same."""
    second = evidence.second
    return second is not None and abs(log_move(reading, second)) <= evidence.reply.agrees


def _is_held(reading: Reading, evidence: Evidence, after: timedelta) -> bool:
    """Tell whether a later reading says what was in doubt, so much later."""
    first = said_before(reading, evidence)
    return first is not None and reading.at - first.at >= after


def _doubts(reading: Reading, evidence: Evidence) -> Iterator[tuple[str, timedelta]]:
    """Yield what speaks against a price, and how long the same must be said to be believed."""
    if evidence.reply.doubt:
        yield evidence.reply.doubt, evidence.reply.after
    move = _move(reading, evidence)
    if move is None or abs(move) <= QUIET:
        return
    if evidence.name and reading.name and not are_alike(evidence.name, reading.name):
        text = f"{_jump(reading, evidence)}, and it is called {reading.name!r} now"
        yield text, AFTER_DENIED
    if abs(_supply_change(reading, evidence.level)) > SUPPLY:
        text = f"{_jump(reading, evidence)}, but its market value did not move with it"
        yield text, AFTER_DENIED
    if _is_jump(reading, evidence, move):
        text = f"{_jump(reading, evidence)}; no second source or later reading confirms it yet"
        yield text, AFTER if abs(move) < HUGE else AFTER_HUGE


def _is_jump(reading: Reading, evidence: Evidence, move: float) -> bool:
    last, level, reply = evidence.last, evidence.level, evidence.reply
    if _is_beyond(move, reply.move, None if level is None else reading.at - level.at):
        return True
    if last is not None and _is_beyond(log_move(reading, last), reply.step, reading.at - last.at):
        return True
    is_known = level is not None and _is_far(level.price, evidence)
    return _is_far(reading.price, evidence) and not is_known


def _is_beyond(move: float, market: float, passed: timedelta | None) -> bool:
    """Tell whether a move is too large, by itself and beside the market's."""
    # A stablecoin stands still while the market falls: that is no jump, whatever the distance.
    return min(abs(move), abs(move - market)) > _largest(passed)


def _is_far(price: Decimal, evidence: Evidence) -> bool:
    middle = _median(evidence)
    return middle is not None and abs(math.log(float(price) / middle)) > FROM_MEDIAN


def _largest(passed: timedelta | None) -> float:
    """Return the largest move that needs no confirmation; it grows with the root of the time."""
    if passed is None:
        return WITHIN_A_DAY
    if passed <= SOON:
        return WITHIN_HOURS
    return WITHIN_A_DAY * min(2.0, max(1.0, math.sqrt(passed / DAY)))


def _move(reading: Reading, evidence: Evidence) -> float | None:
    """Return the log move from the level, else from the recent bars; None without either."""
    if evidence.level is not None:
        return log_move(reading, evidence.level)
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
    level = evidence.level
    if level is not None:
        past = f"{_short(level.price)} {span(reading.at - level.at)} before"
        return f"{_short(reading.price)} is {_times(reading, level.price)} the {past}"
    middle = Decimal(_median(evidence) or 1.0)
    return (
        f"{_short(reading.price)} is {_times(reading, middle)} the {_short(middle)}"
        " of the last days"
    )


def _times(reading: Reading, reference: Decimal) -> str:
    return f"{float(reading.price / reference):.4g} times"


def _short(price: Decimal) -> str:
    return f"{float(price):.6g}"


def span(time: timedelta) -> str:
    """Say how long something is: `31 minutes`, `20 hours`, `3 days`."""
    minutes = round(abs(time) / timedelta(minutes=1))
    for size, word in ((2880, "days"), (120, "hours")):
        if minutes >= size:
            return f"{minutes // (size // 2)} {word}"
    return counted(minutes, "minute")
