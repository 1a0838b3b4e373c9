"""All scenes, and the malfunctions that their checks would show; writes the tables of the page.

``python -m pytest_jama.cli.selftest.catalogue`` writes them anew, in a checkout.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest import (
    evidence_scenes,
    installation,
    junit_scenes,
    kill_scenes,
    manifest_scenes,
    merge_scenes,
    naming_scenes,
    record_scenes,
    server_scenes,
    step_scenes,
    tamper_scenes,
    trace_scenes,
    verdict_scenes,
)
from pytest_jama.config.reference import fill_in, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.cli.selftest.scene import Scene

SCENES: tuple[Scene, ...] = (
    *installation.SCENES,
    *verdict_scenes.SCENES,
    *merge_scenes.SCENES,
    *junit_scenes.SCENES,
    *step_scenes.SCENES,
    *naming_scenes.SCENES,
    *record_scenes.SCENES,
    *tamper_scenes.SCENES,
    *server_scenes.SCENES,
    *kill_scenes.SCENES,
    *evidence_scenes.SCENES,
    *manifest_scenes.SCENES,
    *trace_scenes.SCENES,
)

MALFUNCTIONS = {
    "M-01": "PASSED on part of the evidence",
    "M-02": "a failure is not shown",
    "M-03": "a failure is shown that there is not",
    "M-04": "a result on the wrong case, run or step",
    "M-05": "a verdict against a stale procedure",
    "M-06": "a result is lost silently",
    "M-07": "something is sent or created twice",
    "M-08": "wrong time, software or environment in the record",
    "M-09": "the evidence was altered afterwards",
    "M-10": "an older result replaces a newer one",
    "M-11": "a secret in the record or the output",
    "M-12": "an input is not read, or understood wrongly",
    "M-13": "report or exit status say something else than was done",
    "M-14": "something is written that must not be",
    "M-15": "another program runs than the one that was qualified",
}
"""Names of the malfunctions by ID; docs/qualification.md has severity, detection and measures."""

PAGE = Path(__file__).parents[3] / "docs" / "qualification.md"


def select(scenes: Sequence[Scene], words: Sequence[str]) -> list[Scene]:
    """Return the scenes with those of their checks that one of the words occurs in.

    Args:
        scenes: All of them.
        words: Looked for in ID, requirement and malfunctions of a check and in the name of its
            scene, in any case of letters; all checks without any.
    """
    if not words:
        return list(scenes)
    found = []
    for scene in scenes:
        checks = tuple(
            check
            for check in scene.checks
            if _has_one_of(
                f"{check.id} {scene.name} {check.requirement} {check.malfunctions}", words
            )
        )
        if checks:
            found.append(replace(scene, checks=checks))
    return found


def _has_one_of(text: str, words: Sequence[str]) -> bool:
    folded = text.casefold()
    return any(word.casefold() in folded for word in words)


def checks_table() -> str:
    """Return the table of all checks."""
    rows = (
        (check.id, check.requirement, f"`{scene.name}`", " ".join(check.malfunctions))
        for scene in SCENES
        for check in scene.checks
    )
    return table(("check", "requirement", "scene", "malfunctions"), rows)


def scenes_table() -> str:
    """Return the table of what is done."""
    rows = ((f"`{scene.name}`", scene.method, str(len(scene.checks))) for scene in SCENES)
    return table(("scene", "what is done", "checks"), rows)


def malfunctions_table() -> str:
    """Return which checks look for which malfunction."""
    rows = ((id_, name, " ".join(ids_of(id_))) for id_, name in MALFUNCTIONS.items())
    return table(("malfunction", "", "checks"), rows)


def ids_of(malfunction: str) -> list[str]:
    """Return the checks that look for a malfunction."""
    checks = (check for scene in SCENES for check in scene.checks)
    return [check.id for check in checks if malfunction in check.malfunctions]


def page_text(page: str) -> str:
    """Return the page with fresh tables; its prose is kept."""
    makers = {
        "checks": checks_table,
        "scenes": scenes_table,
        "malfunctions": malfunctions_table,
    }
    return fill_in(page, makers)


def main() -> int:
    """Write the page anew; return an exit status."""
    if not PAGE.exists():
        sys.stderr.write(f"there is no {PAGE}: run this in a checkout of the project\n")
        return 2
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
