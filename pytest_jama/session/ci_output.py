"""What a CI system is told of a session beside its log: annotations, and values for later steps.

`pytest_jama.config.environment` says which system takes what. What a name or a server says stays
text: it is made harmless as everything that is printed, and escaped as the system wants it.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.plan import Mode, Plan, SendState
from pytest_jama.core.text import first_line, printable, shorten
from pytest_jama.core.trust import written_whole
from pytest_jama.core.verdicts import Judgement, Verdict
from pytest_jama.report.case_lines import case_entries
from pytest_jama.report.streams import make_tolerant
from pytest_jama.report.summary import shown_path
from pytest_jama.report.summary_layout import in_two
from pytest_jama.report.upload_lines import (
    Line,
    Tone,
    count_words,
    refused_lines,
    unresolved_lines,
)
from pytest_jama.session.ci_commands import FORMS, Annotation, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from pytest_jama.config import TargetKind
    from pytest_jama.config.environment import JobPage
    from pytest_jama.core.plan import Place, UploadReport

MOST_ANNOTATIONS = 10
"""Of one session. GitHub shows ten errors and ten warnings of a step.

Source: https://docs.github.com/en/rest/checks/runs, and the runner's `ExecutionContext.cs`.
"""

_CHARACTERS = 1000


class Told(NamedTuple):
    """What is known of a session at its end.

    Attributes:
        kind: The kind of server.
        report: What became of the upload.
        judgement: The verdicts.
        unjudged: How many tests ended how, for a target that judges them itself; else empty.
        mode: What was done with the verdicts.
        journal: Where the journal is; None when there is none.
        status: What the process exits with.
        hide: Hides what certainly is a secret.
    """

    kind: TargetKind[Any]
    report: UploadReport
    judgement: Judgement = Judgement()
    unjudged: Mapping[str, int] = MappingProxyType({})
    mode: Mode = Mode.SEND
    journal: Path | None = None
    status: int = 0
    hide: Callable[[str], str] = str


Values = dict[str, "str | int | bool"]


def count_statuses(told: Told) -> dict[str, int]:
    """Return how many runs show which status, or how many tests ended how at who judges itself.

    A case that has no run is counted as unresolved, and nowhere else.
    """
    if told.unjudged:
        return dict(told.unjudged)
    plan = told.report.plan or Plan()
    without_run = {each.case_ref for each in told.report.unresolved}
    entries = case_entries(told.report, told.judgement, told.mode)
    shown = Counter(
        entry.change.will_be for entry in entries if entry.change.case.case_ref not in without_run
    )
    shown.update(each.was for each in plan.left)
    return {word: count for word, count in shown.items() if word}


def session_values(told: Told) -> Values:
    """Return what later steps and jobs may want to know, each name with the prefix of the kind.

    Names of plans and cycles are not among it: who can name them could reach into a shell.
    """
    report, plan = told.report, told.report.plan or Plan()
    arrived = sum(each.state is SendState.SENT for each in report.receipts)
    judges = told.kind.load_model().judges_cases
    words = (each.value for each in Verdict) if judges else ("passed", "failed", "skipped")
    values: Values = {
        "EXIT_STATUS": told.status,
        "COMPLETE": report.is_complete and told.mode is Mode.SEND,
        **{word.upper(): 0 for word in words},
        **{word.upper(): count for word, count in count_statuses(told).items()},
        "SENT": arrived + len(plan.earlier),
        "NOT_SENT": len(report.receipts) - arrived,
        "UNRESOLVED": len(report.unresolved),
        "UNLINKED": len(told.judgement.unlinked),
        **dict(_place_values(plan.places)),
        "JOURNAL": Path(shown_path(told.journal, Path.cwd())).as_posix() if told.journal else "",
    }
    prefix = f"{told.kind.variables}SESSION_"
    return {
        f"{prefix}{name}": told.hide(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _place_values(places: Iterable[Place]) -> Iterator[tuple[str, str | int]]:
    for place in places:
        if isinstance(place.place_id, int):
            yield f"{place.kind.upper()}_ID", place.place_id
        if place.link:
            yield f"{place.kind.upper()}_URL", place.link


def find_annotations(told: Told) -> Iterator[Annotation]:
    """Yield what is to be seen without the log: what was not sent, refused or has no run.

    Where there would be too many, those of one reason are told together, as in the summary.
    """
    found = list(_found(told, verbose=True))
    if len(found) > MOST_ANNOTATIONS:
        found = list(_found(told, verbose=False))
    rest = [line for line in found if line.is_rest]
    named = [line for line in found if not line.is_rest]
    if len(named) + bool(rest) > MOST_ANNOTATIONS:
        named, rest = named[: MOST_ANNOTATIONS - 1], [*named[MOST_ANNOTATIONS - 1 :], *rest]
    for line in named:
        what, remedy = in_two(told.hide(line.text))
        said = shorten(what, at_most=_CHARACTERS) + _behind(line.link or _main_link(told))
        title = f"{told.kind.title}: {line.label.lower()}"
        remedy = shorten(remedy, at_most=_CHARACTERS)
        yield Annotation(title, said, told.status != 0, remedy)
    if rest:
        left = sum(line.things for line in rest)
        text = f"{left} more are not sent, refused or without a run" + _behind(_main_link(told))
        yield Annotation(told.kind.title, text, told.status != 0, "see the log")


def _behind(link: str) -> str:
    return f" ({link})" if link else ""


def _places(told: Told) -> Sequence[Place]:
    return (told.report.plan or Plan()).places


def _main_link(told: Told) -> str:
    """Return the link to the cycle, or to what is next to it."""
    return next((each.link for each in reversed(_places(told)) if each.link), "")


def _found(told: Told, *, verbose: bool) -> Iterator[Line]:
    """Yield what did not arrive, and why: one by one, or by reason."""
    report = told.report
    if report.stopped is not None:
        yield Line("not sent", first_line(str(report.stopped)))
    told_apart = tuple(each for each in report.receipts if each.cause is None and each.error)
    yield from refused_lines(report._replace(receipts=told_apart), verbose=verbose)
    yield from unresolved_lines(report, verbose=verbose)


def commands(
    told: Told,
    page: JobPage,
    *,
    summarises: bool = True,
    annotates: bool = True,
    hands_over: bool = True,
) -> tuple[str, ...]:
    """Return the lines that the CI system reads in what a job prints; none outside of one.

    Args:
        told: The session.
        page: How the job can be told; its summary, if there is one, is written.
        summarises: Whether a summary is wanted.
        annotates: Whether annotations are wanted.
        hands_over: Whether values for later steps are.
    """
    form = FORMS.get(page.commands)
    if form is None:
        return ()
    lines = list(map(form.annotation, find_annotations(told))) if annotates else []
    if hands_over and form.value is not None:
        values = session_values(told).items()
        lines += [form.value(name, _text(value)) for name, value in values]
    if summarises and form.summary is not None:
        lines.append(form.summary(page.summary, _sentence(told)))
    return tuple(filter(None, lines))


def print_commands(lines: Sequence[str], stream: TextIO | None) -> None:
    """Print commands; everything else that is printed is kept from being one."""
    if lines:
        file = make_tolerant(stream, is_drawn_on=True)
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()


def _sentence(told: Told) -> str:
    counts = count_words(count_statuses(told)) or "no results"
    report = told.report
    left = sum(each.state is not SendState.SENT for each in report.receipts)
    said = [f"{left} not sent"] if left else ["not sent"] if report.stopped else []
    said += [f"{len(report.unresolved)} unresolved"] if report.unresolved else []
    return "; ".join((f"{told.kind.title}: {counts}", *filter(None, [", ".join(said)])))


def write_values(told: Told, files: Iterable[Path], job_file: str, *, root: Path) -> Iterator[Line]:
    """Write values into files; yield a warning for each that cannot be written.

    Args:
        told: The session.
        files: Files, each in the format that its name says.
        job_file: The file of the CI system, which values are appended to; empty for none.
        root: The folder that paths are shown relative to.
    """
    failures = {path: _write_file(told, path) for path in files}
    written = [shown_path(path, root) for path, failure in failures.items() if not failure]
    if written:
        yield Line("outputs", ", ".join(written))
    yield from (Line("warning", each, Tone.WARNING) for each in failures.values() if each)
    if job_file:
        try:
            with Path(job_file).open("a", encoding="utf-8") as file:
                file.write(_as_lines(session_values(told), printable))
        except OSError as exc:
            why = f"the outputs of the CI job, {job_file}, cannot be written: {exc.strerror or exc}"
            remedy = "check the path and its permissions, or set `outputs: {ci: never}`"
            yield Line("warning", f"{why}; {remedy}", Tone.WARNING)


def _write_file(told: Told, path: Path) -> str:
    """Write values; return why they cannot be written, if they cannot."""
    try:
        with written_whole(path) as part:
            part.write_text(_content(path.name.lower(), told), encoding="utf-8")
    except PytestJamaError as error:
        return f"no outputs are written: {first_line(str(error))}"
    return ""


def _content(name: str, told: Told) -> str:
    if name.endswith(".links.json"):
        return json.dumps({told.kind.title: list(_links(told))}, indent=2) + "\n"
    values = session_values(told)
    if name.endswith(".json"):
        return json.dumps(values, indent=2) + "\n"
    return _as_lines(values, _for_dotenv if name.endswith(".env") else _for_properties)


def _as_lines(values: Values, write: Callable[[str], str]) -> str:
    return "".join(f"{name}={write(_text(value))}\n" for name, value in values.items())


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _for_dotenv(value: str) -> str:
    """Write what is the same with and without a shell that reads it: no format has one quoting.

    Source: "Pass an environment variable to another job" of GitLab: quotes are taken literally.
    """
    return quote(value, safe="/:@%+=,#?.-_")


def _for_properties(value: str) -> str:
    text = escaped(value, {"\\": "\\\\"})
    return text.encode("ascii", "backslashreplace").decode()


def _links(told: Told) -> Iterator[dict[str, dict[str, str]]]:
    """Yield what GitLab shows on the page of a job. Source: "Annotations report" of GitLab."""
    plan = told.report.plan or Plan()
    named = [(f"{each.kind} {each.name}", each.link) for each in plan.places]
    refused = [each.update for each in told.report.receipts if each.state is not SendState.SENT]
    named += [
        (f"not sent: {each.title}", plan.links.get(each.key, ""))
        for each in refused[:MOST_ANNOTATIONS]
    ]
    for label, url in named:
        if url.startswith(("https://", "http://")):
            yield {"external_link": {"label": printable(label), "url": url}}
