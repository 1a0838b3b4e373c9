"""How many requests there are, and that each of them is a documented one."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import CaseRef
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.file_audit import SentFile
from pytest_jama.targets.jama.run_audit import RunAudit, SentRun
from tests.targets.jama_world import JamaWorld, updates_for
from tests.targets.test_jama_bundle import keep

if TYPE_CHECKING:
    from pathlib import Path

    from tests.targets.conftest import MakeWorld

PAGE = frozenset({"startAt", "maxResults"})

DOCUMENTED = {
    "POST /rest/oauth/token": frozenset[str](),
    "GET /users/current": frozenset(),
    "GET /projects": PAGE,
    "GET /projects/{}": frozenset(),
    "GET /itemtypes": PAGE,
    "GET /picklists/{}/options": PAGE,
    "GET /abstractitems": PAGE | {"project", "documentKey", "contains", "itemType"},
    "GET /abstractitems/{}": frozenset(),
    "GET /testplans": PAGE | {"project"},
    "GET /testplans/{}": frozenset(),
    "POST /testplans": frozenset(),
    "GET /testplans/{}/testgroups": PAGE,
    "POST /testplans/{}/testgroups": frozenset(),
    "GET /testplans/{}/testgroups/{}/testcases": PAGE,
    "POST /testplans/{}/testgroups/{}/testcases": frozenset(),
    "GET /testplans/{}/testcycles": PAGE,
    "POST /testplans/{}/testcycles": frozenset(),
    "GET /testcycles/{}": frozenset(),
    "PUT /testcycles/{}": frozenset(),
    "GET /testruns": PAGE | {"testCycle", "testCase"},
    "GET /testcycles/{}/testruns": PAGE,
    "PATCH /testruns/{}": frozenset(),
    "GET /relationships": PAGE | {"project", "lastId", "omitCount"},
    "POST /projects/{}/attachments": frozenset(),
    "GET /attachments/{}": frozenset(),
    "PUT /attachments/{}/file": frozenset(),
    "GET /testruns/{}/attachments": PAGE,
    "POST /testruns/{}/attachments": frozenset(),
    "GET /testplans/{}/attachments": PAGE,
    "POST /testplans/{}/attachments": frozenset(),
    "GET /attachments/{}/file": frozenset(),
    "GET /testruns/{}": frozenset(),
    "GET /users/{}": frozenset(),
}
"""Every request that we ever make, and its parameters. Source: Jama REST API cookbook."""


def _send(world: JamaWorld, refs: list[CaseRef], **settings: Any) -> None:
    target = world.target(**settings)
    updates = updates_for(target.resolve(refs, create=True, observer=Observer()), Verdict.PASSED)
    receipts = target.push(updates, observer=Observer())
    assert {receipt.error for receipt in receipts} == {""}


def _refs(world: JamaWorld, kind: str, count: int) -> list[CaseRef]:
    keys = [world.add_case(number, global_id=f"GID-9{number}") for number in range(count)]
    world.start(keys)
    names = {
        "keys": [ref.text for ref in keys],
        "API IDs": [str(world.case_ids[ref]) for ref in keys],
        "global IDs": [f"GID-9{number}" for number in range(count)],
    }
    return [CaseRef.parse(name) for name in names[kind]]


@pytest.mark.parametrize(
    "count, kind",
    [
        *itertools.product([1, 10, 50, 51, 120], ["keys"]),
        *itertools.product([1, 51], ["API IDs", "global IDs"]),
    ],
)
def test_an_upload_keeps_to_its_budget(count: int, kind: str, make_world: MakeWorld) -> None:
    world = make_world()
    refs = _refs(world, kind, count)
    _send(world, refs)
    patches, others = world.count_requests()
    assert patches == count
    assert others <= 3 * math.ceil(count / 50) + 6


@pytest.mark.parametrize("count", [1, 60])
def test_a_cycle_with_many_more_runs_costs_no_more(count: int, make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(310)
    world.start(refs)
    _send(world, refs[-count:], run={"assigned_to": "me"})
    patches, others = world.count_requests()
    assert patches == count
    assert others <= 3 * math.ceil(count / 50) + 6


@pytest.mark.parametrize("count, projects", [(51, 60), (1, 140), (51, 400)])
def test_many_projects_do_not_break_the_budget(
    count: int, projects: int, make_world: MakeWorld
) -> None:
    world = make_world()
    for number in range(projects):
        world.store.add_project(f"A{number}")
    last = JamaWorld(world.sandbox, "LAST")
    refs = last.add_cases(count)
    last.start(refs)
    with last:
        _send(last, refs)
    patches, others = last.count_requests()
    assert patches == count
    assert others <= 3 * math.ceil(count / 50) + 6


def test_a_small_upload_makes_seven_other_requests(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(10)
    world.start(refs)
    _send(world, refs)
    assert world.count_requests() == (10, 7)


def test_every_request_is_a_documented_one(world: JamaWorld) -> None:
    refs = world.add_cases(60, steps=1)
    run = {"assigned_to": "me", "fields": {"Test bench": "Bench A"}}
    _send(world, [*refs[:30], CaseRef.parse(world.case_ids[refs[30]])], run=run)
    _send(world, refs, cycle={"name": "Build 7", "missing_runs": "regenerate"})
    plan = world.store.plans(world.key)[0]
    cycle = world.store.cycles(plan.id)[0]
    _send(world, refs, project=world.project_id, plan={"id": plan.id}, cycle={"id": cycle.id})
    world.resolve([CaseRef.parse(world.case_ids[refs[0]])], create=False, cycle="next")
    for request in world.sandbox.requests:
        known = DOCUMENTED[f"{request.method} {re.sub(r'[0-9]+', '{}', request.path)}"]
        assert {name for name, _ in request.query} <= known


def test_requests_of_bundles_and_of_verify_are_documented(world: JamaWorld, tmp_path: Path) -> None:
    noting = keep(world, tmp_path)
    requests = list(world.sandbox.requests)
    (run,) = world.runs()
    (plan,) = world.store.plans(world.key)
    last = noting.filed_[-1]
    bundle = SentFile(last.name, "0" * 64, 2, int(last.attachment or 0))
    sent = SentRun(run.id, "case", "FAILED", "sent", files=(bundle,))
    gone = SentRun(10**6, "case", "FAILED", "sent")
    client = JamaClient(open_api(world.settings(), clocks=None, read_timeout_s=30.0))
    audit = RunAudit(client, reads_bytes=True)
    whats = [each.what for each in audit.compare(run.cycle_id or 0, [sent, gone])]
    whats += [each.what for each in audit.compare_files(sent, f"/testplans/{plan.id}", (None, ""))]
    client.api.connection.close()
    title = f"file {bundle.name}"
    assert whats == ["status", title, "run", f"content of {title}"]
    requests += world.sandbox.requests
    paths = [f"{each.method} {re.sub(r'[0-9]+', '{}', each.path)}" for each in requests]
    assert [each for each in paths if each not in DOCUMENTED] == []
    assert {"GET /users/{}", "GET /attachments/{}/file", "GET /testruns/{}"} <= set(paths)


def test_no_page_is_larger_than_fifty_and_no_value_a_joined_list(world: JamaWorld) -> None:
    refs = world.add_cases(120)
    world.start(refs)
    _send(world, refs)
    queries = [dict(request.query) for request in world.sandbox.requests]
    assert {query["maxResults"] for query in queries if "maxResults" in query} == {"50"}
    values = [value for request in world.sandbox.requests for _, value in request.query]
    assert not [value for value in values if "," in value]


def test_nothing_is_ever_deleted_or_unlocked(world: JamaWorld) -> None:
    refs = world.add_cases(3)
    _send(world, refs)
    assert not [
        request
        for request in world.sandbox.requests
        if request.method == "DELETE" or request.path.endswith(("/lock", "/updatedtestcase"))
    ]
