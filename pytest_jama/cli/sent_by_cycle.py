"""What journals and manifests say was sent, the last word on each run. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_jama.core.attached_file import PLAN_PLACE, FileState
from pytest_jama.targets.jama.file_audit import SentFile
from pytest_jama.targets.jama.file_words import named_with_hash
from pytest_jama.targets.jama.run_audit import SentRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_jama.journal.record import Recording
    from pytest_jama.journal.upload_record import UploadRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource
    from pytest_jama.report.evidence.statement_check import Manifest


@dataclass
class SentByCycle:
    """What was sent.

    Attributes:
        cycles: The runs of each cycle, by their ID, or by their case where they have none; of None
            those that no cycle is known of.
        left: The runs that a session left as they were, by their key, with the reason.
    """

    cycles: dict[int | None, dict[str, SentRun]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    _files: dict[str, dict[str, SentFile]] = field(default_factory=dict)

    def runs(self) -> Iterator[tuple[int | None, list[SentRun]]]:
        """Yield the runs of each cycle, with their files."""
        for cycle, known in self.cycles.items():
            if known:
                yield cycle, [self._with_files(each) for each in known.values()]

    def _with_files(self, run: SentRun) -> SentRun:
        files = self._files.get(str(run.run_id), {})
        return replace(run, files=(*run.files, *files.values())) if files else run

    def plans(self) -> Iterator[tuple[int, SentRun]]:
        """Yield the test plans with files, each with its ID, and what stands for it."""
        for place, files in self._files.items():
            number = place.removeprefix(PLAN_PLACE)
            if number != place and number.isdigit():
                plan = SentRun(0, "test plan", "", "sent", name=f"ID {number}")
                yield int(number), replace(plan, files=tuple(files.values()))

    def add(self, sources: Iterable[JournalSource]) -> None:
        """Take journals, in the order of their sessions: later ones count for more."""
        for source in sorted(sources, key=lambda each: each.recording.header.order):
            unsent = _statuses_of(source.recording)
            sizes = _sizes_of(source.recording)
            for upload in source.uploads:
                self._take(upload, unsent)
                self._take_files(upload, sizes)
            for case, status in unsent.items():
                run = SentRun(0, case, status, "not sent", error="no upload of it is recorded")
                self.cycles.setdefault(None, {})[case] = run

    def _take(self, upload: UploadRecord, unsent: dict[str, str]) -> None:
        place = upload.place or {}
        cycle = place.get("cycle")
        known = self.cycles.setdefault(cycle if isinstance(cycle, int) else None, {})
        for run in _runs_of(upload):
            known[str(run.run_id or run.case)] = run
            self.left.pop(str(run.run_id), None)
            unsent.pop(run.case, None)
            known.pop(run.case, None)
        for case, reason, *_ in place.get("unresolved", ()):
            known[case] = SentRun(0, case, "", "no test run", error=reason)
            unsent.pop(case, None)
        for left in place.get("left", ()):
            self.left[str(left.get("key"))] = f"{left.get('title')}: {left.get('why')}"
            unsent.pop(left.get("case"), None)

    def _take_files(self, upload: UploadRecord, sizes: Mapping[str, int]) -> None:
        for line in upload.files:
            if line.get("state") != FileState.ATTACHED.value:
                continue
            sha256, number = str(line.get("sha256")), line.get("attachment")
            files = self._files.setdefault(str(line.get("place", "")), {})
            files[sha256] = SentFile(
                str(line.get("name")),
                sha256,
                sizes.get(sha256),
                number if isinstance(number, int) else None,
            )

    def add_stated(self, manifest: Manifest) -> None:
        """Take what a manifest itself says, where its journal is gone."""
        cycle = _mapping(manifest.own.get("cycle")).get("id")
        known = self.cycles.setdefault(cycle if isinstance(cycle, int) else None, {})
        for case in map(_mapping, _list(manifest.own.get("cases"))):
            files = tuple(_stated_files(case))
            runs = list(map(_mapping, _list(case.get("runs"))))
            for said in runs:
                if said.get("state") == "left":
                    self.left[str(said.get("run"))] = f"{case.get('case')}: {said.get('why')}"
                else:
                    run = _stated_run(str(case.get("case")), said)
                    known[str(run.run_id or run.case)] = replace(run, files=files)
            if not runs and case.get("status") != "not_run":
                name = str(case.get("case"))
                why = str(case.get("unresolved") or "no upload of it is stated")
                known[name] = SentRun(0, name, str(case.get("status")), "not sent", error=why)


def _statuses_of(recording: Recording) -> dict[str, str]:
    """Return what a session concluded of each case that it wants to report."""
    if recording.verdicts:
        found = {str(ref): said.verdict for ref, said in recording.verdicts.items()}
        return {case: verdict.value for case, verdict in found.items() if verdict is not None}
    results = recording.results.values()
    return {str(link.case_ref): "its result" for each in results for link in each.links}


def _sizes_of(recording: Recording) -> dict[str, int]:
    results = (*recording.results.values(), *recording.repeated.values())
    return {file.sha256: file.size for result in results for file in result.files}


def _runs_of(upload: UploadRecord) -> Iterator[SentRun]:
    for key in dict.fromkeys((*upload.updates, *upload.receipts)):
        update = upload.updates.get(key, {})
        receipt = upload.receipts.get(key, {})
        said = {**update, **receipt}
        run_id, sent = said.get("run"), receipt.get("sent")
        if isinstance(sent, dict) and isinstance(update.get("procedure"), list):
            sent = {**sent, "procedure": update["procedure"]}
        yield SentRun(
            run_id if isinstance(run_id, int) else 0,
            str(said.get("case", "")),
            str(said.get("status", "")),
            str(receipt.get("state", "not sent")),
            name=str(update.get("run_key", "")),
            error=str(receipt.get("error", "")),
            sent=sent if isinstance(sent, dict) else None,
        )


def _stated_run(case: str, said: Mapping[str, Any]) -> SentRun:
    key = str(said.get("run", ""))
    sent = {
        "version": said.get("version"),
        "steps": [[status, None] for status in _list(said.get("steps"))],
        "procedure_sha256": said.get("procedure_sha256"),
    }
    return SentRun(
        int(key) if key.isascii() and key.isdigit() else 0,
        case,
        str(said.get("status", "")),
        str(said.get("state", "not sent")),
        name=str(said.get("run_key", "")),
        error=str(said.get("why", "")),
        sent=sent,
    )


def _stated_files(case: Mapping[str, Any]) -> Iterator[SentFile]:
    for file in map(_mapping, _list(case.get("files"))):
        if file.get("state") == FileState.ATTACHED.value:
            name, sha256, size = str(file.get("name")), str(file.get("sha256")), file.get("size")
            size = size if isinstance(size, int) else None
            yield SentFile(named_with_hash(name, sha256), sha256, size)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
