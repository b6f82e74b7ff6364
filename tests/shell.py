"""Runs the command line as a user would, in a directory and a home of its own."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from unittest.mock import patch

import typer.main

from rebalancer.cli import main
from tests.clock import ORDINARY, Running

ROOT = Path(__file__).parent.parent
# The tree of commands is always the same, and typer takes longer to build it than most commands to
# run; a process of its own builds it once anyway.
typer.main.get_command = cache(typer.main.get_command)
CLOCK = "CLOCK_OF_THE_TEST"
PROGRAM = (
    f"import os, sys; sys.path.append({str(ROOT)!r}); from tests.clock import Running; "
    f"from rebalancer.cli import main; main(Running.told(os.environ[{CLOCK!r}]))"
)
"""The command line on the clock of its shell: what it does follows from that moment alone."""
SHIFTED = ("LD_PRELOAD", "FAKETIME", "NO_FAKE_STAT", "PYTHONPATH")
"""How the names of variables begin that shift the clock of a machine, for every process on it."""


@dataclass(frozen=True)
class Finished:
    """A finished command."""

    code: int
    out: str
    err: str


class Shell:
    """One user's machine: a working directory, a home, a clock, no terminal, no colour."""

    def __init__(self, home: Path, *, at: datetime = ORDINARY, **environment: str) -> None:
        self.home, self.clock = home, Running(at)
        self.environment = {
            **{n: value for n, value in os.environ.items() if n.startswith(SHIFTED)},
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "NO_COLOR": "1",
            "OPENBLAS_NUM_THREADS": "1",  # as in tests/conftest.py
            "COLUMNS": "100",
            CLOCK: self.clock.words,
            **environment,
        }

    def write(self, name: str, text: str) -> Path:
        """Put a file into the working directory."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words: str, given: str = "") -> Finished:
        """Run `rebalancer` with these words in this process, which has the libraries loaded."""
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with self._inside(words, given), redirect_stdout(out), redirect_stderr(err):
            try:
                main(self.clock)
            except SystemExit as end:
                code = int(end.code or 0)
        return Finished(code, out.getvalue(), err.getvalue())

    def process(self, *words: str, given: str = "") -> Finished:
        """Run `rebalancer` with these words as a process of its own."""
        return self.python(PROGRAM, *words, given=given)

    def python(self, code: str, *words: str, given: str = "") -> Finished:
        """Run a Python program on this machine."""
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=self.home, env=self.environment, input=given, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        return Finished(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def _inside(self, words: tuple[str, ...], given: str) -> Iterator[None]:
        """Stand in the user's directory with their environment, arguments and input."""
        # Python's view of the environment, not the C library's: other threads may be reading that.
        with (
            patch.object(os, "environ", dict(self.environment)),
            patch.object(sys, "argv", ["rebalancer", *words]),
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()))),
            chdir(self.home),
        ):
            yield


def ended(
    process: subprocess.Popen[str], number: signal.Signals, *, seconds: float = 60
) -> tuple[str, str]:
    """Ask a process to end; returns what it still said.

    Raises:
        subprocess.TimeoutExpired: it did not end in time, and was killed.
    """
    process.send_signal(number)
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
