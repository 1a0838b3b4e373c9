"""That each request to ALM Octane is one that docs/octane.md tells of."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.plan import Findings, SendState
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import Judgement
from tests.targets.told import Told

if TYPE_CHECKING:
    from pytest_jama.core.plan import Receipt
    from tests.targets.octane.conftest import MakeWorkspace
    from tests.targets.octane.octane_world import OctaneWorld

PAGE = Path(__file__).parents[3] / "docs" / "octane.md"

LISTED = frozenset({"fields", "query", "order_by", "limit", "offset"})

DOCUMENTED = {
    "POST /authentication/sign_in": frozenset[str](),
    "POST /authentication/sign_out": frozenset(),
    "GET /api/shared_spaces": frozenset({"fields"}),
    "GET /api/shared_spaces/{}/workspaces": frozenset({"fields"}),
    "GET /releases": LISTED,
    "GET /milestones": LISTED,
    "GET /product_areas": LISTED,
    "GET /test_suites": LISTED,
    "GET /work_items": LISTED,
    "GET /requirement_documents": LISTED,
    "GET /ci_builds": LISTED,
    "GET /ci_servers": LISTED,
    "GET /pipelines": LISTED,
    "POST /ci_servers": frozenset(),
    "POST /pipelines": frozenset(),
    "PUT /analytics/ci/builds": frozenset(),
    "POST /test-results": frozenset({"skip-errors"}),
    "GET /test-results/{}": frozenset(),
    "GET /automated_runs": LISTED,
    "GET /previous_runs": LISTED,
    "GET /attachments": LISTED,
    "POST /attachments": frozenset(),
}
"""Every request that an upload ever makes, and its parameters."""


def _result(number: int = 0, *, links: tuple[CaseLink, ...] = (), **more: Any) -> TestResult:
    name = f"tests/test_it.py::test_{number}"
    began = 1_764_500_000.0 + number
    return TestResult(name, Outcome.PASSED, 0.25, started=began, links=links, **more)


def _send(world: OctaneWorld, findings: Findings, **settings: Any) -> tuple[Receipt, ...]:
    target = world.target(**settings)
    plan = target.plan(findings, create=True, observer=Told())
    receipts = target.push(plan.updates, observer=Told())
    target.close()
    return receipts


def _asked(world: OctaneWorld) -> dict[str, set[str]]:
    asked: dict[str, set[str]] = {}
    for each in world.sandbox.requests:
        path = re.sub(r"/\d+(?=/|\Z)", "/{}", each.path)
        asked.setdefault(f"{each.method} {path}", set()).update(name for name, _ in each.query)
    return asked


def test_every_request_of_an_upload_is_a_documented_one(
    make_workspace: MakeWorkspace, tmp_path: Path
) -> None:
    world = make_workspace(build_look_count=1)
    story = world.store.add("stories", name="As a nurse")
    for collection in ("releases", "milestones", "product_areas", "test_suites"):
        world.store.add(collection, name=f"my {collection}")
    content = tmp_path / "kept"
    content.write_bytes(b"it beeped")
    file = AttachedFile("beep.txt", hashlib.sha256(b"it beeped").hexdigest(), 9, "text/plain")
    findings = Findings(
        (_result(1, links=(CaseLink.parse(story),)), _result(2, files=(file,))),
        Judgement(),
        find_file=lambda _: content,
    )
    (receipt,) = _send(
        world,
        findings,
        space="Shared Space",
        workspace="Default Workspace",
        release="my releases",
        milestone="my milestones",
        modules=["my product_areas"],
        suite={"name": "my test_suites", "run": "nightly"},
        build={"server": "lab-ci", "job": "nightly", "id": "77", "create": True},
    )
    assert (receipt.state, receipt.error) == (SendState.SENT, "")
    _send(world, findings)
    asked = _asked(world)
    unknown = {
        request: names - DOCUMENTED.get(request, frozenset()) for request, names in asked.items()
    }
    assert [request for request in asked if request not in DOCUMENTED] == []
    assert {request: names for request, names in unknown.items() if names} == {}
    assert DOCUMENTED.keys() - asked.keys() == {
        "GET /requirement_documents",
        "GET /attachments",
    }


def test_the_page_tells_of_every_request() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## The requests")[2].partition("\n## ")[0]
    paths = {
        request.split(" ")[1].replace("{}", "{id}").removesuffix("/{id}") for request in DOCUMENTED
    }
    assert [path for path in sorted(paths) if not re.search(rf"{re.escape(path)}\b", page)] == []
