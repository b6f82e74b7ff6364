"""Replies with every fault that was seen or thought of, against a market whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from portfolios.marketdata.price_gate import (
    Evidence,
    Reading,
    confirmed_level,
    denial_of,
    is_price,
    said_before,
)
from portfolios.marketdata.reply_gate import doubts_about, plausible
from tests.examples import examples

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UNITS = (0.0001, 0.27, 0.79, 0.92, 1.35, 3.0, 3.9, 150.0, 1000.0)
"""Of whole replies: other currencies, factors, decimal shifts."""
SHIFTED = (0.0001, 0.27, 3.0, 3.9, 150.0, 1000.0)
"""Of those that no market makes in a day, which is all that can be told without stablecoins."""
ONE_COIN = math.log(2.2)
"""A price of one coin so far from the truth is a wrong number; a real one may double in a day."""


@dataclass
class Feed:
    """A market, the replies that tell of it, and what was believed of them."""

    pegs: dict[str, str]
    seed: int = 1
    has_second: bool = False
    now: datetime = NOW
    truth: dict[str, float] = field(default_factory=dict)
    known: dict[str, Evidence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311
        self.truth = {f"coin-{n}": self.chance.uniform(1.5, 9) ** n for n in range(8)}
        self.truth |= dict.fromkeys(self.pegs, 1.0)

    def move(self, passed: timedelta) -> None:
        """Let the market live on."""
        self.now += passed
        root = math.sqrt(passed / DAY)
        market = self.chance.gauss(0, 0.04) * root
        for asset_id in self.truth:
            own = self.chance.gauss(0, 0.03) * root
            self.truth[asset_id] *= 1.0 if asset_id in self.pegs else math.exp(market + own)

    def reply(self) -> dict[str, Reading]:
        return {a: self.reading(a, price) for a, price in self.truth.items()}

    def reading(self, asset_id: str, price: float, *, cap: float | None = None) -> Reading:
        value = price if cap is None else cap
        return Reading(Decimal(price), self.now, "first", name=asset_id, market_cap=value * 1e7)

    def take(self, reply: dict[str, Reading]) -> dict[str, str]:
        """Judge a reply, remember it as the refresh does, and return the doubts about it."""
        known = {a: self.known.get(a, Evidence()) for a in reply}
        doubts = self.judge(reply, known)
        asked = [a for a, why in doubts.items() if why or said_before(reply[a], known[a])]
        if self.has_second and asked:
            seconds = {a: self.second(a) for a in asked}
            known |= {a: replace(known[a], second=other) for a, other in seconds.items()}
            doubts = self.judge(reply, known)
        for asset_id, why in doubts.items():
            self.known[asset_id] = after(reply[asset_id], known[asset_id], why)
        return doubts

    def judge(self, reply: dict[str, Reading], known: dict[str, Evidence]) -> dict[str, str]:
        pegs = {a: peg for a, peg in self.pegs.items() if a in reply}
        return doubts_about(reply, known, pegs, currency="usd", now=self.now)

    def second(self, asset_id: str) -> Reading:
        price = self.truth[asset_id] * self.chance.uniform(0.995, 1.005)
        return Reading(Decimal(price), self.now, "second")

    def is_wrong(self, reading: Reading, asset_id: str, most: float) -> bool:
        if not is_price(reading.price):
            return True
        return abs(math.log(float(reading.price) / self.truth[asset_id])) > most


def after(new: Reading, known: Evidence, why: str) -> Evidence:
    if why:
        first = said_before(new, known) or new
        return replace(known, doubtful=first, denial=denial_of(new, known), second=None)
    closes = (*known.recent, float(new.price))[-7:]
    return Evidence(new, confirmed_level(new, known), closes, name=new.name)


def feed(*, pegs: int = 2, seed: int = 1, has_second: bool = False) -> Feed:
    made = Feed({f"dollar-{n}": "usd" for n in range(pegs)}, seed, has_second)
    for _ in range(4):
        made.move(timedelta(hours=made.chance.choice((1, 24))))
        assert not any(made.take(made.reply()).values())
    return made


def scaled(reply: dict[str, Reading], factor: float) -> dict[str, Reading]:
    """Return a reply in another unit, market values included."""
    return {
        a: replace(r, price=r.price * Decimal(factor), market_cap=(r.market_cap or 0) * factor)
        for a, r in reply.items()
    }


@pytest.mark.parametrize("has_second", [False, True])
@pytest.mark.parametrize("passed", [MINUTE, DAY])
@pytest.mark.parametrize("unit", [0.27, 0.92, 3.0, 3.9])
def test_a_reply_in_another_unit_is_refused_as_a_whole(
    unit: float, passed: timedelta, has_second: bool
) -> None:
    market = feed(has_second=has_second)
    market.move(passed)
    for _ in range(4):  # nor does it help to repeat it for some hours
        doubts = market.take(scaled(market.reply(), unit))
        assert all(doubts.values())
        market.move(2 * HOUR)
    assert not any(market.take(market.reply()).values())


def test_a_first_reply_is_measured_against_the_pegs_too() -> None:
    market = Feed({"dollar-0": "usd"})
    doubts = market.take(scaled(market.reply(), 3.9))
    assert set(doubts.values()) == {
        "the stablecoins of the reply stand at 3.9 of their pegs: its unit may be wrong,"
        " and no second source confirms it yet"
    }


@pytest.mark.parametrize("unit", SHIFTED)
def test_without_stablecoins_a_market_that_no_history_knows_is_refused(unit: float) -> None:
    market = feed(pegs=0)
    market.move(MINUTE)
    doubts = market.take(scaled(market.reply(), unit))
    assert all("the whole reply is" in why for why in doubts.values())


@pytest.mark.parametrize(
    ("fall", "passed", "later"), [(0.8, HOUR / 4, HOUR), (0.5, 4 * HOUR, HOUR)]
)
def test_a_fall_of_the_whole_market_passes_with_a_second_source_or_at_a_later_reading(
    fall: float, passed: timedelta, later: timedelta
) -> None:
    for has_second in (True, False):
        market = feed(has_second=has_second)
        market.move(passed)
        market.truth = {a: p if a in market.pegs else p * fall for a, p in market.truth.items()}
        doubts = market.take(market.reply())
        assert {a for a, why in doubts.items() if not why} >= market.pegs.keys()
        assert any(doubts.values()) is not has_second
        market.move(later)
        assert not any(market.take(market.reply()).values())


def test_a_few_prices_of_a_second_source_speak_for_the_whole_reply() -> None:
    market = feed()
    market.move(MINUTE)
    market.truth = {a: p if a in market.pegs else p * 0.8 for a, p in market.truth.items()}
    known = dict(market.known)
    for asset_id in ("coin-1", "coin-2", "coin-3"):
        known[asset_id] = replace(known[asset_id], second=market.second(asset_id))
    assert not any(market.judge(market.reply(), known).values())


@pytest.mark.parametrize("price", [0.88, 1.1])
def test_a_stablecoin_that_loses_its_peg_alone_casts_no_doubt_on_the_rest(price: float) -> None:
    for pegs in (1, 2):
        market = feed(pegs=pegs)
        market.move(15 * MINUTE)
        market.truth["dollar-0"] = price
        assert not any(market.take(market.reply()).values())


def test_a_coin_is_measured_against_its_confirmed_level_and_not_its_last_step() -> None:
    market = feed()
    truth = market.truth["coin-3"]
    for _ in range(40):
        market.move(15 * MINUTE)
        market.truth["coin-3"] *= 1.4
        market.take(market.reply())
        last = market.known["coin-3"].last
        assert last is not None
        assert float(last.price) < truth * 2.2


def test_a_coin_that_really_rises_so_is_followed_once_it_stands() -> None:
    market = feed()
    for _ in range(4):
        market.move(15 * MINUTE)
        market.truth["coin-3"] *= 1.4
        market.take(market.reply())
    market.move(15 * MINUTE)
    assert "coin-3" in {a for a, why in market.take(market.reply()).items() if why}
    market.move(HOUR)
    assert not any(market.take(market.reply()).values())


def test_what_a_market_may_do_grows_with_the_root_of_the_hours() -> None:
    assert plausible(MINUTE) == plausible(HOUR) == pytest.approx(0.1176, abs=1e-4)
    assert plausible(DAY) == pytest.approx(0.576)


@pytest.mark.parametrize("count", examples(always=200, campaign=10_000))
def test_no_wrong_number_of_a_generated_reply_is_accepted(count: int) -> None:
    refused = accepted = 0
    for seed in range(count):
        market = feed(pegs=seed % 3, seed=seed, has_second=seed % 2 == 0)
        for reply, most in faulty_replies(market):
            for asset_id, why in market.take(reply).items():
                wrong = market.is_wrong(reply[asset_id], asset_id, most)
                assert why or not wrong, (seed, asset_id, reply[asset_id], market.truth[asset_id])
                refused += wrong
                accepted += not why
    assert refused > 2 * count
    assert accepted > 5 * count


def faulty_replies(market: Feed) -> Iterator[tuple[dict[str, Reading], float]]:
    """Yield the replies of one fault, each with how far from the truth a number is wrong."""
    chance = market.chance
    fault = chance.choice((_unit, _swapped, _exponent, _null, _foreign))
    market.move(chance.choice((MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY)))
    if chance.random() < 0.8:
        yield fault(market)
    else:
        yield from _steps(market)


def _unit(market: Feed) -> tuple[dict[str, Reading], float]:
    units = UNITS if len(market.pegs) > 1 else SHIFTED
    return scaled(market.reply(), market.chance.choice(units)), math.log(1.02)


def _swapped(market: Feed) -> tuple[dict[str, Reading], float]:
    """Two rows bear each other's price and market value."""
    reply = market.reply()
    one, other = market.chance.sample(sorted(reply), 2)
    for a, b in ((one, other), (other, one)):
        reply[a] = replace(market.reading(b, market.truth[b]), name=a)
    return reply, ONE_COIN


