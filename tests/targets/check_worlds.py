"""Servers that behave in one way or another, and what a check reports of each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.probes.check_report import anonymous_report
from pytest_jama.targets.jama.probes.inquiry import Inquiry
from pytest_jama.targets.jama.probes.probe import ServerProbe
from pytest_jama.targets.jama.probes.write_probe import WriteProbe
from tests.targets.jama_world import CYCLE, PLAN, JamaWorld

if TYPE_CHECKING:
    from pytest_jama.core.observation import Observation
    from pytest_jama.sandbox.jama.server import Sandbox
    from pytest_jama.targets.jama.probes.scratch_plan import Made

PROBE = "Night probe of ann"

STEPS = [
    {
        "action": f'<p class="c{number}" style="color:red">Press <b>{word}</b></p>',
        "expectedResult": f'<span onclick="x()">It {word}s</span>',
        "notes": "Wait<br>here",
    }
    for number, word in enumerate(("start", "run", "stop"), 1)
]


class Checked:
    """A check of a server, write probe and all.

    Attributes:
        report: The report without names.
        observations: What was seen, by name.
        made: What the write probe has made.
        count: How many requests each half made.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        writes: bool = True,
        by_global_id: bool = False,
        named: str = "",
        **given: Any,
    ) -> None:
        world = JamaWorld(sandbox, "JEET1")
        refs = [world.add_case(1, steps=STEPS), world.add_case(2, steps=0), world.add_case(3)]
        world.start(refs, plan=named or PLAN, cycle=named or CYCLE)
        if by_global_id:
            cases = world.store.cases(world.key)
            refs = [CaseRef(RefKind.GLOBAL_ID, each.global_id) for each in cases]
        settings = world.settings(upload={"give_up_after": "1s"}, **given)
        self.observations: dict[str, Observation] = {}
        found: list[Observation] = []
        self.found = found
        before = world.state()
        sandbox.clear_requests()
        api = open_api(settings, clocks=None, read_timeout_s=30.0)
        inquiry = Inquiry(JamaClient(api, at_once=4))
        try:
            probe = ServerProbe(inquiry, settings, refs=refs, runs=0, tell=found.append)
            seen = probe.run()
            self.read_count = len(sandbox.requests)
            self.is_ready = seen.lets_us_in and seen.project is not None
            self.made: list[Made] = []
            if self.is_ready and writes:
                probing = WriteProbe(inquiry, settings, seen, tell=found.append)
                probing.run(PROBE)
                self.made = list(probing.made)
        finally:
            api.connection.close()
        plans = [plan.id for plan in world.store.plans(world.key)]
        self.others_before = before
        self.others_after = (
            tuple(world.store.plans(world.key)[:1]),
            [world.store.groups(plans[0])],
            [world.store.cycles(plans[0])],
            world.runs()[: len(refs)],
        )
        self.write_count = len(sandbox.requests) - self.read_count
        self.report = anonymous_report(found, names=inquiry.names)
        self.facts = {each["name"]: each["facts"] for each in self.report["observations"]}
        self.marks = {each["name"]: each["mark"] for each in self.report["observations"]}
        self.texts = {each.name: each.text for each in found}
        self.settings = self.report["settings"]
