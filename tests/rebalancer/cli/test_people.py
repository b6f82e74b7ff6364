"""What is proposed to different people, as they see it: each output stands beside its portfolio.

Renew them with `python -m tests.rebalancer.cli.test_people`, and read every line that changes as
somebody would who has to trust it.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from portfolios.providers.sample.market import sample_market
from rebalancer.cli.views.plan import show_plan
from rebalancer.usecases.accounts.load import load
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.shell import Shell

PEOPLE = Path(__file__).parent / "people"
NAMES = sorted(path.stem for path in PEOPLE.glob("*.toml"))
RATE = Decimal("0.90")
FLOWS = {"deposit": "5000", "withdrawal": "-12000"}


def proposed(name: str, home: Path) -> str:
    """What `run` prints for a portfolio; trailing blanks left out."""
    output = in_euros(name) if name == "euro" else run(name, home)
    return "\n".join(line.rstrip() for line in output.splitlines()) + "\n"


def run(name: str, home: Path) -> str:
    cash = [f"--cash={FLOWS[name]}"] if name in FLOWS else []
    shell = Shell(home)
    shell.write(f"{name}.toml", (PEOPLE / f"{name}.toml").read_text(encoding="utf-8"))
    return shell.run("run", f"{name}.toml", "--offline", *cash).out


def in_euros(name: str) -> str:
    """The sample market knows dollars alone, so its prices are those of a day at 0.90."""
    market = sample_market()
    quotes = {a: replace(q, price=q.price * RATE) for a, q in market.quotes.items()}
    bars = replace(market.bars, close=market.bars.close * float(RATE))
    euros = replace(market, currency="eur", quotes=quotes, bars=bars)
    portfolio = load(PEOPLE / f"{name}.toml", euros)
    console = Console(file=io.StringIO(), width=100, no_color=True, highlight=False)
    show_plan(console, propose(analyse(portfolio, euros)).plan)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_everybody_sees_what_stands_beside_their_portfolio(name: str, tmp_path: Path) -> None:
    assert proposed(name, tmp_path) == (PEOPLE / f"{name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            (PEOPLE / f"{each}.txt").write_text(proposed(each, Path(folder)), encoding="utf-8")
