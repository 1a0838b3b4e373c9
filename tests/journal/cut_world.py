"""A server in memory, a session that reports to it, and what a kill leaves of both."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, cast

from pytest_jama import hookimpl
from pytest_jama.cli.upload import UploadOptions, run_upload
from pytest_jama.config import Settings
from pytest_jama.core.errors import ErrorLog
from pytest_jama.core.origin import Provenance
from pytest_jama.core.plan import Findings, Mode, Receipt, SendState
from pytest_jama.core.verdicts import judge
from pytest_jama.hooks.extensions import Extensions
from pytest_jama.journal import JournalWriter, lines
from pytest_jama.session.command_line import OutputOptions
from pytest_jama.session.deliver import Delivery
from pytest_jama.session.judge import write_verdicts
from pytest_jama.session.provenance import describe_session
from pytest_jama.targets.jama.runs import RunStep, TestRun
from tests.core.memory_target import MemoryTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.plan import Update
    from pytest_jama.core.port import Observer, Target
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.jama.runs import RunUpdate

PROVENANCE = Provenance(
    actor="ruth", ci="GitLab CI", job="https://ci/7", host="h", commit="1f0c9d2", is_modified=True
)
STARTED = datetime(2026, 11, 22, 4, 30, 16, tzinfo=timezone.utc)
URL = "https://acme.example"
SETTINGS = Settings.model_validate(
    {"url": URL, "project": "J", "plan": "Release 1", "cycle": "Build 1", "journal": "."}
)
LOGIN = {"JAMA_USERNAME": "u", "JAMA_PASSWORD": "p"}


@dataclass(frozen=True)
class Stored:
    """What a server has of one run.

    Attributes:
        status: Its status.
        steps: Status and result of each step.
        account: What is written there.
    """

    status: str = "NOT_RUN"
    steps: tuple[tuple[str, str | None], ...] = ()
    account: tuple[str, ...] = ()


@dataclass
class Server:
    """The runs of one cycle.

    Attributes:
        case_by_run: The case of each run.
        stored: What each run shows.
        writes: How many updates each run got.
    """

    case_by_run: Mapping[int, CaseRef]
    stored: dict[int, Stored]
    writes: Counter[int] = field(default_factory=Counter)

    def target(self) -> ServerTarget:
        """Return the port to it."""
        runs: dict[CaseRef, tuple[TestRun, ...]] = {}
        for run_id, case_ref in self.case_by_run.items():
            runs[case_ref] = (*runs.get(case_ref, ()), self._run(run_id))
        return ServerTarget(self, runs)

    def _run(self, run_id: int) -> TestRun:
        stored = self.stored[run_id]
        steps = tuple(RunStep(status, as_read={"result": text}) for status, text in stored.steps)
        return TestRun(run_id, run_id, f"run {run_id}", stored.status, steps)

    def write(self, update: RunUpdate) -> None:
        """Store an update."""
        run_id = update.run.run_id or 0
        self.writes[run_id] += 1
        steps = tuple(
            (step.status, step.as_read["result"] if step.result is None else step.result)
            for step in update.steps
        )
        self.stored[run_id] = Stored(update.status.value, steps, update.account)


class ServerTarget(MemoryTarget):
    """Writes into a server; the port for one upload."""

    def __init__(self, server: Server, runs: Mapping[CaseRef, tuple[TestRun, ...]]) -> None:
        super().__init__(runs)
        self._server = server

    def push(
        self,
        updates: Sequence[Update],
        *,
        observer: Observer,
    ) -> tuple[Receipt, ...]:
        receipts = []
        for update in updates:
            self._server.write(cast("RunUpdate", update))
            receipts.append(Receipt(update, SendState.SENT))
            observer.received(receipts[-1])
        return tuple(receipts)


class Extension:
    """Makes the target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @hookimpl
    def make_target(self) -> Target:
        return self._target


def run_session(
    path: Path,
    server: Server,
    *,
    collected: Iterable[TestResult],
    results: Iterable[TestResult],
    uncollected: Iterable[TestResult] = (),
) -> None:
    """Do what the reporter does with a session from its start to its end; replaces the file."""
    ended = {result.test_id: result for result in results}
    listed = list(collected)
    writer = JournalWriter(path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), tidies=False)
    head = describe_session(
        SETTINGS,
        versions={"pytest": "9.2.0"},
        command=["pytest", "--jama"],
        started=STARTED,
        provenance=PROVENANCE,
        session=path.stem,
        order=1,
    )
    writer.write(head.line)
    lost = list(uncollected)
    writer.write(*map(lines.uncollected_line, lost))
    writer.write(lines.collected_line(each._replace(message="") for each in listed))
    writer.write(*map(lines.result_line, ended.values()))
    every = [*(ended.pop(each.test_id, each) for each in listed), *ended.values(), *lost]
    judgement = judge(every, rules=SETTINGS.verdicts.rules())
    write_verdicts(judgement, writer.write_encoded)
    errors = ErrorLog()
    extensions = Extensions(SETTINGS, errors=errors)
    extensions.register(Extension(server.target()))
    delivery = Delivery(
        extensions=extensions, errors=errors, server=SETTINGS.url, write=writer.write
    )
    report = delivery.run(Findings(every, judgement, head.account), dry_run=False)
    writer.write(lines.end_line(finished=report.is_complete, reason=""))
    writer.close()
    assert errors.first is None


def resume(server: Server, *paths: Path, dry_run: bool = False) -> int:
    """Run the command on journals; return its exit status."""
    options = UploadOptions(paths, None, {"url": SETTINGS.url})
    output = OutputOptions(Mode.DRY_RUN if dry_run else Mode.SEND, quiet=True)
    extension = Extension(server.target())
    return run_upload(options, output, command=["pytest-jama", "upload"], plugins=[extension])


def copy_of(server: Server) -> Server:
    """Return a server that shows the same, and has not been written to."""
    return replace(server, stored=dict(server.stored), writes=Counter())
