"""Past plans and performance on the command line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.shell import Shell

MINE = """
name = "mine"
policy = { signals = "ignore" }
targets = { bitcoin = "50%", ethereum = "25%", uniswap = "5%", usd-coin = "15%" }
holdings = [
    { asset = "bitcoin", quantity = "0.3" },
    { asset = "ethereum", quantity = "5" },
    { asset = "cash", quantity = "2500" },
]
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.write("mine.toml", MINE)
    shell.run("add", "mine.toml", "--offline")
    return shell


def booked(shell: Shell) -> dict[str, object]:
    done = shell.run("run", "mine", "--offline", "--save", "--json", "--cash", "1000")
    plan: dict[str, object] = json.loads(done.out)["plans"][0]
    # The money that the plan counts on has come in when its trades are booked.
    assert shell.run("apply", str(plan["id"])).code == 0
    return plan


def performance(shell: Shell) -> dict[str, object]:
    document = json.loads(shell.run("performance", "--offline", "--json").out)
    assert document["schema"] == "rebalancer.performance/1"
    assert document["sample"] is True
    (found,) = document["portfolios"]
    return dict(found)


def test_before_anything_is_booked_it_says_so(shell: Shell) -> None:
    found = performance(shell)
    assert (found["against_nothing"], found["unknown"]) == (None, "nothing was booked yet")
    shown = shell.run("performance", "mine", "--offline").out
    assert shown.startswith("mine   nothing to set against doing nothing: nothing was booked yet")


def test_performance_adds_up_exactly_and_in_cents(shell: Shell) -> None:
    plan = booked(shell)
    found = performance(shell)["against_nothing"]
    assert isinstance(found, dict)
    for key in ("amount", "exact"):
        lines = [Decimal(found["start"][key]), *(Decimal(s[key]) for s in found["steps"])]
        assert sum(lines, Decimal(found["rounding"][key])) == Decimal(found["now"][key])
    assert [(s["cause"], s["plan"]) for s in found["steps"]] == [
        ("flow", plan["id"]),
        ("plan", plan["id"]),
    ]
    # The prices are those of the plan, so all that it has made is its cost.
    assert Decimal(found["earned"]) == -Decimal(str(plan["estimated_cost"]))
    (past,) = json.loads(shell.run("history", "--offline", "--json").out)
    assert Decimal(past["earned"]) == Decimal(found["earned"])


def test_history_tells_what_became_of_a_plan_and_splits_it_by_trade(shell: Shell) -> None:
    plan = booked(shell)
    (past,) = json.loads(shell.run("history", "--offline", "--json").out)
    assert (past["decision"], past["outcome"], past["unknown"]) == ("apply", "booked", None)
    parts = [Decimal(part["earned"]) for part in past["by_trade"]]
    assert sum(parts, Decimal(0)) == Decimal(past["earned"])
    exact = [Decimal(part["earned_since"]) for part in past["by_trade"]]
    assert sum(exact, Decimal(0)) == Decimal(past["earned_since"])
    shown = shell.run("history", "--offline", "--trades").out
    assert f"{plan['id']}  mine" in shown
    assert shown.count("buy ") + shown.count("sell ") == len(parts)
    assert "approved 1: " in shown
    assert "too few to tell (1 week, of 8 at least)" in shown


def test_people_read_the_lines_within_the_width_of_a_terminal(shell: Shell) -> None:
    booked(shell)
    shown = shell.run("performance", "--offline").out
    for word in ("SAMPLE DATA", "doing nothing", "paid in", "earned by plan", "held now"):
        assert word in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_a_portfolio_nobody_knows_is_told(shell: Shell) -> None:
    assert shell.run("performance", "nine", "--offline").code == 2
