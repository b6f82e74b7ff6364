"""What the program advises works when it is typed: every hint of its source, and in its place."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest
from typer.main import get_command

from portfolios.errors import InfeasibleError, UsageError
from portfolios.loaders import load
from portfolios.providers.sample.market import sample_market
from portfolios.samples import SAMPLES, read_sample
from rebalancer import analyse, propose, what_if
from rebalancer.cli import app
from rebalancer.settings.model import Settings
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.explanations.scenario_text import apply_scenario
from tests.examples import examples
from tests.shell import Finished, Shell

ROOT = Path(__file__).parents[3]
COMMANDS = get_command(app)
TYPED = re.compile("`rebalancer ([^`]+)`")
WORDS = {
    "user": ("list", "add", "remove", "prefs"),
    "alerts": ("add", "remove"),
    "outbox": ("retry",),
    "notify": ("test",),
}
"""The first word that some commands know; `alerts` takes a name instead as well."""
CORE = """name = "core"
targets = { bitcoin = "55%", ethereum = "25%", usd-coin = "10%" }
holdings = [{ asset = "bitcoin", quantity = "0.06" }, { asset = "ethereum", quantity = "0.6" }]
"""
LUNA = "symbol,quantity\nLUNA,5\n"
ODD = "asset,quantity\nbitcoin,1\nxqzwvk,1\n"


# The source: what is advised anywhere exists.


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return every text of the source with its place; what is filled in is written as X."""
    return tuple(
        (f"{path.relative_to(ROOT)}:{node.lineno}", text)
        for package in ("portfolios", "alerts", "rebalancer")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "command.py"  # which makes them
        for node in spoken(ast.parse(path.read_text()))
        if (text := text_of(node))
    )


