from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.results import Outcome
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.runs import RunUpdate
from tests.core.values import case_of, result_of, run_of, steps_of
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER = "https://acme.example"
VERDICT = case_of(Verdict.FAILED, (1, Verdict.PASSED, "ok"), (2, Verdict.FAILED, "0 V \udc80"))
FAILED = (result_of(Outcome.FAILED),)
UPDATE = RunUpdate(
    run_of("NOT_RUN", "NOT_RUN"),
    VERDICT,
    Verdict.FAILED,
    steps_of("PASSED", "FAILED"),
    ("FAILED: 1 failed", "t.py::t[\udc80]: failed", "pytest 9"),
    provenance="pytest 9",
)


def test_fingerprint_is_the_same_after_the_update_has_arrived() -> None:
    arrived = replace(UPDATE, run=replace(run_of("PASSED", "FAILED"), status="FAILED"), steps=())
    assert arrived.fingerprint(SERVER) == UPDATE.fingerprint(SERVER)


@every(
    "change",
    [
        lambda update: replace(update, run=run_of(run_id=72)),
        lambda update: replace(update, provenance="pytest 10"),
        lambda update: replace(
            update, verdict=replace(VERDICT, results=(result_of(Outcome.FAILED),))
        ),
        lambda update: replace(update, verdict=replace(VERDICT, verdict=Verdict.BLOCKED)),
        lambda update: replace(update, verdict=replace(VERDICT, steps=VERDICT.steps[:1])),
    ],
    ids=["run", "provenance", "results", "verdict", "steps"],
)
def test_fingerprint_tells_other_updates_apart(change: Callable[[RunUpdate], RunUpdate]) -> None:
    assert change(UPDATE).fingerprint(SERVER) != UPDATE.fingerprint(SERVER)


def test_fingerprint_does_not_depend_on_what_others_wrote_there_or_on_new_facts() -> None:
    told = result_of(Outcome.FAILED)
    plain = replace(UPDATE, verdict=replace(VERDICT, results=(told,)))
    facts = told._replace(started=1.0, host="bench-3")
    later = replace(
        plain,
        verdict=replace(VERDICT, results=(facts,), reasons=("drift",)),
        run=replace(plain.run, actual_results="<p>4.2 V</p>"),
        account=("other words",),
        session="s",
        earlier="<p>4.2 V</p>",
    )
    assert later.fingerprint(SERVER) == plain.fingerprint(SERVER)


def test_fingerprint_tells_files_apart_by_name_and_content() -> None:
    def of(*files: AttachedFile) -> str:
        results = (result_of(Outcome.PASSED)._replace(files=files),)
        return replace(UPDATE, verdict=replace(VERDICT, results=results)).fingerprint(SERVER)

    one, other = (AttachedFile("a.txt", digit * 64, 1, "text/plain") for digit in "12")
    told = [of(), of(one), of(other), of(one, other), of(one._replace(name="b.txt"))]
    assert len(set(told)) == len(told)
    assert of(one, other) == of(other, one)


def test_fingerprint_without_files_is_that_of_earlier_versions() -> None:
    assert UPDATE.fingerprint(SERVER) == "caf0b97c14167ef7895f03bba8c567df"


def test_fingerprint_tells_servers_apart() -> None:
    assert UPDATE.fingerprint("https://other.example") != UPDATE.fingerprint(SERVER)
