"""Wrong input as a user gives it: one clear message, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.shell import Finished, Shell

ONE = '[[holdings]]\nasset = "bitcoin"\nquantity = "1"\n'


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def refused(done: Finished, code: int, *words: str) -> None:
    """One message with what to do next, no data, no traceback."""
    assert (done.code, done.out) == (code, ""), done.err
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) >= 2, "a message without a next step"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        (
            "[policy]\nturnover = 35\n" + ONE,
            'line 2   turnover 35 is not a percentage; write "35%"',
        ),
        ('[policy]\nmode = "fast"\n' + ONE, 'line 2   mode "fast" is not one of full, cash_flow'),
        ("[policy]\nturnovr = 0.2\n" + ONE, "line 2"),
        (ONE.replace('"1"', '"-1"'), 'line 3   quantity "-1" is negative'),
        (ONE.replace('"1"', '"NaN"'), 'quantity "NaN" is not a number'),
        (ONE.replace('"1"', '"1e999"'), 'quantity "1e999" is too large'),
        (ONE.replace('"1"', "true"), "quantity true is not a number"),
        (ONE + ONE, "bitcoin stands twice (lines 1 and 4)"),
        ('[targets]\nbitcoin = "70%"\nethereum = "50%"\n' + ONE, "add up to 120%"),
        (ONE.replace("bitcoin", "bitcon"), "did you mean bitcoin?"),
        (
            ONE.replace("asset", "symbol").replace("bitcoin", "LUNA"),
            "terra-luna-2 (Terra, rank 310)",
        ),
        ("name = \n", "line 1"),
    ],
)
def test_a_portfolio_that_cannot_be_used(shell: Shell, text: str, words: str) -> None:
    shell.write("mine.toml", text)
    refused(shell.run("run", "mine.toml", "--offline"), 4, words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.csv", bytes(range(256)) * 9, "not a text file"),
        ("mine.csv", b"asset,quantity\n" + b"bitcoin,1\n" * 1_100_000, "over 10 MB"),
        ("mine.json", b"[" * 100_000, "nested too deeply"),
        ("mine.csv", b"asset,quantity\nbitcoin,abc\nbitcon,1\n", "2 problems"),
    ],
)
def test_a_file_that_cannot_be_read(shell: Shell, name: str, content: bytes, words: str) -> None:
    (shell.home / name).write_bytes(content)
    refused(shell.run("add", name, "--offline"), 4, words)
    listed = shell.run("list", "--json")
    assert listed.out == "[]\n"


def test_no_file_and_a_directory(shell: Shell) -> None:
    refused(shell.run("run", "none.toml", "--offline"), 4, "no such file")
    (shell.home / "folder.toml").mkdir()
    refused(shell.run("run", "folder.toml", "--offline"), 4, "a directory")


@pytest.mark.parametrize(
    ("sectors", "words"),
    [
        (
            '{ layer1 = { min = "90%", max = "20%" } }',
            "sector.layer1.min 90% and sector.layer1.max 20%",
        ),
        ('{ defi = { min = "40%", max = "20%" } }', "smallest relaxation: sector.defi.max to 40%"),
        ('{ layer1 = { min = "60%" }, defi = { min = "60%" } }', "to 40%"),
    ],
)
def test_limits_that_contradict_each_other(shell: Shell, sectors: str, words: str) -> None:
    shell.write("mine.toml", f"[policy]\nsectors = {sectors}\n{ONE}")
    refused(shell.run("run", "mine.toml", "--offline"), 6, words)


def test_withdrawals_beyond_what_there_is(shell: Shell) -> None:
    shell.write("mine.toml", ONE + 'lock = { kind = "frozen" }\n')
    refused(shell.run("run", "mine.toml", "--offline", "--cash=-500000"), 6, "leaves nothing")
    refused(
        shell.run("run", "mine.toml", "--offline", "--cash=-500"), 6, "is more than can be raised"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "mine.toml"), 5, "no live market data"),
        (("run", "mine.toml", "--offline", "--cash", "abc"), 2, '"abc" is not a number'),
        (("run", "mine.toml", "--offline", "--map", "LUNA"), 2, "SYM=ID"),
        (("run", "mine.toml", "mine.toml", "--dump", "x.json", "--offline"), 2, "one problem"),
        (("run", "mine.toml", "--dump", "none/x.json", "--offline"), 2, "cannot be written"),
        (("run", "--offline"), 2, "name a portfolio or a file"),
        (("run", "nobody", "--offline"), 2, "nothing is stored yet"),
        (("run", "--all", "--offline"), 2, "nothing is stored yet"),
        (("run", "--nope"), 2, "No such option"),
        (("frobnicate",), 2, "No such command"),
        (("approve", "abc"), 2, "there is no plan 'abc'"),
        (("market", "bitcon", "--offline"), 2, "did you mean bitcoin?"),
        (("market", "--sector", "defy", "--offline"), 2, "known: ai, defi"),
        (("--config", "none.toml", "list"), 3, "there is no settings file"),
    ],
)
def test_commands_that_make_no_sense(
    shell: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    shell.write("mine.toml", ONE)
    refused(shell.run(*words), code, said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REBALANCER_COINGECKO__BASE_URL", "http://example.com", "must begin with https://"),
        ("REBALANCER_PROVIDER", "magic", "provider"),
        ("REBALANCER_TIMEZONE", "Mars/Base", "timezone"),
        ("REBALANCER_EMAIL__TO", "not an address", "must be one mail address"),
        ("REBALANCER_EMAIL__TO", "me@example.org, you@example.org", "must be one mail address"),
        ("REBALANCER_EMAIL__TO", "me@example.org; you@example.org", "must be one mail address"),
        ("REBALANCER_EMAIL__TO", "me@example.org\nBcc: you@example.org", "must be one line"),
        ("REBALANCER_EMAIL__SENDER", "me@example.org <you@example.org>", "one mail address"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, name: str, value: str, said: str) -> None:
    refused(Shell(tmp_path, **{name: value}).run("list"), 3, said)


def test_a_settings_file_with_a_typo_names_its_line(shell: Shell) -> None:
    shell.write("rebalancer.toml", 'curency = "usd"\n')
    refused(shell.run("list"), 3, "line 1", "did you mean `currency`?")


def test_a_file_that_is_no_database_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n" * 99)
    shell = Shell(tmp_path, REBALANCER_DATABASE=str(path))
    shell.write("mine.toml", ONE)
    refused(shell.run("add", "mine.toml", "--offline"), 3, "left untouched")
    assert path.read_text() == "my notes\n" * 99


def test_a_database_of_a_newer_program_is_refused(shell: Shell) -> None:
    shell.write("mine.toml", ONE)
    assert shell.run("add", "mine.toml", "--offline").code == 0
    path = next(shell.home.rglob("rebalancer.db"))
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('portfolios', 'm999_from_the_future', '2030-01-01')"
        )
    database.close()
    refused(shell.run("list"), 3, "newer")


def test_a_database_whose_folder_is_a_file(tmp_path: Path) -> None:
    shell = Shell(tmp_path, REBALANCER_DATABASE=str(tmp_path / "mine.toml" / "x.db"))
    shell.write("mine.toml", ONE)
    refused(shell.run("add", "mine.toml", "--offline"), 3, "cannot be used")


def test_several_that_all_fail_leave_an_empty_document_and_not_a_traceback(shell: Shell) -> None:
    for name in ("one", "two"):
        sectors = '{ layer1 = { min = "90%", max = "20%" } }'
        shell.write(f"{name}.toml", f"[policy]\nsectors = {sectors}\n{ONE}")
    done = shell.run("run", "one.toml", "two.toml", "--offline", "--json")
    assert done.code == 6
    assert json.loads(done.out)["plans"] == []
