"""How long commands take from a cold start, beside `import cvxpy` alone.

    uv run --group benchmarks python -m tests.benchmarks.startup

Each round starts every process once; medians of the processor time of whole processes, which start
no other thread that matters.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks.race import race

ROUNDS = 9
BASE = "python -c 'import cvxpy'"
FILE = """
name = "benchmark"

[[holdings]]
asset = "bitcoin"
quantity = 1
[[holdings]]
asset = "ethereum"
quantity = 10
[targets]
bitcoin = 0.5
ethereum = 0.4
"""


def processes(folder: Path) -> Mapping[str, Callable[[int], object]]:
    """Return what is started, by its command line."""
    (folder / "portfolio.toml").write_text(FILE)
    ours = str(Path(sys.executable).with_name("rebalancer"))
    home = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        BASE: [sys.executable, "-c", "import cvxpy"],
        "rebalancer --help": [ours, "--help"],
        "rebalancer market --offline": [ours, "market", "--offline"],
        "rebalancer show NAME": [ours, "show", "benchmark", "--offline"],
        "rebalancer run FILE --offline": [ours, "run", "portfolio.toml", "--offline"],
    }

    def started(command: list[str]) -> Callable[[int], object]:
        return lambda _: subprocess.run(
            command, cwd=folder, env=home, check=True, capture_output=True
        )

    started([ours, "add", "portfolio.toml", "--offline"])(0)
    return {name: started(command) for name, command in commands.items()}


def of_children() -> float:
    """Return the processor seconds of all processes that were started and have ended."""
    used = os.times()
    return used.children_user + used.children_system


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        timed = race(processes(Path(folder)), range(ROUNDS), skip={}, clock=of_children)
    base = timed[BASE].seconds
    print(f"{'':34}      ms  of the import")
    for name, each in timed.items():
        print(f"{name:34}{1e3 * each.seconds:8.0f}{each.seconds / base:15.2f}")


if __name__ == "__main__":
    main()
