"""The gate for a whole reply: whether its prices moved together as a market can.

A reply in another unit (a factor, another currency, a decimal shift) moves every price of it alike,
so what a coin moved together with the others proves nothing. Two things do: stablecoins, whose
price is known beforehand, and what six years of daily prices say a market does within the time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from portfolios.marketdata.price_gate import (
    AFTER,
    AFTER_DENIED,
    AFTER_HUGE,
    AGREES,
    DAY,
    Evidence,
    Reading,
    ReplyMove,
    doubt_about,
    is_price,
    log_move,
    span,
)

OFF_PEG, OFF_ALONE = math.log(1.02), math.log(1.06)
"""Where every stablecoin of a reply is further from its peg, the unit of the reply is wrong.

One stablecoin alone was up to 5.8% off in 2017 (tether), one day aside; two together never 2%.
"""
SIGMA, MOST_SIGMAS, USUAL_SIGMAS = 0.048, 12.0, 4.0
"""Of the median coin's log move of a day; the largest in six years, March 2020, was 11.8."""
SHORTEST = timedelta(hours=1)
NEVER_IN_A_DAY = math.log(2.0)
FEWEST, FEWEST_SECONDS = 5, 3
"""Coins that speak for a market, and prices of a second source that speak for a whole reply."""
LATELY = 3 * DAY
"""A stablecoin of another unit than the prices is measured against a level no older."""


@dataclass(frozen=True, slots=True)
class _Step:
    """How far the median coin moved, in logarithms, in the median time; `count` coins tell."""

    move: float
    passed: timedelta
    count: int

    @property
    def market(self) -> float:
        """The move as the market's; 0 where too few coins speak for one."""
        return self.move if self.count >= FEWEST else 0.0


def doubts_about(
    readings: Mapping[str, Reading],
    known: Mapping[str, Evidence],
    pegs: Mapping[str, str],
    *,
    currency: str,
    now: datetime,
) -> dict[str, str]:
    """Return why the prices of one reply may not be trusted, each empty when it may.

    Args:
        readings: asset id -> its new price.
        known: asset id -> what else is known of it, a second source's price included.
        pegs: asset id -> the unit that it promises, of the stablecoins.
        currency: of the prices.
        now: the moment of the judgement.
    """
    replies = reply_moves(readings, known, pegs, currency=currency)
    return {
        a: doubt_about(reading, replace(known[a], reply=replies[a]), now=now)
        for a, reading in readings.items()
    }


def reply_moves(
    readings: Mapping[str, Reading],
    known: Mapping[str, Evidence],
    pegs: Mapping[str, str],
    *,
    currency: str,
) -> dict[str, ReplyMove]:
    """Return for each asset what the prices of its reply say together; see `doubts_about`."""
    good = {a: reading for a, reading in readings.items() if is_price(reading.price)}
    off = _off_pegs({a: good[a] for a in pegs if a in good}, known, pegs, currency)
    coins = {a: reading for a, reading in good.items() if a not in pegs}
    since_level = _step(coins, {a: known[a].level for a in coins})
    since_last = _step(coins, {a: known[a].last for a in coins})
    reply = _reply_move(since_level, since_last, list(off.values()), _apart(good, known))
    # A stablecoin at its peg is right whatever the rest of its reply is.
    at_peg = {a for a, away in off.items() if abs(away) <= OFF_PEG}
    return {a: replace(reply, doubt="") if a in at_peg else reply for a in readings}


def plausible(passed: timedelta, sigmas: float = MOST_SIGMAS) -> float:
    """Return the largest log move of a whole market that the time explains."""
    return sigmas * SIGMA * math.sqrt(max(passed, SHORTEST) / DAY)


def _off_pegs(
    readings: Mapping[str, Reading],
    known: Mapping[str, Evidence],
    pegs: Mapping[str, str],
    currency: str,
) -> dict[str, float]:
    """Return how far, in logarithms, each stablecoin is from the price it should have."""
    found: dict[str, float] = {}
    for asset_id, reading in readings.items():
        par = _par(reading, known[asset_id].level, is_one=pegs[asset_id] == currency)
        if par is not None:
            found[asset_id] = log_move(reading, par)
    return found


def _par(reading: Reading, level: Reading | None, *, is_one: bool) -> Reading | None:
    """Return the price that a stablecoin should have; None where it is unknown."""
    one = Reading(Decimal(1), reading.at, "peg")
    if is_one and (level is None or abs(log_move(level, one)) <= OFF_PEG):
        return one
    # It stands for something else, or had lost its peg before: its own level must do.
    return level if level is not None and reading.at - level.at <= LATELY else None


def _step(readings: Mapping[str, Reading], past: Mapping[str, Reading | None]) -> _Step:
    """Return how far the median coin moved since an earlier price of its own."""
    both = [(now, before) for a, now in readings.items() if (before := past[a]) is not None]
    if not both:
        return _Step(0.0, timedelta(0), 0)
    seconds = median((now.at - before.at).total_seconds() for now, before in both)
    return _Step(median(log_move(*pair) for pair in both), timedelta(seconds=seconds), len(both))


def _apart(readings: Mapping[str, Reading], known: Mapping[str, Evidence]) -> list[float]:
    """Return how far, in logarithms, each price is from a second source's."""
    seconds = ((reading, known[a].second) for a, reading in readings.items())
    return [log_move(reading, second) for reading, second in seconds if second is not None]


def _reply_move(
    since_level: _Step, since_last: _Step, off_pegs: Sequence[float], apart: Sequence[float]
) -> ReplyMove:
    reply = _wrong_unit(since_last, off_pegs)
    reply = reply or _implausible(since_last) or _implausible(since_level) or ReplyMove()
    if len(apart) >= FEWEST_SECONDS and abs(median(apart)) <= reply.agrees:
        reply = ReplyMove()
    if reply.doubt:
        return reply
    return replace(reply, move=since_level.market, step=since_last.market)


def _wrong_unit(step: _Step, off_pegs: Sequence[float]) -> ReplyMove | None:
    """Return what to think where every stablecoin is off its peg; None where one is not."""
    if not off_pegs or min(map(abs, off_pegs)) <= OFF_PEG:
        return None
    unit, usual = median(off_pegs), plausible(step.passed, USUAL_SIGMAS)
    if len(off_pegs) == 1 and abs(unit) <= OFF_ALONE and abs(step.move) <= usual:
        return None
    if step.count and abs(step.move - unit) > usual:
        return None  # the coins did not move with the stablecoins, so those have lost their pegs
    why = f"the stablecoins of the reply stand at {math.exp(unit):.4g} of their pegs"
    text = f"{why}: its unit may be wrong, and no second source confirms it yet"
    return ReplyMove(doubt=text, after=AFTER_DENIED, agrees=min(AGREES, abs(unit) / 2))


def _implausible(step: _Step) -> ReplyMove | None:
    """Return what to think of a move that no market makes in the time; None where one may."""
    if abs(step.market) <= plausible(step.passed):
        return None
    why = f"the whole reply is {math.exp(step.market):.4g} times what it was"
    text = f"{why} {span(step.passed)} before; no second source or later reading confirms it yet"
    after = AFTER if abs(step.market) <= NEVER_IN_A_DAY else AFTER_HUGE
    return ReplyMove(doubt=text, after=after)
