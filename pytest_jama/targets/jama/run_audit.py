"""Test runs that were written to, compared with what they show now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.folding import procedure_digest
from pytest_jama.core.text import ELLIPSIS, quoted, shorten
from pytest_jama.targets.jama.actual_results import read_account, read_entries, words_of
from pytest_jama.targets.jama.answer_checks import is_object
from pytest_jama.targets.jama.client import RUNS_PATH
from pytest_jama.targets.jama.file_audit import FileAudit
from pytest_jama.targets.jama.runs import procedure_of
from pytest_jama.targets.jama.wire import Cycle, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.targets.jama.actual_results import StoredEntry
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.file_audit import SentFile
    from pytest_jama.targets.jama.listed_runs import ListedRuns
    from pytest_jama.targets.jama.runs import TestRun

ARRIVED = frozenset({"sent", "mismatch", "not read back"})
"""The states of a receipt whose run Jama accepted."""


@dataclass(frozen=True, slots=True)
class SentRun:
    """What a journal says of a run.

    Attributes:
        run_id: Its API ID; 0 where nothing was to be written to any run.
        case: The test case.
        status: The status that was sent.
        state: See `SendState`.
        name: What people call the run.
        error: Why it is not simply sent.
        sent: What else was sent; None in journals of older versions.
        files: What was attached to it.
    """

    run_id: int
    case: str
    status: str
    state: str
    name: str = ""
    error: str = ""
    sent: Mapping[str, Any] | None = None
    files: tuple[SentFile, ...] = ()

    def __str__(self) -> str:
        name = self.name or (f"run {self.run_id}" if self.run_id else "no run")
        return f"{self.case} ({name})"


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Something of a run that is not as it was sent.

    Attributes:
        run: The run.
        what: Which part of it.
        sent: What was sent.
        now: What is there.
        who: Who changed the run last; empty when Jama does not tell.
        when: When that was.
    """

    run: SentRun
    what: str
    sent: str
    now: str
    who: str = ""
    when: str = ""

    def __str__(self) -> str:
        if self.run.state not in ARRIVED:
            return f"{self.run}: {self.sent or 'its result'} is not in Jama: {self.now}"
        return f"{self.run}: {self.told}"

    def facts(self) -> dict[str, object]:
        """Return it fit for JSON."""
        return {
            "run": self.run.run_id or None,
            "run_key": self.run.name,
            "case": self.run.case,
            "what": self.what,
            "sent": self.sent,
            "now": self.now,
            "who": self.who,
            "when": self.when,
        }

    @property
    def told(self) -> str:
        """The difference of a run that Jama accepted, without the name of the run."""
        sent, now = _where_they_differ(self.sent, self.now)
        text = f"{self.what}: {quoted(sent)} was sent, {quoted(now)} is there now"
        changed = describe_change(self.who, self.when)
        return f"{text}; last changed {changed}" if changed else text


def describe_change(who: str, when: str) -> str:
    """Return by whom and when something was changed, as far as that is known."""
    if when.endswith(_UTC):
        when = f"{when[:19].replace('T', ' ')} UTC"
    return " ".join(filter(None, (who and f"by {who}", when and f"at {when}")))


_UTC = ("+0000", "Z")
"""How Jama's times end."""


def _where_they_differ(sent: str, now: str) -> tuple[str, str]:
    """Return two texts; of long ones the words from where they are no longer the same."""
    if max(len(sent), len(now)) <= _SHOWN:
        return sent, now
    pairs = enumerate(zip(sent, now, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(sent), len(now)))
    begin = sent.rfind(" ", 0, max(0, same - _BEFORE)) + 1
    mark = ELLIPSIS if begin else ""
    return (
        shorten(mark + sent[begin:], at_most=_SHOWN),
        shorten(mark + now[begin:], at_most=_SHOWN),
    )


_SHOWN = 160
_BEFORE = 40
"""Characters of a long text that are shown, and how many of them before the first difference."""


