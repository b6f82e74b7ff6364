"""Runs the command line as a user would, in a directory and a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


class Shell:
    """One user's machine: a working directory, a home, no terminal, no colour."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "NO_COLOR": "1",
            "COLUMNS": "100",
            **environment,
        }

    def write(self, name: str, text: str) -> Path:
        """Put a file into the working directory."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words: str, given: str = "") -> Done:
        """Run `rebalancer` with these words as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", "from rebalancer.cli import main; main()", *words],
            cwd=self.home, env=self.environment, input=given, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)
