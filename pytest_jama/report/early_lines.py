"""What was sent while tests ran, and what that leaves open when the end could not look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.text import counted
from pytest_jama.report.upload_lines import Line, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.core.plan import UploadReport


def early_lines(report: UploadReport) -> Iterator[Line]:
    """Yield how many updates arrived while tests ran, and how many cases were never looked for."""
    if report.early:
        yield Line("early", f"{report.early} of them while tests ran")
    if report.unplanned:
        what = counted(report.unplanned, "more case")
        text = f"{what}: the upload stopped before it looked for test runs of them"
        yield Line("NOT SENT", text, Tone.BAD, things=report.unplanned)
