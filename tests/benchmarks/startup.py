"""How long commands take from a cold start, beside `import cvxpy` alone.

    uv run --group benchmarks python -m tests.benchmarks.startup

Each round starts every process once; times are medians of whole processes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks.race import race

ROUNDS = 15
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
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        BASE: [sys.executable, "-c", "import cvxpy"],
        "rebalancer --help": [ours, "--help"],
        "rebalancer market --offline": [ours, "market", "--offline"],
        "rebalancer run FILE --offline": [ours, "run", "portfolio.toml", "--offline"],
    }

    def started(command: list[str]) -> Callable[[int], object]:
        return lambda _: subprocess.run(command, cwd=folder, check=True, capture_output=True)

    return {name: started(command) for name, command in commands.items()}


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        timed = race(processes(Path(folder)), range(ROUNDS), skip={})
    base = timed[BASE].seconds
    print(f"{'':34}      ms  of the import")
    for name, each in timed.items():
        print(f"{name:34}{1e3 * each.seconds:8.0f}{each.seconds / base:15.2f}")


if __name__ == "__main__":
    main()
