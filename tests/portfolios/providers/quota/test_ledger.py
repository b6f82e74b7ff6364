from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.errors import CredentialError, QuotaSpentError
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.pauses import Cause, pause, resume
from portfolios.providers.quota.quota import WINDOW_SECONDS, Credit, CreditPlan, Wait
from portfolios.store.database import Database, open_database
from portfolios.values.time import Moment

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PLANS = {"tm": CreditPlan(per_minute=1, monthly=50), "cg": CreditPlan(per_minute=10, monthly=None)}
MINUTE = 61.0


@dataclass
class Clock:
    """Both clocks of a machine, moved by hand; `real` is the true time that no program sees."""

    wall: datetime = NOW
    steady: float = 1000.0
    real: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> Moment:
        return Moment(self.wall, self.steady)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds
        self.real += seconds


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "rebalancer.db") as opened:
        yield opened


def statuses(database: Database) -> list[str]:
    return [row["status"] for row in database.rows("SELECT status FROM credits ORDER BY number")]


def test_a_credit_is_counted_before_the_call_and_stays_counted(database: Database) -> None:
    clock = Clock()
    got = Ledger(database, PLANS, clock=clock).reserve("tm", "trading-signals")
    assert isinstance(got, Credit)
    assert statuses(database) == ["reserved"]
    clock.sleep(MINUTE)
    again = Ledger(database, PLANS, clock=clock)  # the first process was killed
    credit = again.take("tm", "trading-signals", sleep=clock.sleep)
    again.settle(credit, "503")
    assert statuses(database) == ["reserved", "503"]
    assert again.usage("tm").used == 2


def test_a_full_minute_says_how_long_to_wait(database: Database) -> None:
    clock = Clock()
    ledger = Ledger(database, PLANS, clock=clock)
    ledger.reserve("tm", "tokens")
    clock.sleep(20.5)
    assert ledger.reserve("tm", "tokens") == Wait(MINUTE - 20.5)
    assert len(statuses(database)) == 1
    ledger.take("tm", "tokens", sleep=clock.sleep)
    assert clock.slept == [20.5, MINUTE - 20.5]


def test_several_calls_a_minute_may_follow_each_other_at_once(database: Database) -> None:
    clock = Clock()
    ledger = Ledger(database, PLANS, clock=clock)
    got = [ledger.reserve("cg", "markets") for _ in range(11)]
    assert [isinstance(one, Credit) for one in got] == [True] * 10 + [False]
    assert isinstance(ledger.reserve("tm", "tokens"), Credit)  # another provider has its own minute


def test_a_clock_set_back_or_forward_never_shortens_the_minute(database: Database) -> None:
    clock = Clock()
    Ledger(database, PLANS, clock=clock).reserve("tm", "tokens")
    for jump in (-86_400, -30, 86_400):
        clock.wall += timedelta(seconds=jump)
        assert isinstance(Ledger(database, PLANS, clock=clock).reserve("tm", "tokens"), Wait)
    Ledger(database, PLANS, clock=clock).take("tm", "tokens", sleep=clock.sleep)
    assert 60 < clock.real <= 2 * MINUTE


def test_after_a_restart_of_the_machine_the_minute_is_waited_out(database: Database) -> None:
    clock = Clock()
    Ledger(database, PLANS, clock=clock).reserve("tm", "tokens")
    clock.steady, clock.wall = 12.0, clock.wall + timedelta(days=1)
    assert Ledger(database, PLANS, clock=clock).reserve("tm", "tokens") == Wait(MINUTE - 12)


def drain(ledger: Ledger, clock: Clock, *, most: int = 100) -> int:
    for made in range(most):
        try:
            ledger.take("tm", "tokens", sleep=clock.sleep)
        except QuotaSpentError:
            return made
    return most


def test_a_tenth_of_the_month_is_left_for_commands_that_people_type(database: Database) -> None:
    clock = Clock()
    assert drain(Ledger(database, PLANS, clock=clock), clock) == 45
    assert drain(Ledger(database, PLANS, clock=clock, manual=True), clock) == 5
    usage = Ledger(database, PLANS, clock=clock).usage("tm")
    assert (usage.used, usage.left, usage.month, usage.today) == (50, 0, "2026-11", 50)


def test_the_month_changes_at_midnight_utc(database: Database) -> None:
    clock = Clock(wall=datetime(2026, 11, 30, 22, tzinfo=UTC))
    ledger = Ledger(database, PLANS, clock=clock, manual=True)
    assert drain(ledger, clock) == 50
    clock.wall = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(QuotaSpentError, match="50 of the 50 calls of 2026-11") as caught:
        ledger.reserve("tm", "tokens")
    assert "new ones come in 1 day;" in caught.value.hint
    clock.wall = datetime(2026, 12, 1, tzinfo=UTC)
    assert isinstance(ledger.take("tm", "tokens", sleep=clock.sleep), Credit)


