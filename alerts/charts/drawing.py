"""How every picture is drawn: its ground, its colours, its letters, its bytes.

Colours are told apart by anybody and never the only sign; letters are large enough for a phone.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from alerts.messages import Picture
from alerts.render.clean import clean
from portfolios.values import display

Chart: TypeAlias = tuple[Picture, str]
"""A picture, and the finding that it shows."""

BLUE, ORANGE, INK, GROUND = "#0b5fa5", "#c75b00", "#1c2430", "#ffffff"
STYLES = (("-", BLUE), ("--", ORANGE), (":", INK))
"""Lines in the order in which they are drawn; each is known by its dashes too."""
MOST_BARS = 8
WIDTH, LEAST_HEIGHT, BAR_HEIGHT, FRAME_HEIGHT = 5.68, 3.2, 0.25, 1.3
LETTERS, TITLE_LETTERS = 11, 12
LONGEST_NAME = 14


def blank(bars: int = 0) -> tuple[Figure, Axes]:
    """Return a ground to draw on, high enough for so many bars."""
    height = max(LEAST_HEIGHT, FRAME_HEIGHT + BAR_HEIGHT * bars)
    figure = Figure(figsize=(WIDTH, height), dpi=160, layout="constrained", facecolor=GROUND)
    return figure, figure.subplots()


def titled(axes: Axes, title: str) -> None:
    """Say what the picture shows."""
    axes.set_title(title, loc="left", fontsize=TITLE_LETTERS)


def in_percent(axes: Axes) -> None:
    """Write the figures below as percentages."""
    axes.xaxis.set_major_formatter(lambda x, _: display.percent(x, 0))


def pairs(
    axes: Axes, names: list[str], first: list[float], second: list[float], labels: tuple[str, str]
) -> None:
    """Draw two bars a row, the second one hatched, the first row on top."""
    places = [float(-i) for i in range(len(names))]
    axes.barh([p + 0.2 for p in places], first, 0.36, color=BLUE, label=labels[0])
    axes.barh(
        [p - 0.2 for p in places], second, 0.36, color=ORANGE,
        label=labels[1], hatch="//", edgecolor=GROUND,
    )  # fmt: skip
    named(axes, places, names)


def singles(axes: Axes, names: list[str], values: list[float]) -> None:
    """Draw one bar a row, the first row on top."""
    places = [float(-i) for i in range(len(names))]
    axes.barh(places, values, 0.6, color=BLUE)
    named(axes, places, names)


def named(axes: Axes, places: list[float], names: list[str]) -> None:
    """Write a name beside each row."""
    axes.set_yticks(places, [lettered(name) for name in names])
    axes.set_ylim(places[-1] - 0.6, places[0] + 0.6)
    in_percent(axes)


def finished(name: str, figure: Figure, finding: str, *, is_sample: bool) -> Chart:
    """Return the picture with what it shows; the same figures give the same bytes."""
    if is_sample:
        figure.suptitle(
            f"{display.SAMPLE} DATA", x=0.99, ha="right", color=ORANGE, fontsize=LETTERS
        )
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=LETTERS)
        if axes.get_legend_handles_labels()[1]:
            # Below, where it covers no mark.
            figure.legend(frameon=False, loc="outside lower left", ncols=3, fontsize=LETTERS)
    held = io.BytesIO()
    figure.savefig(held, format="png", metadata={"Software": None})
    return Picture(name, held.getvalue()), display.marked(finding, is_sample=is_sample)


def lettered(text: str) -> str:
    """Return a name as it can be drawn: short, in letters that exist, and never as a formula."""
    known = _letters()
    shown = "".join(ch if ord(ch) in known else "?" for ch in clean(text, longest=LONGEST_NAME))
    return shown.replace("$", r"\$")


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())
