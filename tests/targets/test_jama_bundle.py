"""The bundle of a session at a test plan of Jama."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.plan import Findings
from pytest_jama.core.port import TakesBundles
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from tests.targets.document_target import DocumentTarget
from tests.targets.test_jama_files import Evidence, Noting, requests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld

CREATE = "POST /projects/N/attachments"
STORE = "PUT /attachments/N/file"
ATTACH = "POST /testplans/N/attachments"


def keep(world: JamaWorld, folder: Path) -> Noting:
    """Send a result and then a bundle; forget the requests of the result."""
    (ref,) = world.add_cases(1)
    evidence = Evidence(folder)
    target = world.target()
    findings = Findings(
        (),
        Judgement(cases=(CaseVerdict(ref, Verdict.PASSED),)),
        session="a-session",
        find_file=evidence.store.find,
    )
    noting = Noting()
    plan = target.plan(findings, create=True, observer=noting)
    target.push(plan.updates, observer=noting)
    world.sandbox.clear_requests()
    target.keep_bundle(evidence.file("pytest-jama-s.zip", b"PK"), observer=noting)
    return noting


def test_a_bundle_takes_three_requests_and_the_journal_names_its_plan(
    world: JamaWorld, tmp_path: Path
) -> None:
    noting = keep(world, tmp_path)
    assert requests(world) == {CREATE: 1, STORE: 1, ATTACH: 1}
    (plan,) = world.store.plans(world.key)
    assert noting.states == ["begun", "created", "stored", "attached"]
    assert {each.place for each in noting.filed_} == {f"plan {plan.id}"}


def test_the_other_documented_body_is_tried(make_world: MakeWorld, tmp_path: Path) -> None:
    noting = keep(make_world(attachment_body="attachmentItemId"), tmp_path)
    assert noting.states[-1] == "attached"


def test_a_widget_that_is_off_for_plans_is_told_once(make_world: MakeWorld, tmp_path: Path) -> None:
    noting = keep(make_world(attachments_widget="off_for_plans"), tmp_path)
    assert noting.states[-1] == "refused"
    (warning,) = noting.warnings
    assert "1 file not attached to the test plan (pytest-jama-s.zip)" in warning
    assert "enable the Attachments widget" in warning


def test_nothing_is_asked_where_no_plan_was_found(world: JamaWorld, tmp_path: Path) -> None:
    target = world.target()
    target.plan(Findings((), Judgement()), create=True, observer=Noting())
    target.keep_bundle(Evidence(tmp_path).file(), observer=Noting())
    assert not world.sandbox.requests


def test_a_target_without_plans_keeps_no_bundles(world: JamaWorld) -> None:
    assert isinstance(world.target(), TakesBundles)
    assert not issubclass(DocumentTarget, TakesBundles)
