"""Serve both providers on this machine: `python -m tests.standins --help`."""

from __future__ import annotations

import argparse
import threading
from dataclasses import fields
from typing import Any

from portfolios.values.time import utc_now
from tests.standins.coingecko import CoinGeckoSwitches
from tests.standins.server import Standin
from tests.standins.tokenmetrics import TokenMetricsSwitches
from tests.standins.world import World

KEY = "tm-0000-for-the-standin"


def main() -> None:
    """Serve until interrupted, at the real time."""
    words = _words()
    switches: dict[str, str] = dict(word.split("=", 1) for word in words.switch)
    with Standin(
        world=World(size=words.size, seed=words.seed, now=utc_now()),
        coingecko=CoinGeckoSwitches(**_of(CoinGeckoSwitches, switches)),
        tokenmetrics=TokenMetricsSwitches(**_of(TokenMetricsSwitches, switches)),
        port=words.port,
        clock=utc_now,
    ) as standin:
        for name, value in standin.environment.items():
            print(f"export {name}={value}")
        print(f"export REBALANCER_TOKENMETRICS__API_KEY={KEY}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.standins", description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--size", type=int, default=300, help="coins")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def _of(kind: type, switches: dict[str, str]) -> dict[str, Any]:
    names = {f.name for f in fields(kind)}
    own = {name: value for name, value in switches.items() if name in names}
    return {name: int(value) if value.isdigit() and name.startswith("per_") else value
            for name, value in own.items()}  # fmt: skip


if __name__ == "__main__":
    main()
