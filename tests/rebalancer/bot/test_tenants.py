"""Nobody reads what is another's, whatever they ask, press or send; seen to in one place."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

import rebalancer.bot
from portfolios.model.users import Person
from portfolios.store.portfolio_store import Store
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.registry import COMMANDS
from rebalancer.bot.reply import Reply
from rebalancer.usecases.monitoring.check import check
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.weekly_report import make_report, send_report
from tests.rebalancer.bot.bot_fixture import MARKET
from tests.rebalancer.bot.tenants import (
    CORAL,
    GROUP,
    HOUSES,
    QUARTZ,
    WHOSE,
    Houses,
    everything,
)

USERS = tuple(WHOSE)
A_HOUSE = 60
"""Cases on one database; then the next begins anew."""
SLOW = ("chart", "report", "rebalance", "whatif")
"""Commands that solve or draw; they are asked less often."""
WEIGHTS = {name: 1 if name in SLOW else 8 for name in COMMANDS}
PREFERENCES = ("stop", "settings", "mute")
ACTIONS = ("why", "ok", "no", "yes", "skip", "later", "chart", "book", "booked", "keep", "drop",
           "gone", "stay", "price", "noprice", "draft")  # fmt: skip
EACH = 5
"""Own words are looked for in every fifth answer."""
COMMON = (
    "", "page=2", "page=999", "SOL", "bitcoin", "all", "of=value", "of=risk", "of=sectors",
    "cash=500", "mode=hybrid", "sector.meme.max=5%", "kind=no_sell", "until=2030-01-01",
    "reason=because", "quiet=22:00-07:00", "amounts=hide", "price bitcoin > 100000", "8h",
    "sort=change", "token=solana", "draft=none", "link", "remove", "%", "'; --", "\u202e", "*",
)  # fmt: skip


class Case:
    """One thing that one person does, chosen at random, and what it must not tell them."""

    def __init__(self, houses: Houses, chance: Random, buttons: dict[str, tuple[int, str]]) -> None:
        self.houses, self.chance, self.buttons = houses, chance, buttons
        self.user = chance.choice(USERS)
        self.own = WHOSE[self.user]
        self.other = CORAL if self.own is QUARTZ else QUARTZ
        self.typed = ""

    def run(self) -> str:
        """Do it; return what they read then."""
        kinds = [self._press, self._press, *[self._ask] * 5, self._ask_in_group,
                 self._send]  # fmt: skip
        reply = self.chance.choice(kinds)()
        if reply is not None and reply.message is not None:
            for button in (b for row in reply.message.buttons for b in row):
                # A button may repeat what its reader wrote.
                _, earlier = self.buttons.get(button.payload, (0, ""))
                self.buttons[button.payload] = self.user, f"{earlier} {self.typed}"
        return everything(reply)

    def _words(self) -> str:
        houses, house = self.houses, self.chance.choice((self.own, self.own, self.other))
        names = [*house.names, f"{house.names[0]}e", house.word, f"{house.word}-token"]
        names += [f"{house.word}owner", f"link {house.word}owner", f"remove {house.word}looker"]
        names += [*houses.plans(house), f"of={house.names[0]}"]
        names += [f"{house.names[1]} {word}" for word in self.chance.sample(COMMON, 3)]
        chosen = self.chance.sample((*names, *COMMON), self.chance.randint(0, 2))
        return " ".join(chosen)

    def _ask(self) -> Reply | None:
        self.typed = f"/{self._command()} {self._words()}"
        return self.houses.dispatcher.answer(self.houses.heard(self.typed, self.user))

    def _command(self) -> str:
        return self.chance.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]

    def _ask_in_group(self) -> Reply | None:
        self.typed = f"/{self._command()} {self._words()}"
        where = {"chat": GROUP, "is_private": False}
        return self.houses.dispatcher.answer(self.houses.heard(self.typed, self.user, **where))

    def _send(self) -> Reply | None:
        paper = self.chance.choice(self.houses.files(self.own))
        self.typed = f"/import {self._words()}"
        heard = self.houses.heard(self.typed, self.user, file=paper)
        return self.houses.dispatcher.answer(heard)

    def _press(self) -> Reply | None:
        plans = self.houses.plans(self.chance.choice(HOUSES))
        made = [f"{action}:{plan}" for action in ACTIONS for plan in plans]
        mine = [payload for payload, (user, _) in self.buttons.items() if user == self.user]
        pool = self.chance.choice([made, list(self.buttons), mine, mine]) or made
        payload = self.chance.choice(pool)
        _, self.typed = self.buttons.get(payload, (0, ""))
        return self.houses.press(payload, self.user)


def leaks(text: str, canaries: Iterable[str], *, typed: str = "") -> set[str]:
    """Return the canaries in a text but for those that its reader wrote himself."""
    return {c for c in canaries if c in text and c.casefold() not in typed.casefold()}


def run(path: Path, cases: int, seed: int) -> Counter[str]:
    """Let people do this many things; return how often what is one's own was read."""
    chance, read = Random(seed), Counter[str]()  # noqa: S311
    for number in range(cases):
        if number % A_HOUSE == 0:
            place = path / f"{seed}-{number}"
            place.mkdir()
            houses, buttons = Houses(place), dict[str, tuple[int, str]]()
        case = Case(houses, chance, buttons)
        told = case.run()
        what = f"seed {seed}, case {number}: {case.user} {case.typed!r}\n{told}"
        assert not leaks(told, houses.canaries(case.other), typed=case.typed), what
        if number % EACH == 0:
            read[case.own.word] += bool(leaks(told, houses.canaries(case.own), typed=case.typed))
        houses.now += timedelta(seconds=20)
        if any(word in case.typed for word in PREFERENCES):
            houses.settle()
        if number % A_HOUSE == A_HOUSE - 1 or number == cases - 1:
            assert_no_message_leaks(houses)
    return read


