from __future__ import annotations

from pytest_jama.core.plan import Change, ChangeKind
from tests.every import every


@every(
    "change, words",
    [
        (Change(ChangeKind.CREATE, "test plan 'Release 1'"), "create test plan 'Release 1'"),
        (
            Change(ChangeKind.ADD, "case JEET1-TC-12", "group 'Group 1'"),
            "add case JEET1-TC-12 to group 'Group 1'",
        ),
        (
            Change(ChangeKind.REGENERATE, "the runs of test cycle 'Build 7'"),
            "regenerate the runs of test cycle 'Build 7'",
        ),
    ],
)
def test_a_change_reads_as_a_sentence(change: Change, words: str) -> None:
    assert str(change) == words
