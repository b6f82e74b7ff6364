"""Prints how long each command takes to be answered through the wire: python -m ... measuring."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

from rebalancer.bot.registry import COMMANDS
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.bot.bot_fixture import MARKET, OWNER, Bot
from tests.rebalancer.bot.telegram_fixture import hear, message, private, wired
from tests.standins.telegram import TelegramStandin

WORDS = {"token": "SOL", "alert": "shared value > 1", "whatif": "shared cash=500", "mute": "8h",
         "lock": "shared BTC", "unlock": "shared BTC", "chart": "shared of=risk"}  # fmt: skip
RUNS = 5
BOUND = 300.0


async def measure(bot: Bot, server: TelegramStandin) -> dict[str, float]:
    """Return milliseconds from an update's arrival until its answer is out, by command."""
    found = {}
    async with wired(server, bot.dispatcher) as made:
        for name in (name for name in COMMANDS if name != "stop"):
            text = f"/{name} {WORDS.get(name, 'shared')}"
            times = []
            for _ in range(RUNS):
                bot.now += timedelta(minutes=5)
                said = message(text, at=bot.now, chat=private(OWNER), sender=OWNER)
                begun = time.perf_counter()
                await hear(made, {"message": said})
                times.append((time.perf_counter() - begun) * 1000)
            found[name] = median(times)
    return found


def solve_alone(bot: Bot) -> float:
    """Return milliseconds that one proposal takes by itself."""
    with bot.store() as store:
        own = store.load_portfolio("shared")
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        propose(analyse(own, MARKET))
        times.append((time.perf_counter() - begun) * 1000)
    return median(times)


def main() -> None:
    """Print one line a command; those that solve are shown beside their solve."""
    with tempfile.TemporaryDirectory() as folder, TelegramStandin(OWNER) as server:
        bot = Bot(Path(folder))
        bot.ask_proposal("shared")
        found = asyncio.run(measure(bot, server))
        solve = solve_alone(bot)
    for name, milliseconds in sorted(found.items(), key=lambda pair: -pair[1]):
        sys.stdout.write(f"/{name:12} {milliseconds:8.1f} ms\n")
    sys.stdout.write(f"one solve     {solve:8.1f} ms; bound beyond it {BOUND:.0f} ms\n")


if __name__ == "__main__":
    main()
