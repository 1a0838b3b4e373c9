"""Repositories with a jama.lock, written without pytest, and sessions in each front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.config.lock_file import render_lock
from pytest_jama.core.lock import CaseText, Lock, LockedCase, StepText
from tests.e2e.resuming import upload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.sandbox.jama.model import Node
    from tests.harness import Finished, Repository

STEPS = (
    {"action": "Switch it on", "expectedResult": "The lamp is on", "notes": ""},
    {"action": "<p>Check the <b>fuse</b></p>", "expectedResult": "It holds", "notes": ""},
    {"action": "Measure 5&nbsp;mA", "expectedResult": "5 &lt; 10", "notes": ""},
)
MEASURE = {"action": "Measure leakage current", "expectedResult": "Below 1 mA", "notes": ""}


def lock(repository: Repository, *arguments: str) -> Finished:
    """Run ``pytest-jama lock``."""
    return repository.run_here(lambda: toolbox(["lock", *arguments]))


def write_lock(repository: Repository, tests_of: Mapping[int, Sequence[str]]) -> None:
    """Write what ``pytest-jama lock`` would write for the cases as they are now."""
    cases = {}
    for number, tests in tests_of.items():
        node = case_of(repository, number)
        fields = node.fields
        steps = fields.get("testCaseSteps", ())
        text = CaseText(
            fields["name"],
            fields.get("description", ""),
            tuple(StepText(step["action"], step["expectedResult"]) for step in steps),
        )
        locked = LockedCase.of(text, tests=tests, version=1, api_id=node.id)
        cases[f"{repository.key}-TC-{number}"] = locked
    repository.write("jama.lock", render_lock(Lock(cases)))


def add_cases(repository: Repository, count: int, *, without_steps: int = 0) -> None:
    """Create cases with steps, and one without."""
    for number in range(1, count + 1):
        repository.sandbox.store.add_case(
            repository.key,
            f"{repository.key}-TC-{number}",
            steps=() if number == without_steps else STEPS,
            description="<p>As it <i>is</i></p>",
        )


def case_of(repository: Repository, number: int) -> Node:
    """Return a case by its number."""
    cases = repository.sandbox.store.cases(repository.key)
    return next(each for each in cases if str(each.document_key).endswith(f"-{number}"))


def change(repository: Repository, number: int, **fields: Any) -> None:
    """Change a case in Jama."""
    repository.sandbox.store.change_case(case_of(repository, number).id, **fields)


def serial(repository: Repository, *arguments: str) -> Finished:
    """Run pytest."""
    return repository.pytest_here(*arguments)


def xdist(repository: Repository, *arguments: str) -> Finished:
    """Run pytest with workers."""
    return repository.pytest("-n", "2", *arguments)


def later(repository: Repository, *arguments: str) -> Finished:
    """Send the journal of pytest, on a machine that has no lock."""
    repository.pytest_here("--jama-no-upload", *arguments)
    repository.folder.joinpath("jama.lock").unlink()
    return upload(repository)


def junit(repository: Repository, *arguments: str) -> Finished:
    """Send the report of pytest."""
    repository.pytest_here("--jama-no-upload", "--junitxml=report.xml", *arguments)
    return repository.run_here(lambda: junit_uploader(["report.xml"]))


FRONT_ENDS = {each.__name__: each for each in (serial, xdist, later, junit)}
