"""Which files become evidence, and how large they may be: as written in jama.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.config.values import COMPLETE, load, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path


@every(
    "written, size",
    [("10 MB", 10_000_000), ("500kB", 500_000), ("1.5 gb", 1_500_000_000), ("17", 17)],
)
def test_sizes_are_written_with_a_unit_or_in_bytes(tmp_path: Path, written: str, size: int) -> None:
    loaded = load(tmp_path, f"{COMPLETE}evidence: {{max_file: {written}}}\n")
    assert loaded.settings.evidence.max_file == size


def test_nothing_is_attached_unless_it_is_asked_for(tmp_path: Path) -> None:
    evidence = load(tmp_path, COMPLETE).settings.evidence
    assert (evidence.log, evidence.files, evidence.images) == ("never", (), "attach")


@every(
    "line, message",
    [
        ("{max_run: 0}", "evidence.max_run is '0'; use a size, such as 10 MB or 500 kB"),
        ("{max_file: 3 parsec}", "evidence.max_file is '3 parsec'; use a size"),
        ("{log: sometimes}", "evidence.log is 'sometimes'; use never, on_failure or always"),
        ("{files: ../../**}", "has the pattern '../../**', which leads out of the folder"),
        ("{files: [/etc/*]}", "has the pattern '/etc/*', which leads out of the folder"),
        ("{files: ['C:\\x\\*']}", "which leads out of the folder"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_remedy(
    tmp_path: Path, line: str, message: str
) -> None:
    (problem,) = problems_of(tmp_path, f"{COMPLETE}evidence: {line}\n")
    assert message in problem
    assert "jama.yaml:5" in problem
