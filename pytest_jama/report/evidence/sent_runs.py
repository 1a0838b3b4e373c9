"""What became of each case at the server, from the lines of all uploads of journals. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.report.evidence.case_evidence import UNFINISHED, RunEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.journal.upload_record import UploadRecord


class SentRuns(NamedTuple):
    """What uploads did, the last word on each run.

    Attributes:
        by_case: The runs of each case.
        unresolved: Why cases have no run.
        names: The name of a case in `by_case`, by each other name that tests gave it.
        replaced: What stood in runs before that a person should know of, by case.
        place: The names, links and IDs of project, plan and cycle.
        files: How far each file got, and why not further, by its hash and place; that of any place
            under an empty one.
        times: When something was sent.
        has_sent: Whether an upload got so far that it knew where to write.
    """

    by_case: Mapping[str, tuple[RunEvidence, ...]]
    unresolved: Mapping[str, str]
    names: Mapping[str, str]
    replaced: Mapping[str, str]
    place: Mapping[str, Any]
    files: Mapping[tuple[str, str], tuple[str, str]]
    times: tuple[str, ...]
    has_sent: bool


def sum_up_uploads(uploads: Iterable[UploadRecord]) -> SentRuns:
    """Return the last word on each run; of a server's entries, later uploads count for more.

    Args:
        uploads: Those of all journals; the lines of an upload of several stand in each of them.
    """
    runs: dict[str, tuple[str, RunEvidence]] = {}
    unresolved: dict[str, str] = {}
    names: dict[str, str] = {}
    replaced: dict[str, str] = {}
    files: dict[tuple[str, str], tuple[str, str]] = {}
    place: Mapping[str, Any] = {}
    times: set[str] = set()
    placed = [each for each in _in_order(uploads) if each.place is not None]
    for upload in placed:
        said = upload.place or {}
        place = {**said, **{name: _mapping(said.get(name)) for name in ("names", "links")}}
        unresolved = {
            str(each[0]): str(each[1])
            for each in _list(said.get("unresolved"))
            if len(_list(each)) > 1
        }
        for overlap in map(_mapping, _list(said.get("left"))):
            run = _left(overlap)
            if not _stands(runs.get(run.key), run):
                runs[run.key] = (str(overlap.get("case")), run)
            names |= _names(overlap)
        for overlap in map(_mapping, _list(said.get("replaced"))):
            replaced[str(overlap.get("case"))] = str(overlap.get("why"))
        for key, update in upload.updates.items():
            names |= _names(update)
            receipt = upload.receipts.get(key, {})
            runs[key] = (str(update.get("case", "")), _run(key, update, receipt))
            times.update(filter(None, [str(receipt.get("at", ""))]))
        for key in runs.keys() & set(_texts(said.get("changed"))):
            case, sent = runs[key]
            runs[key] = case, sent._replace(was=_OTHER, state="left", why=_CHANGED)
        for line in upload.files:
            got = str(line.get("state", "")), str(line.get("error", ""))
            for where in {"", str(line.get("place", ""))}:
                files[str(line.get("sha256", "")), where] = got
    by_case: dict[str, list[RunEvidence]] = {}
    for case, run in runs.values():
        by_case.setdefault(case, []).append(run)
    return SentRuns(
        {case: tuple(each) for case, each in by_case.items()},
        unresolved,
        names,
        replaced,
        place,
        files,
        tuple(sorted(times)),
        bool(placed),
    )


_OTHER = "something else"
_CHANGED = "another user changed it after it was sent"


def _stands(before: tuple[str, RunEvidence] | None, left: RunEvidence) -> bool:
    """Return whether what was sent to a run is there still: only a part of its tests ran again."""
    if before is None or not before[1].is_as_recorded:
        return False
    return left.status in UNFINISHED and left.was == before[1].status


def _in_order(uploads: Iterable[UploadRecord]) -> Sequence[UploadRecord]:
    def moment(upload: UploadRecord) -> tuple[str, int]:
        return str(upload.begun.get("started", "")), _number(upload.begun.get("order")) or 0

    return sorted(uploads, key=moment)


def _left(overlap: Mapping[str, Any]) -> RunEvidence:
    return RunEvidence(
        str(overlap.get("key")),
        was=str(overlap.get("was", "")),
        status=str(overlap.get("will_be", "")),
        state="left",
        why=str(overlap.get("why", "")),
        reasons=_texts(overlap.get("reasons")),
    )


def _run(key: str, update: Mapping[str, Any], receipt: Mapping[str, Any]) -> RunEvidence:
    return RunEvidence(
        key,
        run_key=str(update.get("run_key", "")),
        name=str(update.get("name", "")),
        version=_number(update.get("version")),
        current_version=_number(update.get("current_version")),
        was=str(update.get("was", "")),
        status=str(update.get("status", "")),
        state=str(receipt.get("state", "")),
        why="; ".join(
            filter(None, [str(receipt.get("error", "")), *_texts(receipt.get("remarks"))])
        ),
        at=str(receipt.get("at", "")),
        steps=_texts(update.get("steps")),
        procedure=tuple(
            (str(step[0]), str(step[1]))
            for step in _list(update.get("procedure"))
            if len(_list(step)) > 1
        ),
        reasons=_texts(update.get("reasons")),
    )


def _names(said: Mapping[str, Any]) -> Mapping[str, str]:
    return dict.fromkeys(_texts(said.get("also")), str(said.get("case", "")))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, _list(value)))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
