"""Updates that come again after a crash, and buttons pressed by many at once, have one effect."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.usecases.proposals.status import offer
from tests.rebalancer.bot.bot_fixture import OWNER, Bot, plan_of

ROOT = Path(__file__).parents[3]
SECOND, THIRD = 21, 22


@pytest.mark.parametrize("restarts", [12, pytest.param(500, marks=pytest.mark.campaign)])
def test_an_update_that_comes_again_after_a_crash_has_one_effect(
    tmp_path: Path, restarts: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.rebalancer.bot.redelivery_fixture", str(tmp_path),
         str(restarts), "7"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    found = json.loads(done.stdout)
    assert found["restarts"] == restarts
    wrong = ("twice", "lost", "other", "unanswered", "no_ticket", "damaged")
    assert {found[key] for key in wrong} == {0}


@pytest.mark.parametrize("tries", [20, pytest.param(1000, marks=pytest.mark.campaign)])
def test_of_many_presses_at_once_one_counts(tmp_path: Path, tries: int) -> None:
    bot = Bot(tmp_path)
    with bot.store() as store:
        for number in (SECOND, THIRD):
            mine = Person(
                f"p{number}",
                Role.APPROVER,
                addresses={"telegram": str(number)},
                portfolios=("shared",),
            )
            PeopleStore(store.database).save(mine)
    plan = plan_of(bot.ask_proposal("shared"))
    chance, people = np.random.default_rng(3), (OWNER, SECOND, THIRD)
    wrong = 0
    with ThreadPoolExecutor(4) as hands:
        for _ in range(tries):
            bot.now += timedelta(minutes=3)
            with bot.store() as store, store.database.transaction():
                offer(store, store.load_plan(plan), at=bot.now)
            before = len(bot.verdicts(plan))
            tokens = {user: token_of(bot, plan, user) for user in people}
            taps = []
            for _ in range(int(chance.integers(2, 7))):
                user = people[int(chance.integers(3))]
                forwarded = people[int(chance.integers(3))]
                taps.append((str(chance.choice([f"skip:{plan}", tokens[forwarded]])), user))
            taps.append((f"skip:{plan}", OWNER))
            replies = list(hands.map(lambda tap: bot.press(*tap), taps))
            wrong += len(bot.verdicts(plan)) - before != 1
            wrong += sum(reply.notice in ("Approved.", "Skipped.") for reply in replies) != 1
            wrong += not all(reply.notice for reply in replies)
    print(f"{tries} tries, {wrong} wrong")
    assert wrong == 0


def token_of(bot: Bot, plan: str, user: int) -> str:
    asked = bot.press(f"ok:{plan}", user)
    assert asked.message is not None, asked.notice
    return asked.message.buttons[0][0].payload
