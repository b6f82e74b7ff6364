"""How fast messages may go out."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.rate_limit import MINUTE, ZERO, Limits, RateLimiter
from alerts.messages import Promise
from tests.alerts.delivery.delivery_examples import NOW, SECOND, most_in_a_second

MILLISECOND = timedelta(milliseconds=1)


def take(
    limiter: RateLimiter, address: str, now: datetime, promise: Promise = Promise.ONCE
) -> timedelta:
    return limiter.take("telegram", address, promise, now).wait


def times_taken(
    limiter: RateLimiter, address: str, now: datetime, promise: Promise = Promise.ONCE
) -> int:
    """Count how many go out at one moment."""
    count = 0
    while take(limiter, address if address == "one" else f"{promise}{count}", now, promise) == ZERO:
        count += 1
    return count


def test_bulk_leaves_room_for_urgent_messages() -> None:
    limiter = RateLimiter()
    assert times_taken(limiter, "many", NOW) == 25
    assert times_taken(limiter, "many", NOW, Promise.MUST) == 5
    assert times_taken(limiter, "many", NOW + SECOND - MILLISECOND) == 0
    assert times_taken(limiter, "many", NOW + SECOND) == 25


def test_an_address_takes_three_at_once_then_one_a_second() -> None:
    limiter = RateLimiter()
    assert times_taken(limiter, "one", NOW) == 3
    for second in range(1, 20):
        assert times_taken(limiter, "one", NOW + second * SECOND + MILLISECOND) == 1


def test_the_wait_of_one_address_is_its_own() -> None:
    limiter = RateLimiter()
    times_taken(limiter, "one", NOW)
    turn = limiter.take("telegram", "one", Promise.MUST, NOW)
    assert turn.is_address
    assert ZERO < turn.wait <= SECOND + MILLISECOND
    assert take(limiter, "two", NOW) == ZERO
    assert limiter.take("email", "one", Promise.MUST, NOW).wait == ZERO


def test_a_group_takes_twenty_a_minute() -> None:
    limiter, now, taken = RateLimiter(), NOW, []
    while now < NOW + 10 * MINUTE:
        wait = take(limiter, "-100200", now)
        if wait == ZERO:
            taken.append(now)
        now += wait or MILLISECOND
    assert len(taken) == 200
    assert all(b - a >= MINUTE for a, b in zip(taken, taken[20:], strict=False))


def test_an_address_that_begins_with_a_minus_is_no_group_unless_it_is_a_number() -> None:
    limiter = RateLimiter(Limits(group=1))
    assert [take(limiter, "-x@example.org", NOW) for _ in range(3)] == [ZERO] * 3


def test_a_parked_address_waits_alone() -> None:
    limiter = RateLimiter()
    limiter.park("telegram", "one", until=NOW + 30 * SECOND, now=NOW)
    limiter.park("telegram", "one", until=NOW + 10 * SECOND, now=NOW)
    assert take(limiter, "one", NOW + 10 * SECOND) == 20 * SECOND
    assert take(limiter, "one", NOW + 30 * SECOND) == ZERO
    assert take(limiter, "two", NOW) == ZERO
    assert not limiter.is_slow(NOW)


def test_three_addresses_parked_within_a_second_slow_everything() -> None:
    limiter = RateLimiter()
    for number, at in enumerate((0.0, 0.6, 1.1)):
        when = NOW + at * SECOND
        limiter.park("telegram", f"{number}", until=when + MINUTE, now=when)
    assert not limiter.is_slow(NOW + 1.1 * SECOND)
    limiter.park("telegram", "9", until=NOW + MINUTE, now=NOW + 1.2 * SECOND)
    assert times_taken(limiter, "many", NOW + 2 * SECOND) == 12
    assert times_taken(limiter, "many", NOW + 2 * SECOND, Promise.MUST) == 5
    assert times_taken(limiter, "many", NOW + 31.2 * SECOND) == 25


def test_one_address_that_asks_often_slows_nobody_else() -> None:
    limiter = RateLimiter()
    for _ in range(5):
        limiter.park("telegram", "one", until=NOW + SECOND, now=NOW)
    assert not limiter.is_slow(NOW)


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    limiter = RateLimiter()
    times_taken(limiter, "many", NOW)
    times_taken(limiter, "one", NOW)
    yesterday = NOW - timedelta(days=1)
    assert take(limiter, "one", yesterday) == ZERO


def test_only_the_last_minute_is_remembered() -> None:
    limiter, now = RateLimiter(), NOW
    for number in range(5000):
        while wait := take(limiter, f"{number}", now):
            now += wait
    assert limiter.remembered <= 25 * 60 + 25


ASKED = st.tuples(st.integers(0, 1500), st.sampled_from(["1", "2", "-3"]), st.sampled_from(Promise))


@given(asked=st.lists(ASKED, min_size=20, max_size=150))
def test_no_second_ever_holds_too_many(asked: list[tuple[int, str, Promise]]) -> None:
    limiter, now = RateLimiter(Limits(bulk=4, reserve=2)), NOW
    every: list[tuple[datetime, Promise]] = []
    each: dict[str, list[datetime]] = defaultdict(list)
    for later, address, promise in asked:
        now += later * MILLISECOND / 5
        wait = take(limiter, address, now, promise)
        if wait == ZERO:
            every.append((now, promise))
            each[address].append(now)
    assert most_in_a_second([at for at, _ in every]) <= 6
    assert most_in_a_second([at for at, promise in every if promise is not Promise.MUST]) <= 4
    assert all(most_in_a_second(moments) <= 3 for moments in each.values())


@given(
    address=st.sampled_from(["1", "-3"]), parked=st.integers(0, 100_000), taken=st.integers(0, 9)
)
def test_whoever_waits_as_told_is_served(address: str, parked: int, taken: int) -> None:
    limiter, now = RateLimiter(), NOW
    for _ in range(taken):
        take(limiter, address, now)
    if parked:
        limiter.park("telegram", address, until=now + parked * MILLISECOND, now=now)
    now += take(limiter, address, now)
    assert take(limiter, address, now) == ZERO or parked == taken == 0
