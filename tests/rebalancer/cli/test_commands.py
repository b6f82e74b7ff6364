"""The commands as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import pytest

from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from portfolios.values.time import utc_now
from tests.serving import database_of
from tests.shell import PROGRAM, Finished, Shell

GROWTH = """
name = "mine"
profile = "balanced"
policy = { signals = "ignore", sectors = { meme = { max = "10%" } } }
targets = { bitcoin = "50%", ethereum = "25%", uniswap = "5%", usd-coin = "15%" }
holdings = [
    { asset = "bitcoin", quantity = "0.3" },
    { asset = "ethereum", quantity = "5" },
    { asset = "pepe", quantity = "1500000000" },
    { asset = "cash", quantity = "2500" },
]
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.write("mine.toml", GROWTH)
    return shell


def plan_of(shell: Shell, *words: str) -> dict[str, object]:
    done = shell.run("run", *words, "--offline", "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)["plans"][0]


def test_demo_shows_three_portfolios_and_says_sample(shell: Shell) -> None:
    done = shell.process("demo")
    assert done.code == 0
    assert done.out.count("SAMPLE DATA") == 3
    assert max(len(line) for line in done.out.splitlines()) <= 100


def test_a_file_needs_no_database_and_creates_none(shell: Shell) -> None:
    plan = plan_of(shell, "mine.toml")
    assert plan["decision"] == "trade"
    assert list(shell.home.rglob("*.db")) == []


def test_the_same_file_in_any_order_gives_the_same_bytes(shell: Shell) -> None:
    first = shell.run("run", "mine.toml", "--offline", "--json").out
    held = re.findall(r"    \{ asset.*\},\n", GROWTH)
    held.reverse()
    turned = re.sub(
        r"holdings = \[\n.*?\]", "holdings = [\n" + "".join(held) + "]", GROWTH, flags=re.S
    )
    assert turned != GROWTH
    shell.write("mine.toml", turned)
    assert shell.run("run", "mine.toml", "--offline", "--json").out == first


def test_the_plan_adds_up(shell: Shell) -> None:
    plan = plan_of(shell, "mine.toml")
    positions = plan["positions"]
    assert sum(p["weight"] for p in positions) + plan["cash"]["weight"] == pytest.approx(1)
    after = sum(p["proposed_weight"] for p in positions) + plan["cash"]["proposed_weight"]
    cost = float(plan["estimated_cost"]) / float(plan["value"])
    assert after == pytest.approx(1 - cost, abs=1e-5)
    assert [p["asset"] for p in positions] == sorted(p["asset"] for p in positions)
    assert all(trade["reasons"] for trade in plan["trades"])
    assert {z["zone"] for z in plan["zones"]} >= {"green"}


def test_exit_codes_tell_of_changes_and_of_red_zones(shell: Shell) -> None:
    assert shell.run("run", "mine.toml", "--offline", "--detailed-exitcode").code == 10
    assert shell.run("run", "mine.toml", "--offline", "--fail-on", "red").code == 11
    assert shell.run("zones", "mine.toml", "--offline", "--fail-on", "red").code == 11
    assert shell.run("run", "mine.toml", "--offline").code == 0


def test_csv_has_one_trade_a_row(shell: Shell) -> None:
    done = shell.run("run", "mine.toml", "--offline", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    trades = plan_of(shell, "mine.toml")["trades"]
    assert [(r["asset"], r["quantity"]) for r in rows] == [
        (t["asset"], t["quantity"]) for t in trades
    ]


def test_the_problem_is_dumped_also_when_nothing_is_done(shell: Shell) -> None:
    first = plan_of(shell, "mine.toml", "--dump", "problem.json")
    document = json.loads((shell.home / "problem.json").read_text())
    assert document["schema"] == "rebalancer.problem/1"
    assert len(document["assets"]) == len(first["positions"])
    shell.write("still.toml", '[[holdings]]\nasset = "cash"\nquantity = "9"\n[[holdings]]\n'
                'asset = "usd-coin"\nquantity = "100"\n')  # fmt: skip
    assert plan_of(shell, "still.toml", "--dump", "still.json")["decision"] == "hold"
    assert "solution" in json.loads((shell.home / "still.json").read_text())


def test_money_in_and_out_and_modes(shell: Shell) -> None:
    deposit = plan_of(shell, "mine.toml", "--cash", "5000", "--mode", "cash_flow")
    assert {t["side"] for t in deposit["trades"]} == {"buy"}
    assert deposit["flow"] == "5000.00"
    withdrawal = plan_of(shell, "mine.toml", "--cash=-4000")
    assert float(withdrawal["cash"]["proposed_value"]) >= 0


def test_standard_input_is_a_file_too(shell: Shell) -> None:
    done = shell.run("run", "-", "--offline", "--json", given="asset,quantity\nbitcoin,1\n")
    assert json.loads(done.out)["plans"][0]["positions"][0]["asset"] == "bitcoin"


def test_a_plan_is_kept_decided_on_applied_once_and_then_nothing_is_left(shell: Shell) -> None:
    assert shell.run("add", "mine.toml", "--offline").code == 0
    plan = plan_of(shell, "mine", "--save")
    name = plan["id"]
    assert shell.run("skip", name[:5]).out == f"plan {name}: skip\n"
    assert shell.run("snooze", name, "--days", "3").code == 0
    assert shell.run("approve", name).out == f"plan {name}: approve\n"
    assert shell.run("apply", name).out == f"plan {name}: its trades are booked\n"
    assert "nothing changed" in shell.run("apply", name).out
    kept = tomllib.loads(shell.run("export", "mine").out)
    cash = next(h["quantity"] for h in kept["holdings"] if h["asset"] == "cash")
    assert float(cash) == float(plan["cash"]["proposed_value"])
    assert plan_of(shell, "mine")["decision"] == "hold"
    past = json.loads(shell.run("history", "--offline", "--json").out)
    assert [(p["plan"], p["decision"]) for p in past] == [(name, "apply")]


def test_adding_again_shows_the_difference_and_a_dry_run_keeps_nothing(shell: Shell) -> None:
    shell.run("add", "mine.toml", "--offline")
    shell.write("mine.toml", GROWTH.replace('"0.3"', '"0.4"'))
    done = shell.run("add", "mine.toml", "--offline", "--dry-run")
    assert done.out == "mine: not saved, 1 change\n  bitcoin: 0.3 -> 0.4\n"
    assert 'quantity = "0.3"' in shell.run("export", "mine").out
    shell.run("add", "mine.toml", "--offline")
    assert 'quantity = "0.4"' in shell.run("export", "mine").out
    assert shell.run("add", "mine.toml", "--offline").out == "mine: nothing changed\n"


def test_an_export_imports_again_unchanged(shell: Shell) -> None:
    shell.run("add", "mine.toml", "--offline")
    shell.write("copy.toml", shell.run("export", "mine").out)
    assert shell.run("add", "copy.toml", "--offline").out == "mine: nothing changed\n"


def test_an_update_of_the_same_assets_keeps_the_recorded_reference(shell: Shell) -> None:
    shell.write("p.csv", "asset,quantity\nbitcoin,1\nethereum,10\n")
    shell.run("add", "p.csv", "--name", "p", "--offline")
    first = {x["asset"]: x["reference_weight"] for x in plan_of(shell, "p")["positions"]}
    shell.write("p.csv", "asset,quantity\nbitcoin,1.1\nethereum,10\n")
    shell.run("add", "p.csv", "--name", "p", "--offline")
    assert {x["asset"]: x["reference_weight"] for x in plan_of(shell, "p")["positions"]} == first


def test_a_removed_portfolio_leaves_its_history(shell: Shell) -> None:
    shell.run("add", "mine.toml", "--offline")
    plan_of(shell, "mine", "--save")
    assert shell.run("remove", "mine", "--yes").code == 0
    assert shell.run("show", "mine").code == 2
    assert len(json.loads(shell.run("history", "--json", "--offline").out)) == 1


def test_the_market_is_sorted_and_filtered(shell: Shell) -> None:
    rows = json.loads(shell.run("market", "--offline", "--json", "--sort", "short").out)
    grades = [row["short_grade"] for row in rows if row["short_grade"] is not None]
    assert grades == sorted(grades, reverse=True)
    memes = json.loads(shell.run("market", "--offline", "--json", "--sector", "meme").out)
    assert {row["sector"] for row in memes} == {"meme"}
    bears = json.loads(shell.run("market", "--offline", "--json", "--trend", "bearish").out)
    assert {row["trend"] for row in bears} == {-1}


def test_settings_are_shown_with_their_origin_and_secrets_masked(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_TOKENMETRICS__API_KEY="canary-1234567890")
    done = shell.run("config", "--json")
    assert json.loads(done.out)["currency"] == {"value": "usd", "origin": "default"}
    for words in (("config",), ("config", "--json"), ("doctor",), ("--debug", "run", "x.toml")):
        done = shell.run(*words)
        assert "canary" not in done.out + done.err


def test_init_writes_a_file_that_works_and_does_not_overwrite_it(shell: Shell) -> None:
    assert shell.run("init").code == 0
    assert shell.run("list").code == 0
    assert shell.run("init").code == 2
    assert shell.run("init", "--force").code == 0
    assert shell.run("doctor").code == 0


def test_show_names_the_origin_of_every_limit(shell: Shell) -> None:
    shell.run("add", "mine.toml", "--offline")
    shown = shell.run("show", "mine", "--offline").out
    assert re.search(r"sector\.meme\.max +10% +stated", shown)
    assert re.search(r"asset\.bitcoin\.max +60% +default", shown)
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_completion_and_help_work(shell: Shell) -> None:
    # The name is enough also where no parent process is a shell, as under a scheduler.
    shell.environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    assert "_rebalancer_completion" in shell.process("--show-completion", "bash").out
    commands = re.findall(r"^  ([a-z]+) {2,}", shell.run("--help").out, flags=re.MULTILINE)
    assert {"run", "add", "zones", "demo"} <= set(commands)
    for command in commands:
        assert shell.run(command, "--help").code == 0


SOLVERS = {"cvxpy", "scipy", "clarabel"}
NETWORK = {"httpx", "telegram", "smtplib"}
LARGE = {*SOLVERS, *NETWORK, "sqlite_utils", "matplotlib"}


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        (("--help",), {*LARGE, "numpy", "pydantic"}),
        (("market", "--offline"), LARGE),
        (("zones", "mine.toml", "--offline"), LARGE),
        (("list",), SOLVERS),
    ],
)
def test_a_command_loads_no_library_that_it_does_not_use(
    shell: Shell, words: tuple[str, ...], unused: set[str]
) -> None:
    code = (
        "import sys\n"
        f"sys.argv[1:] = {list(words)!r}\n"
        f"try:\n    {PROGRAM}\nexcept SystemExit:\n    pass\n"
        f"loaded = {unused!r} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = shell.python(code)
    assert done.code == 0, done.err


def test_a_program_that_is_given_no_clock_goes_by_the_present_moment(shell: Shell) -> None:
    def month(done: Finished) -> str:
        return str(json.loads(done.out)[0]["month"])

    asked = "credits", "--json"
    before = utc_now()
    told = month(shell.python("from rebalancer.cli import main; main()", *asked))
    assert told in {f"{moment:%Y-%m}" for moment in (before, utc_now())}
    assert month(shell.run(*asked)) == month(shell.process(*asked)) == f"{shell.clock():%Y-%m}"


@pytest.mark.parametrize("words", [["demo"], ["demo", "--json"], ["market", "--offline"]])
def test_a_reader_that_goes_away_is_no_failure(shell: Shell, words: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], cwd=shell.home, env=shell.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert b"Error" not in said


def test_a_portfolio_in_other_money_than_the_prices_is_refused_where_it_is_added(
    shell: Shell,
) -> None:
    shell.write(
        "euros.toml",
        'currency = "eur"\nname = "euros"\nholdings = [{ asset = "cash", quantity = "15" }]\n',
    )
    refused = shell.run("add", "euros.toml", "--offline")
    assert refused.code == 4
    assert "euros is in eur, the market in usd" in refused.err
    assert json.loads(shell.run("list", "--offline", "--json").out) == []


def test_a_portfolio_kept_in_other_money_has_no_value_in_the_list_and_hides_no_other(
    shell: Shell,
) -> None:
    shell.run("add", "mine.toml", "--offline")
    with open_database(database_of(shell)) as database:
        store = Store(database)
        euros = replace(store.load_portfolio("mine"), name="euros", currency="eur")
        store.save_portfolio(euros, at=utc_now())
    listed = shell.run("list", "--offline", "--json")
    values = {row["name"]: row["value"] for row in json.loads(listed.out)}
    assert values.pop("euros") is None
    assert Decimal(values["mine"]) > 0
    assert "euros is in eur" in listed.err


def test_the_version_is_told(shell: Shell) -> None:
    done = shell.run("--version")
    assert (done.code, done.out) == (0, f"rebalancer {version('rebalancer')}\n")


def test_a_table_cuts_no_name(shell: Shell) -> None:
    rows = json.loads(shell.run("market", "--offline", "--json").out)
    told = shell.run("market", "--offline").out
    assert {row["asset"] for row in rows} <= set(told.split())
