"""`explain` and `whatif` as a user meets them."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.shell import Shell

MINE = """
name = "mine"
policy = { signals = "ignore", sectors = { meme = { max = "10%" } } }
targets = { bitcoin = "50%", ethereum = "25%", uniswap = "5%", usd-coin = "15%" }
holdings = [
    { asset = "bitcoin", quantity = "0.3", lock = { kind = "frozen", reason = "staked" } },
    { asset = "ethereum", quantity = "5" },
    { asset = "pepe", quantity = "1500000000" },
    { asset = "cash", quantity = "2500" },
]
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path, REBALANCER_PROVIDER="sample")
    shell.write("mine.toml", MINE)
    assert shell.run("add", "mine.toml").code == 0
    return shell


def saved(shell: Shell) -> str:
    assert shell.run("run", "mine", "--save").code == 0
    (entry,) = json.loads(shell.run("history", "--json").out)
    return str(entry["plan"])


def content(shell: Shell) -> str:
    (path,) = shell.home.rglob("*.db")
    with sqlite3.connect(path) as connection:
        return sha256("\n".join(connection.iterdump()).encode()).hexdigest()


def document(shell: Shell, *words: str) -> dict[str, Any]:
    done = shell.run(*words, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_whatif_tells_the_difference_and_stores_nothing(shell: Shell) -> None:
    before = content(shell)
    done = shell.run("whatif", "mine", "sector.meme.max=1%", "cash=500")
    assert done.code == 0, done.err
    assert done.out.startswith("SAMPLE DATA   mine: with sector.meme.max=1% cash=500: ")
    assert "Nothing was changed." in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 100
    found = document(shell, "whatif", "mine", "sector.meme.max=1%")
    assert found["schema"] == "rebalancer.whatif/1"
    assert found["now"]["plan"] == json.loads(shell.run("run", "mine", "--json").out)["plans"][0]
    assert "pepe" in {change["asset"] for change in found["difference"]["trades"]}
    assert content(shell) == before


def test_whatif_answers_a_contradiction_and_refuses_what_means_nothing(shell: Shell) -> None:
    torn = shell.run("whatif", "mine", "sector.defi.min=30%", "sector.defi.max=20%")
    assert torn.code == 0
    assert "limits contradict each other" in torn.out
    assert "smallest relaxation" in torn.out
    found = document(shell, "whatif", "mine", "sector.defi.min=30%", "sector.defi.max=20%")
    assert found["then"]["plan"] is None
    assert found["difference"] is None
    wrong = shell.run("whatif", "mine", "colour=red", "cash=much")
    assert wrong.code == 2
    assert "key colour is unknown" in wrong.err
    assert '"much" is not a number' in wrong.err
    assert shell.run("whatif", "yours", "cash=1").code == 2


def test_explain_tells_reasons_and_why_the_rest_stays(shell: Shell) -> None:
    plan = saved(shell)
    before = content(shell)
    done = shell.run("explain", plan[:6])
    assert done.code == 0, done.err
    assert "against a target of" in done.out
    assert "it is locked: frozen (staked)" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 100
    found = document(shell, "explain", plan)
    assert found["schema"] == "rebalancer.explanation/1"
    told = {story["asset"]: story["why_not"] for story in found["assets"]}
    assert told == {"bitcoin": "it is locked: frozen (staked)"}
    assert content(shell) == before


def test_explain_tells_of_one_asset_what_would_end_its_trade(shell: Shell) -> None:
    plan = saved(shell)
    done = shell.run("explain", plan, "PEPE")
    assert done.code == 0, done.err
    assert "WHAT WOULD END IT" in done.out
    assert "sector.meme.max=" in done.out or "asset.pepe.max=" in done.out
    locked = shell.run("explain", plan, "bitcoin")
    assert "BTC is not traded: it is locked: frozen (staked)" in locked.out
    strange = shell.run("explain", plan, "nix")
    assert strange.code == 2
    assert "neither holds nor wants nix" in strange.err


def test_once_the_plan_is_booked_what_would_end_it_is_left_out(shell: Shell) -> None:
    plan = saved(shell)
    assert shell.run("apply", plan).code == 0
    (story,) = document(shell, "explain", plan, "pepe")["assets"]
    assert story["ended_by"] == []
    assert "no longer those of the plan" in story["left_out"]
