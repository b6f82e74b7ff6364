"""A command of the program in words: as it works when it is typed."""

from __future__ import annotations

from shlex import join


def command(*words: str) -> str:
    """Return a command between backticks, its words quoted where a shell needs it.

    >>> command("run", "my coins", "--offline")
    "`rebalancer run 'my coins' --offline`"
    """
    return f"`rebalancer {join(words)}`"
