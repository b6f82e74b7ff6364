"""Forks lives from a process that has every library loaded and no thread; told what to do by lines.

`{"moments": ...}` starts a life and answers `born PID`; each end is told as `dead PID CODE`.
"""

from __future__ import annotations

import json
import os
import select
import sys
import traceback
from datetime import UTC, datetime

from portfolios.model.insights import Insights
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.weekly_report import make_report
from tests.rebalancer.soak.environment import core_portfolio
from tests.rebalancer.soak.lifecycle import Life, market_at

LOOK = 0.02


def warm_up(moment: datetime) -> None:
    """Do once what loads libraries, so that no life has to."""
    core, market = core_portfolio(), market_at(moment)
    propose(analyse(core, market))
    make_report(None, analyse(core, market), insights=Insights())


def main() -> None:
    warm_up(datetime(2026, 9, 21, 9, tzinfo=UTC))
    alive: set[int] = set()
    while True:
        ready, _, _ = select.select([0], [], [], LOOK if alive else None)
        if ready:
            line = read_line()
            if not line:
                return
            alive.add(begin(Life.read(json.loads(line))))
        for pid in sorted(alive):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                alive.discard(pid)
                tell(f"dead {pid} {os.waitstatus_to_exitcode(status)}")


def begin(life: Life) -> int:
    market_at(life.moments[0])  # what every life needs is made once
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            life.live()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    tell(f"born {pid}")
    return pid


def read_line() -> str:
    """Read one line without reading ahead: a child must not inherit what is meant for us."""
    found = b""
    while not found.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return ""
        found += byte
    return found.decode()


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main()
