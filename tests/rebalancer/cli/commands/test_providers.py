"""Live data as a user meets them: environment variables, commands, servers that come and go."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from tests.clock import Running
from tests.shell import PROGRAM, Shell, ended
from tests.standins.server import CG, TM, Standin
from tests.standins.tokenmetrics import TokenMetricsSwitches
from tests.standins.world import World

CANARY = "tm-canary-6b1f0c2d"
HOLDINGS = "symbol,quantity\nBTC,0.5\nETH,3\nSOL,20\nUSDC,1000\n"


@pytest.fixture(autouse=True)
def _no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


def standin(**switches: object) -> Standin:
    """Both providers at the time that the program itself is told."""
    clock = Running()
    return Standin(
        world=World(size=60, now=clock()),
        tokenmetrics=TokenMetricsSwitches(**switches),  # type: ignore[arg-type]
        clock=clock,
    )


def shell_of(home: Path, server: Standin, *, key: str = CANARY) -> Shell:
    assert server.clock is not None
    environment = server.environment
    if key:
        environment["REBALANCER_TOKENMETRICS__API_KEY"] = key
    shell = Shell(home, at=server.clock(), **environment)
    shell.write("mine.csv", HOLDINGS)
    return shell


def test_add_refresh_market_run(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        added = shell.run("add", "mine.csv")
        assert added.code == 0, added.err
        assert "bitcoin: 0.5 (new)" in added.out
        assert "rebalancer refresh" in added.err
        refreshed = shell.run("refresh")
        assert refreshed.code == 0, refreshed.err
        assert re.search(r"prices\s+4 new", refreshed.out)
        assert "recorded" in refreshed.out
        rows = {row["asset"]: row for row in json.loads(shell.run("market", "--json").out)}
        told = server.world.by_id["bitcoin"]
        assert float(rows["bitcoin"]["price"]) == pytest.approx(server.world.price(told), rel=0.01)
        assert rows["bitcoin"]["grade_source"] == "tokenmetrics"
        ran = shell.run("run", "mine", "--json")
        assert ran.code == 0, ran.err
        (plan,) = json.loads(ran.out)["plans"]
        assert plan["decision"] == "hold"  # a list of coins is told, not traded
        assert any("inside the balanced limits: sell about" in word for word in plan["warnings"])
        assert "SAMPLE" not in shell.run("run", "mine").out


BUSY = {"status": 429, "headers": {"retry-after": "60"}}
ENOUGH = 3
"""Attempts at one call at most."""


def test_who_waits_for_the_list_of_coins_is_told_why_and_at_the_end_what_to_type(
    tmp_path: Path,
) -> None:
    with standin() as server:
        words = ["add", "mine.csv", "--name", "my own"]
        shell = shell_of(tmp_path, server)
        server.fault("status", provider=CG, count=ENOUGH, **BUSY)
        refused = shell.run(*words)
        assert refused.code == 7
        fetching, asked, *_, reason, hint = refused.err.splitlines()
        assert fetching == "fetching the list of all coins, in which names are looked up"
        assert asked == "too many calls for the provider, which asks to wait 60 s"
        assert reason.startswith("coingecko answered 429")
        _, _, again = hint.partition("nothing was kept; type it again in 60 s: rebalancer ")
        assert shlex.split(again) == words
        server.faults.clear()
        assert "no portfolio is stored yet" in shell.run("list").err
        assert "my own: added" in shell.run(*shlex.split(again)).out
        assert "fetching" not in shell.run(*words).err


def test_a_refresh_that_was_asked_to_wait_says_that_it_goes_on_where_it_stopped(
    tmp_path: Path,
) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        assert shell.run("add", "mine.csv").code == 0
        server.fault("status", provider=CG, count=100, **BUSY)
        refused = shell.run("refresh")
        assert refused.code == 7
        assert "run `refresh` again later; it goes on where it stopped" in refused.err
        server.faults.clear()
        assert re.search(r"prices\s+4 new", shell.run("refresh").out)


def test_without_any_key_the_grades_are_labelled_as_ours(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server, key="")
        shell.run("add", "mine.csv")
        refreshed = shell.run("refresh")
        assert "no key of Token Metrics" in refreshed.out
        assert server.count(TM) == 0
        ran = shell.run("run", "mine")
    assert ran.code == 0
    assert "technical (ours, from prices alone)" in ran.out


def test_with_the_servers_gone_the_last_good_data_serve_and_it_is_said(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        shell.run("add", "mine.csv")
        shell.run("refresh", "--max-calls", "5")
        before = shell.run("run", "mine")
    gone = shell.run("refresh")
    assert gone.code == 7
    assert "could not be reached" in gone.err
    assert "Traceback" not in gone.err
    after = shell.run("run", "mine")
    assert after.code == before.code == 0
    assert after.out == before.out


def test_a_run_of_few_calls_stops_and_the_next_goes_on(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        shell.run("add", "mine.csv")
        asked = server.count(CG)
        first = shell.run("refresh", "--max-calls", "3")
        assert first.code == 0
        assert server.count(CG) - asked == 3
        shell.run("refresh")
        assert server.count(CG, "market_chart") == 4
        assert len([c for c in server.calls if "ids" in c.query]) == 1


def test_nothing_pulled_yet_says_what_to_do(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        ran = shell.run("run", "mine.csv")
    assert ran.code == 5
    assert "rebalancer refresh" in ran.err


def test_a_plan_at_made_up_prices_is_not_booked_where_real_ones_are(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        shell.run("add", "mine.csv")
        made = shell.run("run", "mine", "--offline", "--save", "--json")
        (plan,) = json.loads(made.out)["plans"]
        shell.run("refresh")
        done = shell.run("apply", plan["id"])
    assert done.code == 2
    assert "sample's prices" in done.err


def test_with_nothing_stored_nothing_is_asked(tmp_path: Path) -> None:
    with standin() as server:
        done = shell_of(tmp_path, server).run("refresh")
    assert done.code == 0
    assert "rebalancer add" in done.err
    assert server.calls == []


def test_a_name_that_only_the_user_can_settle_is_asked_about(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        shell.write("cats.csv", "symbol,quantity\nCAT,5\n")
        refused = shell.run("add", "cats.csv")
        assert refused.code == 4
        assert "cat-5" in refused.err
        assert shell.run("add", "cats.csv", "--map", "CAT=cat-5").code == 0


def test_credits_are_counted_for_commands_too(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        assert "You said: why?" in shell.run("ask", "why?").out
        shell.run("add", "mine.csv")
        shell.run("refresh")
        usages = {u["provider"]: u for u in json.loads(shell.run("credits", "--json").out)}
        for provider in (CG, TM):
            assert usages[provider]["used"] == server.count(provider)
        assert usages[TM]["left"] == 5000 - server.count(TM)


def test_the_indices_that_can_be_followed_are_listed(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        assert "tokenmetrics:5" in shell.run("indices").out
        without = shell_of(tmp_path, server, key="").run("indices")
    assert without.code == 2
    assert "REBALANCER_TOKENMETRICS__API_KEY" in without.err


def test_the_probe_reports_shapes_and_no_content(tmp_path: Path) -> None:
    with standin(legacy_grades="404") as server:
        shell = shell_of(tmp_path, server)
        done = shell.run("probe", "--json")
    answers = {row["question"]: row["answer"] for row in json.loads(done.out)}
    assert done.code == 0
    assert len(answers) >= 12
    assert answers["trader-grades served"].startswith("status 404")
    assert "status 400" in answers["a page that is too long"]


def test_the_probe_without_a_key_says_so_and_asks_the_provider_of_prices(tmp_path: Path) -> None:
    with standin() as server:
        done = shell_of(tmp_path, server, key="").run("probe", "--json")
        assert server.count(TM) == 0
    answers = {row["question"]: row for row in json.loads(done.out)}
    assert done.code == 0
    assert answers["Token Metrics"]["answer"] == "no key is set, so nothing was asked"
    assert answers["CoinGecko answers"]["ok"]


def test_a_wrong_key_is_one_clear_message_and_prices_still_come(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server, key="wrong-key-5e6f7a")
        shell.run("add", "mine.csv")
        done = shell.run("refresh")
        assert done.code == 7
        assert re.search(r"prices\s+4 new", done.out)
        assert done.err.count("401") == 1
        assert "tokenmetrics.api_key" in done.err
        assert "wrong-key-5e6f7a" not in done.err + done.out
        assert "WRONG" in shell.run("doctor", "--online").out


def test_no_key_is_in_anything_that_a_run_writes(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        written = [shell.run("add", "mine.csv")]
        commands = (["refresh"], ["market"], ["probe"], ["credits"], ["config"], ["ask", "?"])
        written += [shell.run("--debug", *command) for command in commands]
        server.fault("status", status=500, count=1000)
        (tmp_path / "data").mkdir(exist_ok=True)
        shell.environment["REBALANCER_DATABASE"] = str(tmp_path / "other.db")
        written += [shell.run("--debug", "add", "mine.csv"), shell.run("--debug", "refresh")]
    texts = "".join(done.out + done.err for done in written)
    assert "DEBUG portfolios.providers.http.client" in texts
    assert CANARY not in texts
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
def test_an_interrupted_refresh_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with standin() as server:
        shell = shell_of(tmp_path, server)
        assert shell.run("add", "mine.csv").code == 0
        # The lists took six calls of this minute: two more, and the plan makes it wait.
        shell.environment["REBALANCER_COINGECKO__REQUESTS_PER_MINUTE"] = "8"
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "refresh"], cwd=tmp_path, env=shell.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stderr is not None
            said = process.stderr.readline()
            rest = ended(process, signal.SIGINT)[1]
        assert "waiting" in said
        assert process.returncode == 130
        assert "Traceback" not in rest
        assert server.count(CG, "market_chart") == 1
        shell.environment["REBALANCER_COINGECKO__REQUESTS_PER_MINUTE"] = "100000"
        assert shell.run("refresh").code == 0
        assert server.count(CG, "market_chart") == 4
        assert len([c for c in server.calls if "ids" in c.query]) == 1


def test_the_standins_can_be_served_by_hand(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.standins", "--port", "0", "--switch", "plan=demo"],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        ended(process, signal.SIGINT)
    assert all(line.startswith("export REBALANCER_") for line in lines)
