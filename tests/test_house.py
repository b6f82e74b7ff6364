"""The house rules that a machine can check: style, types, import direction, packaging."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]])
def test_the_code_is_clean_under(command: list[str]) -> None:
    run(*command)


def test_imports_point_one_way() -> None:
    script = "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_else_stands_at_the_top_level() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    top = {name.split("/")[0] for name in tracked}
    visible = {name for name in top if not name.startswith(".")}
    assert visible == {
        "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md",
        "rebalancer", "alerts", "portfolios", "tests",
    }  # fmt: skip


def test_the_lock_pins_every_package_with_a_hash_and_no_address() -> None:
    lock = (ROOT / ".ci" / "requirements.lock").read_text()
    assert "://" not in lock
    pinned = re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=\[;]", requirement)[0] for requirement in wanted}
    assert names <= set(pinned)


def test_the_present_moment_is_read_in_one_place() -> None:
    # Whoever needs it is handed a clock, so that no test depends on the day on which it is run.
    reads = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")
    reading = {
        str(path.relative_to(ROOT))
        for package in ("portfolios", "alerts", "rebalancer", "tests")
        for path in (ROOT / package).rglob("*.py")
        if reads.search(path.read_text())
    }
    assert reading == {"portfolios/values/time.py", "tests/portfolios/values/test_time.py"}


def test_the_command_line_prints_documents_that_the_use_cases_make() -> None:
    # So that the bot and other programs can hand out the same ones.
    documents = re.compile(r"^\s*def \w+_to_json\b", re.MULTILINE)
    making = [
        p for p in (ROOT / "rebalancer" / "cli").rglob("*.py") if documents.search(p.read_text())
    ]
    assert making == []


def test_no_file_holds_a_second_noun_by_its_length() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in ("portfolios", "alerts", "rebalancer")
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 350
    }
    assert long == {}


def test_no_folder_holds_more_files_than_a_reader_overlooks() -> None:
    full = {
        str(folder.relative_to(ROOT)): files
        for package in ("portfolios", "alerts", "rebalancer")
        for folder in [ROOT / package, *(ROOT / package).rglob("*/")]
        if (files := sum(path.name != "__init__.py" for path in folder.glob("*.py"))) > 16
    }
    assert full == {}


PRIVATE_WORDS = re.compile(
    r"office|desk|telling|tipping|supposing|looking|said|done|standing|luck", re.IGNORECASE
)


def test_modules_and_classes_are_named_in_the_terms_of_the_field() -> None:
    found = []
    for package in ("portfolios", "alerts", "rebalancer", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            names = [path.stem, *re.findall(r"^class (\w+)", path.read_text(), flags=re.MULTILINE)]
            found += [f"{path.relative_to(ROOT)}: {name}" for name in names
                      if PRIVATE_WORDS.search(name)]  # fmt: skip
    assert found == []


def test_the_readme_maps_every_room() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("## How it is laid out")
    room_map = readme[start : readme.index("## ", start + 3)]
    rooms = {
        path.parent.name
        for package in ("portfolios", "alerts", "rebalancer")
        for path in (ROOT / package).rglob("__init__.py")
        if "providers" not in path.parent.parts[:-1]
    }
    assert {room for room in rooms if f"{room}/" not in room_map} == set()


def test_counts_are_written_by_the_one_helper_that_knows_one_from_several() -> None:
    nouns = "portfolio|report|change|message|digest|plan|price|check"
    counted = re.compile(rf"\{{[^{{}}:]+\}} (?:{nouns})s\b")
    found = {
        f"{path.relative_to(ROOT)}: {hit}"
        for package in ("portfolios", "alerts", "rebalancer")
        for path in (ROOT / package).rglob("*.py")
        for hit in counted.findall(path.read_text())
    }
    assert found == set()
