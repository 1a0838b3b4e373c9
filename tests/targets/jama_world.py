"""A project of its own in a running sandbox, and targets that write to it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pytest_jama.config.environment import OAuthCredentials
from pytest_jama.config.models import Settings
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import CaseVerdict
from pytest_jama.targets.jama import JamaTarget, make_jama_target
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

    from pytest_jama.core.verdicts import StepVerdict, Verdict
    from pytest_jama.sandbox.jama.model import Node
    from pytest_jama.sandbox.jama.server import Sandbox
    from pytest_jama.targets.http.give_up import Clocks
    from pytest_jama.targets.jama.runs import Resolution, RunUpdate

PLAN = "Release 1"
CYCLE = "Build 7"


class JamaWorld:
    """A project in a sandbox; implements `tests.targets.contract.World`."""

    def __init__(self, sandbox: Sandbox, key: str) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self.key = key
        self.project_id = self.store.add_project(key)
        self.case_ids: dict[CaseRef, int] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def settings(self, **given: Any) -> Settings:
        secret = {
            "client_id": self.sandbox.credentials.client_id,
            "client_secret": self.sandbox.credentials.client_secret,
        }
        defaults = {"url": self.sandbox.url, "project": self.key, "plan": PLAN, "cycle": CYCLE}
        credentials = OAuthCredentials.model_validate(secret)
        return Settings.model_validate({**defaults, "credentials": credentials, **given})

    def target(self, *, clocks: Clocks | None = None, **given: Any) -> JamaTarget:
        target = make_jama_target(self.settings(**given), clocks=clocks)
        self._stack.callback(target.close)
        return target

    def resolve(self, refs: list[CaseRef], *, create: bool = True, **given: Any) -> Resolution:
        return self.target(**given).resolve(refs, create=create, observer=Observer())

    def add_case(self, number: int, **given: Any) -> CaseRef:
        ref = CaseRef.parse(f"{self.key}-TC-{number}")
        self.case_ids[ref] = self.store.add_case(self.key, ref.text, **given)
        return ref

    def add_cases(self, count: int, *, steps: int = 0) -> list[CaseRef]:
        first = len(self.case_ids) + 1
        return [self.add_case(number, steps=steps) for number in range(first, first + count)]

    def start(self, refs: list[CaseRef], *, plan: str = PLAN, cycle: str = CYCLE) -> int:
        """Create the plan with the cases and its cycle; return the cycle's ID."""
        plan_id = self.store.add_plan(self.key, plan, cases=[self.case_ids[ref] for ref in refs])
        return self.store.add_cycle(plan_id, cycle)

    def runs(self) -> list[Node]:
        plans = self.store.plans(self.key)
        cycles = [cycle for plan in plans for cycle in self.store.cycles(plan.id)]
        return [run for cycle in cycles for run in self.store.runs(cycle.id)]

    def state(self) -> object:
        plans = self.store.plans(self.key)
        return (
            plans,
            [self.store.groups(plan.id) for plan in plans],
            [self.store.cycles(plan.id) for plan in plans],
            self.runs(),
        )

    def statuses(self, ref: CaseRef) -> list[list[str]]:
        runs = sorted((run for run in self.runs() if run.case_key == ref.text), key=_id)
        return [[run.status, *(step.status for step in run.steps)] for run in runs]

    def count_requests(self) -> tuple[int, int]:
        """Return how many PATCHes and how many other requests there were; forget them."""
        methods = [request.method for request in self.sandbox.requests]
        self.sandbox.clear_requests()
        patches = methods.count("PATCH")
        return patches, len(methods) - patches


def _id(run: Node) -> int:
    return run.id


def verdicts_of(
    refs: Sequence[CaseRef], verdict: Verdict, *steps: StepVerdict
) -> list[CaseVerdict]:
    return [CaseVerdict(ref, verdict, steps) for ref in refs]


def updates_for(
    resolution: Resolution, verdict: Verdict, *steps: StepVerdict
) -> tuple[RunUpdate, ...]:
    verdicts = verdicts_of(list(resolution.runs), verdict, *steps)
    return plan_updates(
        verdicts, resolution.runs, writer=Writer("pytest-jama, commit abc", "a-session")
    ).updates