def assert_no_message_leaks(houses: Houses) -> int:
    """Look through all that waits for each; return how many messages there were."""
    seen = 0
    for house, other in ((QUARTZ, CORAL), (CORAL, QUARTZ)):
        for person in house.people:
            for text in houses.outbox(person.name):
                seen += 1
                assert not leaks(text, houses.canaries(other)), text
    return seen


SEEDS = [pytest.param(150, n, id=f"always-{n}") for n in (1,)]
SEEDS += [
    pytest.param(2_500, n, marks=pytest.mark.campaign, id=f"long-{n}") for n in (11, 12, 13, 14)
]


@pytest.mark.parametrize(("cases", "seed"), SEEDS)
def test_whatever_is_done_nothing_of_anothers_is_told(
    tmp_path: Path, cases: int, seed: int
) -> None:
    read = run(tmp_path, cases, seed)
    # Each reads a good deal of their own: the words that must not appear are words that do appear.
    assert min(read[house.word] for house in HOUSES) > cases / EACH / 20, read


FORMS = ("X", "X SOL", "draft=X", "of=X", "link X", "remove X")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"stop"}))
def test_what_is_anothers_is_as_unknown_as_what_is_not_there(tmp_path: Path, name: str) -> None:
    houses = Houses(tmp_path)
    there, nowhere = CORAL.names[0], "arbol-one"
    for form in FORMS:
        answers = []
        for word in (there, nowhere):
            text = f"/{name} {form.replace('X', word)}"
            reply = houses.dispatcher.answer(houses.heard(text, QUARTZ.user))
            answers.append(everything(reply).replace(word, "X"))
            houses.settle()
        assert unnamed(answers[0]) == unnamed(answers[1]), form
        houses.now += timedelta(minutes=1)


def unnamed(text: str) -> str:
    """Leave out what differs each time: the names of buttons and drafts, the rest of a credit."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(("do:", "keep:",
                     "drop:", "gone:", "stay:", "price:", "noprice:")))  # fmt: skip


def test_messages_of_a_round_reach_those_alone_whom_they_concern(tmp_path: Path) -> None:
    houses = Houses(tmp_path)
    with houses.store() as store:
        everybody = PeopleStore(store.database).everybody()
        for house in HOUSES:
            look_at(store, house.names[0], everybody, houses)
    assert assert_no_message_leaks(houses) >= 8


def look_at(store: Store, name: str, people: tuple[Person, ...], houses: Houses) -> None:
    """Judge, propose and report one portfolio to everybody, as the service does."""
    analysis = analyse(store.load_portfolio(name), MARKET)
    findings, plan = findings_of(analysis), propose(analysis).plan
    now = houses.now
    check(store, analysis, findings=findings, plan=plan, people=people, now=now)
    made = make_report(store, analysis, insights=houses.dispatcher.insights())
    assert send_report(store, made, people, now=now)


SEES_ALL = ("list_portfolios", "load_portfolio", "load_plan", "plans", "unrecorded", "kept_as",
            "row", "rows")  # fmt: skip
ALLOWED = {
    ("request.py", "list_portfolios"): "the one place that filters by person",
    (
        "commands/proposals/buttons.py",
        "load_plan",
    ): "a button names a plan; whose it is is asked before anything",
    ("commands/accounts/locks.py", "kept_as"): "of a portfolio that they see, as it is kept",
}


def test_only_one_place_reads_what_is_everybodys() -> None:
    found = set()
    bot = Path(rebalancer.bot.__path__[0])
    for file in bot.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in SEES_ALL:
                    found.add((file.relative_to(bot).as_posix(), name))
    assert found == set(ALLOWED)