def test_a_clock_set_back_over_the_month_opens_no_month_twice(database: Database) -> None:
    clock = Clock(wall=datetime(2026, 12, 1, 0, 10, tzinfo=UTC))
    ledger = Ledger(database, PLANS, clock=clock, manual=True)
    assert drain(ledger, clock, most=30) == 30
    clock.wall = datetime(2026, 11, 30, 20, tzinfo=UTC)
    assert drain(ledger, clock) == 20
    clock.wall = datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert drain(ledger, clock) == 0


def test_a_run_makes_no_more_calls_than_it_may(database: Database) -> None:
    clock = Clock()
    ledger = Ledger(database, PLANS, clock=clock, max_calls=2)
    ledger.take("cg", "markets", sleep=clock.sleep)
    assert (ledger.left("cg"), ledger.is_capped) == (1, False)
    ledger.take("tm", "tokens", sleep=clock.sleep)
    assert (ledger.left("cg"), ledger.is_capped) == (0, True)
    with pytest.raises(QuotaSpentError, match="this run may make 2 calls") as caught:
        ledger.reserve("cg", "markets")
    assert "run again" in caught.value.hint
    assert Ledger(database, PLANS, clock=clock).left("tm") == 44


def test_a_pause_is_told_once_and_holds_over_restarts(database: Database) -> None:
    clock, until = Clock(), NOW + timedelta(days=1)
    told = [
        pause(
            database, "tm", Cause.CREDENTIAL, reason="the key was refused", since=NOW, until=until
        )
        for _ in range(3)
    ]
    assert told == [True, False, False]
    with pytest.raises(CredentialError, match="the key was refused"):
        Ledger(database, PLANS, clock=clock).reserve("tm", "tokens")
    assert statuses(database) == []
    typed = Ledger(database, PLANS, clock=clock, manual=True)
    assert isinstance(typed.reserve("tm", "tokens"), Credit)
    resume(database, "tm")
    clock.sleep(MINUTE)
    assert isinstance(Ledger(database, PLANS, clock=clock).reserve("tm", "tokens"), Credit)


def test_a_pause_ends_by_itself_and_may_cover_one_endpoint_only(database: Database) -> None:
    clock = Clock()
    pause(
        database, "cg", Cause.QUOTA, reason="three refusals in a row", endpoint="markets",
        since=NOW, until=NOW + timedelta(hours=1),
    )  # fmt: skip
    ledger = Ledger(database, PLANS, clock=clock)
    assert isinstance(ledger.reserve("cg", "list"), Credit)
    with pytest.raises(QuotaSpentError, match="three refusals"):
        ledger.reserve("cg", "markets")
    clock.sleep(3600)
    assert isinstance(ledger.reserve("cg", "markets"), Credit)


def live_through(database: Database, months: int, seed: int) -> Counter[str]:
    """Live through months with failures, kills, restarts and wrong clocks; count what was called.

    Jumps of the clock stay within the hour and away from the month's border, because nobody who
    looks at a wrong clock there can know which month it is.
    """
    chance, clock = random.Random(seed), Clock(wall=datetime(2027, 1, 1, 2, tzinfo=UTC))  # noqa: S311
    truth: Counter[str] = Counter()
    last_call = -1e9
    for _ in range(months):
        month, refused = f"{clock.wall:%Y-%m}", 0
        while refused < 3 and f"{clock.wall:%Y-%m}" == month:
            ledger = Ledger(database, PLANS, clock=clock, manual=chance.random() < 0.5)
            if chance.random() < 0.1 and 2 < clock.wall.day < 27:
                clock.wall += timedelta(seconds=chance.uniform(-3000, 3000))
            if chance.random() < 0.05:
                clock.steady = 0.0  # the machine restarts, and its steady clock with it
                clock.sleep(chance.uniform(0, 300))
            try:
                got = ledger.reserve("tm", "tokens")
            except QuotaSpentError:
                refused += 1
                continue
            if isinstance(got, Wait):
                clock.sleep(got.seconds * chance.choice([0.5, 1.0]))
                continue
            if chance.random() < 0.1:
                continue  # killed after the reservation, before the call
            assert clock.real - last_call >= 60
            truth[month] += 1
            last_call = clock.real
            if chance.random() < 0.5:  # else killed after the call
                ledger.settle(got, chance.choice(["200", "429", "500"]))
            clock.sleep(chance.uniform(0, 40_000))
        nxt = (clock.wall.replace(day=1) + timedelta(days=32)).replace(day=1, hour=2)
        if f"{clock.wall:%Y-%m}" == month:
            clock.sleep((nxt - clock.wall).total_seconds())
    return truth


