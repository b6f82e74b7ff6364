"""Which figures of a plan's texts are fields of the plan, as display writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

FIGURE = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])")
TEXTS = ("text", "after_text", "reason", "lock", "warnings", "doubt")
LEFT_OUT = ("problem", "digest", "id", "inputs_hash")


def untold(plan: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return how many figures the texts have, and those that are no field of the plan."""
    shown: set[str] = set()
    for number in _numbers(plan):
        shown |= _faces(abs(number))
    for line in (*plan["sectors"], *plan["limits"]):
        ends = [line.get(key) for key in ("min", "max", "bound") if line.get(key) is not None]
        now = [line[key] for key in ("weight", "proposed_weight", "value") if line.get(key)]
        shown |= {f"{100 * abs(x - end):.1f}" for x in now for end in ends}
    told = [figure.replace(",", "") for text in _texts(plan) for figure in FIGURE.findall(text)]
    return len(told), [figure for figure in told if figure not in shown]


def _faces(number: float) -> set[str]:
    as_share = {f"{100 * number:.1f}", f"{100 * number:.0f}", f"{round(100 * number, 2):g}"}
    return as_share | {f"{number:.0f}", f"{number:.1f}", f"{number:.2f}", f"{number:g}"}


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key not in TEXTS and key not in LEFT_OUT:
                yield from _numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", str(value)):
        yield float(str(value))


def _texts(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name not in LEFT_OUT:
                yield from _texts(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, key)
    elif isinstance(value, str) and key in TEXTS:
        yield value
