"""The bundle of a session: journal, manifest and environment in one archive, for the test plan.

The journal in it ends before the lines about the bundle itself, which come later. The same journals
make the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from pytest_jama.core.attached_file import AttachedFile, FileState
from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.plan import SendState
from pytest_jama.core.text import clean
from pytest_jama.journal.file_store import FileStore, find_in
from pytest_jama.report.evidence.journal_sources import read_content, source_of
from pytest_jama.report.evidence.statement import encode_statement, statement_of, timeless_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.attached_file import FileReceipt
    from pytest_jama.core.plan import UploadReport
    from pytest_jama.core.port import Observer
    from pytest_jama.core.shown_results import ShownResults
    from pytest_jama.report.evidence.evidence_record import EvidenceRecord

_ARRIVED = frozenset({SendState.SENT, SendState.UNVERIFIED, SendState.MISMATCH})
_FIRST_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of each member: an archive knows no earlier one."""

_MODE = 0o600 << 16
_UNIX = 3
_MEDIA_TYPE = "application/zip"


class Bundler:
    """Makes the bundle of one upload, or finds the one that an earlier upload began to send.

    Args:
        journals: The journals; their content is as of the call of `find`.
        filed: What earlier uploads did with files.
        end: Ends the journals for what is sent until now; returns whether that was everything.
        shown_results: Hides secrets.
    """

    def __init__(
        self,
        journals: Sequence[Path],
        filed: Sequence[FileReceipt],
        end: Callable[[UploadReport], bool],
        shown_results: ShownResults,
    ) -> None:
        self._journals = journals
        self._filed = filed
        self._end = end
        self._shown_results = shown_results

    def find(self, report: UploadReport, observer: Observer) -> AttachedFile | None:
        """Return the bundle, whose content is kept beside the journal; None when there is none.

        Args:
            report: What became of the upload.
            observer: Told why no bundle could be made.
        """
        if not self._journals:
            return None
        begun = self._find_begun()
        if not (begun or self._is_due(report)) or not self._end(report):
            return None
        try:
            return begun or self._make()
        except (OSError, PytestJamaError) as error:  # the results are sent all the same
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            observer.warned(f"the bundle of the session cannot be made: {why}")
            return None

    def _is_due(self, report: UploadReport) -> bool:
        """Return whether results arrived, now or in an upload that was killed before its bundle."""
        if any(each.state in _ARRIVED for each in report.receipts):
            return True
        had_arrived = report.plan is not None and bool(report.plan.earlier)
        return had_arrived and not any(map(_is_of_bundle, self._filed))

    def _find_begun(self) -> AttachedFile | None:
        """Return the bundle that an earlier upload began to send and did not bring to its place."""
        bundles = {each.sha256 for each in filter(_is_of_bundle, self._filed)}
        states = {each.sha256: each.state for each in self._filed if each.sha256 in bundles}
        begun = [sha256 for sha256, state in states.items() if state is not FileState.ATTACHED]
        stores = [FileStore.of_journal(path) for path in self._journals]
        path = find_in(stores, begun[-1]) if begun else None
        if path is None:
            return None
        return AttachedFile(self._name, begun[-1], path.stat().st_size, _MEDIA_TYPE)

    @property
    def _stem(self) -> str:
        first, *others = (path.name.partition(".")[0] for path in self._journals)
        return f"{first}+{len(others)}" if others else first

    @property
    def _name(self) -> str:
        return f"pytest-jama-{self._stem}.zip"

    def _make(self) -> AttachedFile:
        content = self._pack()
        sha256 = FileStore.of_journal(self._journals[0]).keep(content)
        return AttachedFile(self._name, sha256, len(content), _MEDIA_TYPE)

    def _pack(self) -> bytes:
        contents = [read_content(path) for path in self._journals]
        pairs = zip(contents, self._journals, strict=True)
        sources = [source_of(content, path) for content, path in pairs]
        statement = statement_of(sources, shown_results=self._shown_results)
        record = timeless_record(sources, self._shown_results)
        return pack(
            {
                **dict(zip(self._names(), contents, strict=True)),
                f"{self._stem}.intoto.json": encode_statement(statement),
                "environment.txt": describe_environment(record).encode("utf-8", "replace"),
            }
        )

    def _names(self) -> Sequence[str]:
        """Return the names of the journals in the archive, which may come from several folders."""
        names = [path.name for path in self._journals]
        return [
            name if names.count(name) == 1 else f"{number}-{name}"
            for number, name in enumerate(names, start=1)
        ]


def _is_of_bundle(filed: FileReceipt) -> bool:
    return filed.place.startswith("plan ")


def pack(contents: Mapping[str, bytes]) -> bytes:
    """Return an archive (ZIP) of files; the same files make the same bytes.

    Args:
        contents: The content of each file, by its name.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in sorted(contents.items()):
            member = zipfile.ZipInfo(name, _FIRST_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = _UNIX, _MODE
            file.writestr(member, content)
    return archive.getvalue()


def describe_environment(record: EvidenceRecord) -> str:
    """Return in lines of text what the journals know of where and with what tests ran."""
    facts = [*record.identification, *record.tools]
    return "".join(f"{fact.label}: {clean(fact.shown)}\n" for fact in facts)