@settings(max_examples=4, deadline=None, database=None)
@given(seed=st.integers(0, 2**32))
def test_no_month_ever_brings_more_calls_than_the_plan(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    with open_database(tmp_path_factory.mktemp("months") / "rebalancer.db") as database:
        truth = live_through(database, 3, seed)
        recorded = database.rows("SELECT month, count(*) AS calls FROM credits GROUP BY month")
    counted = {row["month"]: row["calls"] for row in recorded}
    assert 30 < max(truth.values()) <= 50
    assert all(truth[month] <= counted[month] <= 50 for month in truth)


@pytest.mark.campaign
def test_a_thousand_months_never_bring_more_calls_than_the_plan(database: Database) -> None:
    truth = live_through(database, 1000, seed=3)
    assert len(truth) >= 990
    assert 40 < max(truth.values()) <= 50


# One interpreter forks children that all wait at a gate (a pipe) and then start at once. A call
# is one byte appended to a file: what really went out, whatever the ledger says.
RACE = """
import json, os, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from portfolios.store.database import open_database
from portfolios.errors import QuotaSpentError
from portfolios.providers.quota.quota import Credit, CreditPlan
from portfolios.providers.quota.ledger import Ledger
from portfolios.values.time import Moment

folder, per_minute, monthly, spent, rounds = Path(sys.argv[1]), *map(int, sys.argv[2:6])
path, calls = folder / "rebalancer.db", folder / "calls"
plans = {"tm": CreditPlan(per_minute=per_minute, monthly=monthly)}
START = datetime(2026, 11, 22, 9, tzinfo=UTC)

def clock_at(minutes):
    return lambda: Moment(START + timedelta(minutes=2 * minutes), 120.0 * (minutes + 2000))

def call():
    with calls.open("ab", buffering=0) as file:
        file.write(b"x")

def one(gate, number, turn):
    with open_database(path) as database:
        ledger = Ledger(database, plans, clock=clock_at(turn), manual=True)
        os.read(gate, 1)
        try:
            got = ledger.reserve("tm", "tokens")
        except QuotaSpentError:
            return
        if isinstance(got, Credit):
            call()
            if (number + turn) % 2:
                os._exit(9)  # killed between the call and its record
            ledger.settle(got, "200")

def fork(work):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child

with open_database(path) as database:
    for i in range(spent):
        got = Ledger(database, plans, clock=clock_at(-1000 + i), manual=True).reserve("tm", "old")
        assert isinstance(got, Credit)
codes, per_round = [], []
for turn in range(rounds):
    gate, opener = os.pipe()
    before = calls.stat().st_size if calls.exists() else 0
    children = [fork(lambda n=n: one(gate, n, turn)) for n in range(8)]
    os.write(opener, b"x" * 8)
    codes += [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    per_round.append((calls.stat().st_size if calls.exists() else 0) - before)
with open_database(path) as database:
    recorded = database.rows("SELECT count(*) AS n FROM credits WHERE endpoint = 'tokens'")[0]["n"]
print(json.dumps({"codes": sorted(set(codes)), "rounds": per_round, "recorded": recorded}))
"""


def race(
    folder: Path, *, per_minute: int, monthly: int, spent: int, rounds: int
) -> dict[str, object]:
    numbers = [str(n) for n in (per_minute, monthly, spent, rounds)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RACE, str(folder), *numbers],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    assert set(found["codes"]) <= {0, 9}  # type: ignore[call-overload]
    return found


def test_eight_processes_that_start_at_once_share_the_last_credit(tmp_path: Path) -> None:
    found = race(tmp_path, per_minute=1000, monthly=50, spent=49, rounds=1)
    assert (found["rounds"], found["recorded"]) == ([1], 1)


def test_eight_processes_that_start_at_once_share_the_minute(tmp_path: Path) -> None:
    found = race(tmp_path, per_minute=1, monthly=50, spent=0, rounds=3)
    assert (found["rounds"], found["recorded"]) == ([1, 1, 1], 3)


@pytest.mark.campaign
def test_sixty_starts_of_eight_processes_never_exceed_plan_or_minute(tmp_path: Path) -> None:
    found = race(tmp_path, per_minute=1, monthly=50, spent=0, rounds=60)
    assert found["rounds"] == [1] * 50 + [0] * 10


def test_the_window_is_a_whole_minute() -> None:
    assert WINDOW_SECONDS > 60
