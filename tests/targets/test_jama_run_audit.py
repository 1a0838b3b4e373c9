"""`RunAudit`: which differences of a run count, and which do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pytest_jama.targets.jama.listed_runs import ListedRuns
from pytest_jama.targets.jama.run_audit import RunAudit, SentRun
from pytest_jama.targets.jama.runs import RunStep, TestRun
from tests.every import every

if TYPE_CHECKING:
    from pytest_jama.targets.jama.client import JamaClient

ACCOUNT = "FAILED: 3.3 V & more"
SENT = SentRun(
    *(20530, "JEET1-TC-12", "FAILED", "sent"),
    sent={"account": ACCOUNT, "steps": [["FAILED", "3.3 V"]], "version": 3},
)


class _Runs:
    """A client that has one run, or none."""

    def __init__(self, run: TestRun | None) -> None:
        self._run = run

    def first_runs(self, _cycle: object) -> Any:
        return self

    total = 1

    def runs(self, _cycle: object, **_: object) -> ListedRuns:
        return ListedRuns([self._run] if self._run else [])

    def find_run(self, _run_id: int, _cycle: object) -> TestRun | None:
        return self._run


def differences(run: TestRun | None) -> list[str]:
    audit = RunAudit(cast("JamaClient", _Runs(run)))
    return [each.what for each in audit.compare(1, [SENT])]


def a_run(**changes: Any) -> TestRun:
    values: dict[str, Any] = {
        "status": "FAILED",
        "steps": (RunStep("FAILED", as_read={"result": "<p>3.3&nbsp;V</p>"}),),
        "case_version": 3,
        "actual_results": "<p>FAILED:<b>3.3</b> V &amp;\n more</p>",
    }
    return TestRun(20530, 501, "Login", **{**values, **changes})


def test_html_that_jama_rewrites_does_not_differ() -> None:
    assert differences(a_run()) == []


@every(
    "changes,what",
    [
        ({"status": "PASSED"}, "status"),
        ({"case_version": 4}, "version of the test case"),
        ({"actual_results": "<p>FAILED: 33 V &amp; more</p>"}, "account"),
        ({"actual_results": ""}, "account"),
        ({"steps": ()}, "number of steps"),
        ({"steps": (RunStep("FAILED", as_read={"result": "33 V"}),)}, "result of step 1"),
        ({"steps": (RunStep("PASSED", as_read={"result": "3.3 V"}),)}, "status of step 1"),
    ],
)
def test_each_change_is_named(changes: dict[str, Any], what: str) -> None:
    assert differences(a_run(**changes)) == [what]


def test_run_that_is_gone_is_named() -> None:
    assert differences(None) == ["run"]
