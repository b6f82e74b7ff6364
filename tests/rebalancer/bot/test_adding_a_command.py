"""A further command is a function from a request to a reply, named in the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from portfolios.model.users import Role
from rebalancer.bot.dispatcher import Dispatcher
from rebalancer.bot.registry import EVERY, table_of
from rebalancer.bot.reply import Command, Reply, reply_with
from rebalancer.bot.request import Request
from tests.rebalancer.bot.bot_fixture import OWNER, STRANGER, VIEWER, Bot, text_of


def count(request: Request) -> Reply:
    return reply_with(request, f"{request.person.name} sees {len(request.portfolios())}")


COUNT = Command("count", "how many portfolios you see", Role.VIEWER, count)
RESET = Command("reset", "an owner's command", Role.OWNER, count)


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


@pytest.fixture
def dispatcher(bot: Bot) -> Dispatcher:
    return replace(bot.dispatcher, commands=table_of((*EVERY, COUNT, RESET)))


def test_it_is_answered_with_the_rights_of_whoever_asks(bot: Bot, dispatcher: Dispatcher) -> None:
    def say(text: str, user: int) -> str:
        return text_of(dispatcher.answer(bot.heard(text, user)))

    assert "ann sees 2" in say("/count", OWNER)
    assert "bob sees 1" in say("/count", VIEWER)
    assert "/reset is for owners" in say("/reset", VIEWER)
    assert say("/count", STRANGER) == ""


def test_the_help_lists_it_and_a_slip_finds_it(bot: Bot, dispatcher: Dispatcher) -> None:
    shown = text_of(dispatcher.answer(bot.heard("/help", VIEWER)))
    assert "/count how many portfolios you see" in shown
    assert "/reset" not in shown
    assert "did you mean /count?" in text_of(dispatcher.answer(bot.heard("/cuont", OWNER)))


def test_the_bot_without_it_knows_nothing_of_it(bot: Bot) -> None:
    assert "/count is no command" in bot.say("/count")
