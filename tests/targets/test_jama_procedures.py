"""What steps of a run ask for is what it was when the result was sent, however Jama cleans it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.folding import procedure_digest
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.run_audit import RunAudit, SentRun
from tests.sandbox.client import Api
from tests.sandbox.client import replace as replaced
from tests.targets.jama_world import updates_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld

HTML = (
    {
        "action": "<p>Press <b>on</b> &amp; wait<br>5&nbsp;s</p>",
        "expectedResult": "<ul><li>lit</ul>",
        "notes": "",
    },
    {"action": "x < y", "expectedResult": "", "notes": ""},
)


def send(world: JamaWorld) -> tuple[int, SentRun]:
    """Send a result; return the cycle, and what a journal says of the run."""
    ref = world.add_case(1, steps=HTML)
    target = world.target()
    found = target.resolve([ref], create=True, observer=Observer())
    (update,) = updates_for(found, Verdict.PASSED)
    target.push([update], observer=Observer())
    facts, sent = update.facts(), update.facts(brief=True)["sent"]
    run = SentRun(
        int(update.key),
        ref.text,
        "PASSED",
        "sent",
        sent={**sent, "procedure": facts["procedure"]},
    )
    return int(found.cycle.place_id or 0), run


def compare(world: JamaWorld, cycle: int, run: SentRun) -> Sequence[Any]:
    client = JamaClient(open_api(world.settings(), clocks=None, read_timeout_s=30.0))
    try:
        return [each.what for each in RunAudit(client).compare(cycle, [run])]
    finally:
        client.api.connection.close()


@pytest.mark.parametrize("rich_text", ["normalise", "keep", "strict"])
def test_html_that_jama_cleans_is_no_difference(rich_text: str, make_world: MakeWorld) -> None:
    world = make_world(rich_text=rich_text)
    cycle, run = send(world)
    assert compare(world, cycle, run) == []


def test_another_text_of_a_step_is_named_also_by_its_digest(world: JamaWorld) -> None:
    cycle, run = send(world)
    api = Api(world.sandbox)
    (node,) = world.runs()
    steps = api.call("GET", f"/testruns/{node.id}").data["fields"]["testRunSteps"]
    steps[1]["action"] = "x > y"
    assert (
        api.call("PATCH", f"/testruns/{node.id}", json=[replaced("testRunSteps", steps)]).status
        == 200
    )
    api.close()
    assert compare(world, cycle, run) == ["procedure of step 2"]
    procedure = dict(run.sent or {}).pop("procedure")
    digest = {"procedure_sha256": procedure_digest(procedure)}
    assert compare(world, cycle, replace(run, sent=digest)) == ["procedure of its steps"]