class RunAudit:
    """Compares the runs of a server with what was sent to them.

    Args:
        client: Reads from Jama.
        reads_bytes: Whether the content of files is compared, too.
        on_files: Told of how many runs with files the lists were read, and how many there are.

    Attributes:
        files: Compares the files.
    """

    def __init__(
        self,
        client: JamaClient,
        *,
        reads_bytes: bool = False,
        on_files: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        self._client = client
        self._users: dict[int, str] = {}
        self._listed: dict[int, ListedRuns] = {}
        self._on_files = on_files
        self.files = FileAudit(client, reads_bytes=reads_bytes)

    def compare(self, cycle_id: int, sent: Sequence[SentRun]) -> list[RunDifference]:
        """Return what differs, run by run.

        Args:
            cycle_id: The cycle of the runs.
            sent: The runs, each once.

        Raises:
            TargetError: As `HttpApi.send` does.
        """
        has_arrived = any(each.state in ARRIVED for each in sent)
        runs = self.list_runs(cycle_id).runs if has_arrived else ()
        shown = {run.run_id: run for run in runs}
        found: list[RunDifference] = []
        self._read_lists([each for each in sent if each.files and each.run_id in shown])
        for each in sent:
            if each.state not in ARRIVED:
                why = f"{each.state}: {each.error}" if each.error else each.state
                found.append(RunDifference(each, "not in Jama", each.status, why))
                continue
            run = shown.get(each.run_id) or self._client.find_run(each.run_id, Cycle(cycle_id, ""))
            if run is None:
                gone = "no such run in this cycle"
                found.append(RunDifference(each, "run", each.status, gone))
                continue
            parts = list(_differences(each, run))
            who = self.name_of(run.modified_by) if parts else ""
            found += [RunDifference(each, *part, who=who, when=run.modified) for part in parts]
            if each.files:
                found += self.compare_files(each, _place_of(each), (run.modified_by, run.modified))
        return found

    def _read_lists(self, with_files: Sequence[SentRun]) -> None:
        """Read which files runs have, and tell of it: there may be very many."""
        places = [_place_of(each) for each in with_files]
        for start in range(0, len(places), _TOLD_EVERY):
            self.files.read_lists(places[start : start + _TOLD_EVERY])
            self._on_files(min(start + _TOLD_EVERY, len(places)), len(places))

    def compare_files(
        self, each: SentRun, place: str, changed: tuple[int | None, str]
    ) -> Iterator[RunDifference]:
        """Yield what differs of the files of a run, or of what else has files.

        Args:
            each: What they were attached to.
            place: Its path.
            changed: Who changed it last, and when.
        """
        for what, sent, now, user, when, is_gone in self.files.compare(place, each.files):
            by, at = changed if is_gone else (user, when)
            yield RunDifference(each, what, sent, now, who=self.name_of(by), when=at)

    def list_runs(self, cycle_id: int) -> ListedRuns:
        """Return the runs of a cycle, which are asked for once."""
        if cycle_id not in self._listed:
            cycle = Cycle(cycle_id, "")
            first = self._client.first_runs(cycle)
            listed = self._client.runs(cycle, total=first.total, first=first)
            self._listed[cycle_id] = listed
        return self._listed[cycle_id]

    def list_with_cases(self, cycle_id: int) -> tuple[ListedRuns, Mapping[int, tuple[str, str]]]:
        """Return the same, and document key and global ID of their cases, where Jama tells them."""
        lists = self._client.run_lists
        self._listed[cycle_id] = lists.with_case_names(Cycle(cycle_id, ""))
        return self._listed[cycle_id], lists.case_names

    def name_of(self, user_id: int | None) -> str:
        """Return what Jama calls a user; one request for each."""
        if user_id is None:
            return ""
        if user_id not in self._users:
            try:
                answer = self._client.api.get(f"/users/{user_id}", check=is_object(user_id))
                user = answer["data"]
            except RefusedError:
                user = {}
            names = (text_of(user.get(part)) for part in ("firstName", "lastName"))
            name = " ".join(filter(None, names)) or text_of(user.get("username"))
            self._users[user_id] = name or f"user {user_id}"
        return self._users[user_id]


_TOLD_EVERY = 50


def _place_of(each: SentRun) -> str:
    return f"{RUNS_PATH}/{each.run_id}"


def _differences(each: SentRun, run: TestRun) -> Iterator[tuple[str, str, str]]:
    if run.status != each.status:
        yield "status", each.status, run.status
    sent = each.sent or {}
    version = sent.get("version")
    if version is not None and version != run.case_version:
        yield "version of the test case", str(version), str(run.case_version)
    yield from _step_differences(sent.get("steps"), run)
    yield from _procedure_differences(sent, run)
    account = sent.get("account")
    if isinstance(account, str) and account:
        yield from _account_differences(account, run.actual_results)


def _step_differences(steps: object, run: TestRun) -> Iterator[tuple[str, str, str]]:
    if not isinstance(steps, list) or not steps:
        return
    if len(steps) != len(run.steps):
        yield "number of steps", str(len(steps)), str(len(run.steps))
        return
    for number, (said, step) in enumerate(zip(steps, run.steps, strict=True), start=1):
        status, result = said if isinstance(said, list) and len(said) == _PAIR else ("", "")
        if status != step.status:
            yield f"status of step {number}", str(status), step.status
        if result is None:  # a manifest does not say it
            continue
        stored = step.as_read.get("result")
        now = words_of(stored) if isinstance(stored, str) else ""
        if not _is_same(str(result), now):
            yield f"result of step {number}", str(result), now


_PAIR = 2


def _procedure_differences(sent: Mapping[str, Any], run: TestRun) -> Iterator[tuple[str, str, str]]:
    """Yield what steps ask for otherwise; of a manifest only whether any of them does."""
    now = [procedure_of(step.as_read) for step in run.steps]
    said = sent.get("procedure")
    if isinstance(said, list) and len(said) == len(now):
        for number, (before, after) in enumerate(zip(said, now, strict=True), start=1):
            if before != after:
                yield f"procedure of step {number}", _in_words(before), _in_words(after)
    digest = sent.get("procedure_sha256")
    if digest and digest != procedure_digest(now):
        yield "procedure of its steps", f"SHA-256 {digest}", f"SHA-256 {procedure_digest(now)}"


def _in_words(step: Iterable[object]) -> str:
    return " / ".join(map(str, step)) if isinstance(step, list) else str(step)


def _account_differences(account: str, stored: str) -> Iterator[tuple[str, str, str]]:
    entries = read_entries(stored)
    texts = [_text_of(entry) for entry in entries]
    if texts and _is_same(account, texts[0]):
        return
    above = read_account(entries[0]) if entries else None
    if above is not None and above.text != account:
        session = above.session or "of version 0.1"
        yield "account", account, f"overwritten by the later session {session}: {texts[0]}"
    elif any(_is_same(account, text) for text in texts[1:]):
        yield "account", account, f"another text stands above it: {texts[0]}"
    else:
        yield "account", account, texts[0] if texts else ""


def _text_of(entry: StoredEntry) -> str:
    return words_of(entry.html) if entry.is_rich else " ".join(entry.html.split())


def _is_same(sent: str, now: str) -> bool:
    """Return whether texts are the same, however Jama rewrites HTML: spaces do not count.

    A database that loses letters beyond ASCII has marks in their place.
    """
    one, other = ("".join(text.split()) for text in (sent, now))
    if one == other:
        return True
    if not other.isascii() or one.isascii():
        return False
    return _ascii_letters(one) == _ascii_letters(other)


def _ascii_letters(text: Iterable[str]) -> str:
    return "".join(each for each in text if each.isascii() and each.isalnum())
