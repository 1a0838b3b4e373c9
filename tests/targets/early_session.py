"""A session that sends while its tests run, as a target sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import CaseLink
from pytest_jama.core.plan import Findings, SendState
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from tests.targets.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.core.attached_file import AttachedFile
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Plan, Receipt
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

_OUTCOMES = {Verdict.PASSED: Outcome.PASSED, Verdict.FAILED: Outcome.FAILED}


class ToldEarly(Told):
    """Notes plans, too, and in which order they and the receipts came."""

    def __init__(self, then: Callable[[Any], None] = lambda _: None) -> None:
        super().__init__(then)
        self.planned_keys: list[str] = []
        self.plans: list[Plan] = []

    def planned(self, plan: Plan) -> None:
        self.plans.append(plan)
        self.planned_keys += [update.key for update in plan.updates]

    def received(self, receipt: Receipt) -> None:
        assert receipt.update.key in self.planned_keys
        super().received(receipt)


class EarlySession:
    """Sends verdicts early, and all of them at the end.

    Args:
        world: Where to.
        refs: All cases, in their order.
        time: Time.
        findings: What else is known of the session.
        settings: Its settings.
    """

    def __init__(
        self,
        world: JamaWorld,
        refs: Sequence[CaseRef],
        *,
        time: FakeTime | None = None,
        findings: Findings | None = None,
        files: Mapping[CaseRef, Sequence[AttachedFile]] | None = None,
        **settings: Any,
    ) -> None:
        self.world = world
        self.refs = list(refs)
        self.target = world.target(clocks=time.clocks if time else None, **settings)
        self.told = ToldEarly()
        has_accounts = world.settings(**settings).run.actual_results
        provenance = "pytest 9" if has_accounts else ""
        self.findings = findings or Findings((), Judgement(), provenance, "s1")
        self.files = files or {}
        self.verdicts: dict[CaseRef, CaseVerdict] = {}
        self.plan: Plan | None = None

    def case(self, ref: CaseRef, verdict: Verdict | None, *reasons: str) -> CaseVerdict:
        outcome = _OUTCOMES.get(verdict or Verdict.NOT_RUN, Outcome.SKIPPED)
        files = tuple(self.files.get(ref, ()))
        result = TestResult(f"t.py::test_{ref}", outcome, links=(CaseLink(ref),), files=files)
        return CaseVerdict(ref, verdict, results=(result,), reasons=reasons)

    def early(
        self,
        *refs: CaseRef,
        verdict: Verdict | None = Verdict.PASSED,
        awaited: tuple[CaseRef, ...] | None = None,
    ) -> None:
        """Send some verdicts early; the other cases are awaited."""
        new = {ref: self.case(ref, verdict) for ref in refs}
        self.verdicts.update(new)
        left = tuple(ref for ref in self.refs if ref not in self.verdicts)
        findings = self.findings._replace(
            judgement=Judgement(tuple(new.values())), awaited=left if awaited is None else awaited
        )
        self.target.send_early(findings, observer=self.told)

    def end(self, *others: CaseVerdict) -> tuple[Receipt, ...]:
        """Plan and push everything, as at the end; verdicts that are given replace early ones."""
        self.target.end_early()
        self.verdicts.update({case.case_ref: case for case in others})
        cases = tuple(self.verdicts[ref] for ref in self.refs if ref in self.verdicts)
        late = tuple(self.verdicts[ref] for ref in self.verdicts if ref not in self.refs)
        results = tuple(result for case in (*cases, *late) for result in case.results)
        findings = self.findings._replace(results=results, judgement=Judgement((*cases, *late)))
        plan = self.target.plan(findings, create=True, observer=self.told)
        self.plan = plan
        self.told.planned(plan)
        return self.target.push(plan.updates, observer=self.told)

    def end_complete(self, *others: CaseVerdict) -> Plan:
        """Do what `end` does; everything arrives and reads back as intended."""
        receipts = self.end(*others)
        plan = self.plan
        assert plan is not None
        assert {(each.state, each.error) for each in receipts} <= {(SendState.SENT, "")}
        assert [each.update.key for each in receipts] == [each.key for each in plan.updates]
        assert plan.unresolved == ()
        return plan
