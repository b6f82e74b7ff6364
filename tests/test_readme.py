"""The README's examples, run as they stand: files, commands, and every line of their output."""

from __future__ import annotations

import doctest
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shell import Shell

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SKIPPED = ("pip install", "uv run pytest", "python3 -m venv", ".venv/")
"""Set-up commands: a fresh clone runs them, not a test inside one."""


@dataclass(frozen=True)
class Example:
    command: str
    output: str


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def examples() -> list[Example]:
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if not command.startswith(SKIPPED):
                found.append(Example(command, output))
    return found


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    core, full = blocks("toml")
    shell.write("core.toml", core)
    shell.write("full.toml", full)
    coins, kraken = blocks("csv")
    shell.write("coins.csv", coins)
    shell.write("kraken.csv", kraken)
    return shell


def test_every_example_prints_what_the_readme_shows(shell: Shell) -> None:
    assert len(examples()) >= 7
    for example in examples():
        done = shell.run(*shlex.split(example.command)[1:])
        shown = done.out if done.out else done.err
        assert _plain(shown) == _plain(example.output), example.command


def test_the_python_examples_print_what_the_readme_shows(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.home)
    for block in blocks("python"):
        example = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
        runner = doctest.DocTestRunner(verbose=False)
        runner.run(example)
        assert runner.summarize(verbose=False) == (0, len(example.examples))
        assert example.examples


def _plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_the_full_file_of_the_readme_loads(shell: Shell) -> None:
    done = shell.run("run", "full.toml", "--offline", "--json")
    assert done.code == 0, done.err


def test_the_readme_names_every_command_and_no_other(shell: Shell) -> None:
    listed = set(re.findall(r"^\s+([a-z]+)\s{2,}\S", shell.run("--help").out, flags=re.MULTILINE))
    table = README[README.index("## Commands") : README.index("Data goes to standard")]
    named = set(re.findall(r"`([a-z]+)[ `]", table)) - {"rebalancer"}
    assert listed
    assert listed <= named


def test_what_the_readme_supposes_can_be_supposed_of_its_portfolio(shell: Shell) -> None:
    assert shell.run("add", "core.toml", "--offline").code == 0
    (row,) = re.findall(r"^\| `whatif.*\|(.*)\|$", README, flags=re.MULTILINE)
    supposed = re.findall(r"`([a-z_.]+=\S+)`", row)
    assert len(supposed) == 4
    done = shell.run("whatif", "core", *supposed, "--offline")
    assert done.code == 0, done.err
