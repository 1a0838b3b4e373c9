"""Draws a picture of figures: ``plots.py PLOT FOLDER``, run in the environment `plots`.

Reads:
    JSON from stdin: the version of Python, and the figures of a table by what they are.

The colours of the SVG are variables: it follows the reader's light or dark screen, also where it is
loaded as an image. The same figures give the same bytes.
"""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUND, INK, FAINT, OURS, SECOND = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
"""Stand for the variables of `STYLE`."""

COLOURS = {GROUND: "ground", INK: "ink", FAINT: "faint", OURS: "ours", SECOND: "second"}
STYLE = """<style>
svg { --ground: #ffffff; --ink: #24292f; --faint: #6e7781; --ours: #0a58ca; --second: #b45309 }
@media (prefers-color-scheme: dark) {
svg { --ground: #1e2129; --ink: #e6e8ec; --faint: #9aa3ad; --ours: #7db2ff; --second: #f2a65a }
}
</style>"""
WIDTH, DPI = 4.4, 100
"""Inches, and points of a screen in each: it is read at 360 points, too."""

SETTINGS = {
    "svg.hashsalt": "pytest-jama",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": GROUND,
    "figure.facecolor": GROUND,
    "savefig.facecolor": GROUND,
    "xtick.color": INK,
    "ytick.color": INK,
}
_COUNT = re.compile(r"first build, (\d+) cases: time")


def draw_builds(axes: Axes, values: dict[str, float]) -> None:
    """Draw the time of first and second builds against the number of cases."""
    counts = sorted(int(found[1]) for found in map(_COUNT.fullmatch, values) if found)
    for build, colour, above in (("first build", OURS, 7), ("second build", SECOND, -16)):
        told = [f"{build}, {count} cases" for count in counts]
        seconds = [values[f"{each}: time"] for each in told]
        limits = [values[f"{each}: what the throttle lets through"] for each in told]
        axes.plot(counts, limits, color=FAINT, linewidth=5, alpha=0.35, solid_capstyle="round")
        axes.plot(counts, seconds, color=colour, marker="o", markersize=5, linewidth=1.8)
        for count, second in zip(counts, seconds, strict=True):
            axes.annotate(f"{second:.0f}", (count, second), (0, above), **_CENTRED)
        end = f"{build}\n(limit {limits[-1]:.0f} s)"
        axes.annotate(end, (counts[-1], seconds[-1]), (12, 0), **_BESIDE, color=colour)
    axes.set_xlim(0, counts[-1] * 1.5)
    axes.set_ylim(0, max(values[f"first build, {count} cases: time"] for count in counts) * 1.15)
    axes.set_xticks(counts)
    axes.set_xlabel("cases (10 requests a second, answers after 200 ms)")
    axes.set_title("Seconds of an upload; pale: the throttle's limit", loc="left", fontsize=10)


def draw_cost_of_a_test(axes: Axes, values: dict[str, float]) -> None:
    """Draw what one test more costs, beside peers."""
    ending = ": one test more"
    found = {what.removesuffix(ending): value for what, value in values.items() if ending in what}
    bars = sorted(found.items(), key=lambda item: -item[1])
    names = [name.replace("`", "") for name, _ in bars]
    colours = [OURS if name.startswith("--jama") else FAINT for name in names]
    thousands = [value / 1000 for _, value in bars]
    axes.barh(names, thousands, color=colours, height=0.62)
    for place, (value, colour) in enumerate(zip(thousands, colours, strict=True)):
        axes.annotate(f"{value:,.0f}", (value, place), (5, 0), **_BESIDE, color=colour)
    axes.set_xlim(0, max(thousands) * 1.18)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("Thousand instructions of one test more", loc="right", fontsize=10)


_CENTRED = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
_BESIDE = {"textcoords": "offset points", "va": "center", "fontsize": 10}
PLOTS = {"builds": (draw_builds, 2.9), "cost-of-a-test": (draw_cost_of_a_test, 2.3)}


def main(plot: str, folder: Path) -> None:
    """Draw one picture."""
    version, values = json.load(sys.stdin)
    draw, height = PLOTS[plot]
    with mpl.rc_context(SETTINGS):
        figure, axes = plt.subplots(figsize=(WIDTH, height), layout="constrained")
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes, values)
        figure.supxlabel(f"Python {version}", x=0.99, ha="right", fontsize=8, color=FAINT)
        made = io.StringIO()
        figure.savefig(made, format="svg", metadata={"Date": None})
    text = made.getvalue()
    for colour, name in COLOURS.items():
        text = text.replace(colour, f"var(--{name})")
    head, tag, rest = text.partition("<defs>")
    (folder / f"{plot}.svg").write_text(head + STYLE + "\n" + tag + rest, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