def _exponent(market: Feed) -> tuple[dict[str, Reading], float]:
    """A price is off by powers of ten, with or without its market value."""
    reply = market.reply()
    asset_id = market.chance.choice(sorted(reply))
    wrong = market.truth[asset_id] * 10.0 ** market.chance.choice((-18, -6, -3, -1, 1, 3, 6, 18))
    cap = market.chance.choice((None, market.truth[asset_id]))
    reply[asset_id] = market.reading(asset_id, wrong, cap=cap)
    return reply, ONE_COIN


def _null(market: Feed) -> tuple[dict[str, Reading], float]:
    reply = market.reply()
    asset_id = market.chance.choice(sorted(reply))
    price = Decimal(market.chance.choice(("NaN", "0", "-1", "Infinity", "1e-40", "1e40")))
    reply[asset_id] = replace(reply[asset_id], price=price)
    return reply, ONE_COIN


def _foreign(market: Feed) -> tuple[dict[str, Reading], float]:
    """A coin bears the price of another one, whose name it may bear too."""
    reply = market.reply()
    asset_id, other = market.chance.sample(sorted(reply), 2)
    reply[asset_id] = market.reading(other, market.truth[other])
    return reply, ONE_COIN


def _steps(market: Feed) -> Iterator[tuple[dict[str, Reading], float]]:
    """One coin, or the whole reply, walks away in steps that are small each."""
    step = market.chance.uniform(1.2, 1.49) ** market.chance.choice((-1, 1))
    one = market.chance.choice((None, *sorted(market.truth)))
    for n in range(1, 5):
        market.move(15 * MINUTE)
        reply = market.reply()
        part = reply if one is None else {one: reply[one]}
        yield reply | scaled(part, step**n), ONE_COIN