def spoken(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the texts of a file without its docstrings, each whole."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant | ast.JoinedStr) or text_of(node):
            assert isinstance(node, ast.expr)
            yield node
        else:
            yield from spoken(node)


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "X" for part in node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "command":
        given = [text_of(word) or "X" for word in node.args if not isinstance(word, ast.Starred)]
        return f"`rebalancer {shlex.join(given)}`"
    return ""


def why_not(typed: str) -> str:
    """Say why a command cannot be typed; nothing is run."""
    name, *rest = shlex.split(typed.removeprefix("--debug "))
    if name == "--debug":
        return ""
    found = COMMANDS.commands.get(name)  # type: ignore[attr-defined]
    if found is None:
        return f"{name} is no command"
    known = WORDS.get(name, ())
    if known and rest and rest[0].islower() and rest[0] not in known:
        return f"{name} {rest[0]} means nothing"
    try:
        found.make_context(name, rest)
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


ADVISED = sorted(
    {
        (typed, place)
        for place, text in texts()
        for typed in re.findall("`rebalancer ([^`]+)`", text)
    }
)


def test_every_command_that_is_advised_anywhere_can_be_typed() -> None:
    assert len(ADVISED) > 50
    wrong = {f"{place} {typed}": why for typed, place in ADVISED if (why := why_not(typed))}
    assert wrong == {}


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for typed in ("proposals", "run X --sent", "user invite X", "outbox", "market --map A=B"):
        assert (why_not(typed) == "") is (typed == "outbox")


def test_commands_are_advised_between_backticks() -> None:
    bare = re.compile(rf"(?<!`)\brebalancer (?:{'|'.join(COMMANDS.commands)})\b")  # type: ignore[attr-defined]
    assert {place: text for place, text in texts() if bare.search(text)} == {}


def test_every_option_and_variable_that_is_named_anywhere_exists() -> None:
    commands = COMMANDS.commands.values()  # type: ignore[attr-defined]
    options = {o for c in (COMMANDS, *commands) for p in c.params for o in p.opts}
    fields = Settings.model_fields
    keys = {
        f"REBALANCER_{name}__{inner}".upper()
        for name, field in fields.items()
        for inner in getattr(field.annotation, "model_fields", {})
    } | {f"REBALANCER_{name}".upper() for name in fields}
    for place, text in texts():
        if not text.startswith("--"):  # where options are made
            assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= options, place
        named = {name.rstrip("_") for name in re.findall(r"REBALANCER_[A-Z_]+", text)}
        assert named - {"REBALANCER", "REBALANCER_SECRETS_DIR"} <= keys, place


# In its place: what is advised ends well.


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine of somebody who keeps one portfolio, under a name that a shell would split."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    shell.write("core.toml", CORE)
    shell.write("luna.csv", LUNA)
    shell.write("odd.csv", ODD)
    for words in (
        "add core.toml --name 'my core' --offline",
        "user add 'ann lee' --role owner --chat 7",
        "user add 'bo b' --chat 8",
        "user add fam --group --chat=-9",
    ):
        assert shell.run(*shlex.split(words)).code == 0
    return shell.home


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Shell:
    return Shell(copytree(home, tmp_path / "home"))


PUT_IN = {"FILE": "core.toml", "YOURS.toml": "core.toml", "NAME": "my core", "ID": "-9"}
"""What somebody puts in for a word in capitals."""
PLAN = re.compile("[0-9a-f]{12}")


def advised(done: Finished) -> list[str]:
    """Return the commands that were advised, plans by the name of PLAN."""
    found = TYPED.findall(done.out + done.err)
    return [shlex.join(PUT_IN.get(word, word) for word in shlex.split(typed)) for typed in found]


def saved(shell: Shell) -> str:
    return PLAN.findall(shell.run("run", "my core", "--offline", "--save").err)[0]


@pytest.mark.parametrize(
    ("before", "typed", "next_step"),
    [
        ([], "add core.toml --offline", "run core --offline"),
        ([], "run 'my core' --offline --save", "approve PLAN"),
        ([], "run 'my core' --offline --cash 500", "run 'my core' --save --cash=500 --offline"),
        ([], "run core.toml --offline", "add core.toml --offline"),
        ([], "approve PLAN", "apply PLAN"),
        (["skip PLAN"], "apply PLAN", "approve PLAN"),
        (["approve PLAN", "apply PLAN"], "approve PLAN", "run 'my core' --save --offline"),
        ([], "run nobody", "list"),
        ([], "zones nobody", "list"),
        ([], "report nobody", "list"),
        ([], "performance nobody", "list"),
        ([], "whatif nobody cash=1", "list"),
        ([], "alerts nobody --replay 90d", "list"),
        ([], "alerts add nobody 'value > 1'", "list"),
        ([], "alerts remove 'my core' 'value > 1'", "alerts 'my core'"),
        (["sample"], "alerts a b c", "alerts add 'my core' 'price bitcoin > 100000'"),
        ([], "approve none", "history"),
        ([], "remove 'my core'", "remove 'my core' --yes"),
        ([], "user remove 'bo b'", "user remove 'bo b' --yes"),
        ([], "user prefs nobody", "user list"),
        ([], "user frob", "user list"),
        ([], "link nobody", "user list"),
        ([], "link fam", "user add fam --group --chat -9"),
        ([], "user add ' '", "user add ann"),
        ([], "notify frob", "notify test"),
        ([], "outbox frob", "outbox"),
        ([], "backup 'a copy.db'", "restore 'a copy.db'"),
        (["sample"], "history", "run 'my core' --save"),
        ([], "demo", "init"),
        ([], "init", "add core.toml --offline"),
    ],
)
def test_what_is_advised_works_where_it_is_said(
    shell: Shell, before: list[str], typed: str, next_step: str
) -> None:
    plan = saved(shell) if any("PLAN" in words for words in (*before, typed)) else "none"
    for words in before:
        if words == "sample":
            shell.environment["REBALANCER_PROVIDER"] = words
        else:
            assert shell.run(*shlex.split(words.replace("PLAN", plan))).code == 0
    done = shell.run(*shlex.split(typed.replace("PLAN", plan)))
    assert "Traceback" not in done.err
    assert next_step in [PLAN.sub("PLAN", words) for words in advised(done)]
    for words in advised(done):
        if words not in ("notify test", "outbox retry NUMBER"):  # there is nothing to send
            ended = shell.run(*shlex.split(words))
            asks = words.startswith("user remove") and "no terminal" in ended.err
            assert ended.code == 0 or asks, (words, ended.out, ended.err)


def test_a_file_that_is_not_there_is_named_before_anything_is_asked_or_missed(shell: Shell) -> None:
    for words in (("run", "none.toml"), ("zones", "none.toml"), ("add", "none.toml")):
        done = shell.run(*words)
        assert (done.code, "none.toml: no such file" in done.err) == (4, True), done.err


def test_what_a_symbol_means_and_what_nobody_knows_is_settled_as_advised(shell: Shell) -> None:
    for words in (("add", "luna.csv"), ("run", "luna.csv"), ("zones", "luna.csv")):
        done = shell.run(*words, "--offline")
        (way,) = re.findall(r"add (--map \S+)", done.err)
        assert shell.run(*words, "--offline", *way.split()).code == 0
        assert "--allow-unknown" in shell.run(words[0], "odd.csv", "--offline").err
        assert shell.run(words[0], "odd.csv", "--offline", "--allow-unknown").code == 0
    refused = shell.run("market", "LUNA", "--offline")
    assert "--map" not in refused.err
    (asset,) = re.findall(r"write the asset id, as (\S+)", refused.err)
    assert shell.run("market", asset, "--offline").code == 0


def test_a_fault_of_the_program_says_how_its_details_are_had(shell: Shell) -> None:
    def broken() -> datetime:
        raise RuntimeError

    shell.clock = broken  # type: ignore[assignment]
    (typed,) = advised(shell.run("link", "bo b"))
    assert typed == "--debug link 'bo b'"
    assert "Traceback" in shell.run(*shlex.split(typed)).err


@pytest.mark.parametrize("count", examples(always=3, campaign=40))
def test_limits_that_contradict_each_other_can_be_relaxed_as_advised(count: int) -> None:
    market = sample_market()
    for number in range(count):
        floors = {"defi": 33.333 + number % 7, "layer1": 55.5555 + number % 11, "meme": 10 / 3}
        caps = {"layer1": 20.0 + number, "defi": 80.0} if number % 2 else {}
        for _ in range(9):
            sectors = ", ".join(
                f'{s} = {{ min = "{floors.get(s, 0):.4f}%"'
                + (f', max = "{caps[s]:.4f}%" }}' if s in caps else " }")
                for s in floors
            )
            text = f"{CORE}[policy]\nsectors = {{ {sectors} }}\n"
            own = load(text.encode(), source="x.toml", index=market.index()).portfolio
            try:
                plan = propose(analyse(own, market)).plan
            except InfeasibleError as error:
                ((sector, end, bound),) = re.findall(r"sector\.(\w+)\.(\w+) to (.+)%", error.hint)
                (floors if end == "min" else caps)[sector] = float(bound)
            else:
                break
        assert "locked" not in " ".join(line.text for line in plan.limits)


def test_every_example_of_what_if_can_be_supposed_of_the_portfolio_it_is_shown_for() -> None:
    market = sample_market()
    texts = [*(read_sample(name) for name in SAMPLES), CORE.encode()]
    for text in texts:
        own = load(text, source="own.toml", index=market.index()).portfolio
        analysis = analyse(own, market)
        with pytest.raises(UsageError) as caught:
            what_if(analysis, ["colour=red"])
        given = caught.value.hint.removeprefix("e.g. ").split(", ")
        assert len(given) == 10
        for example in given:
            apply_scenario(Scenario(own, market), [example])
