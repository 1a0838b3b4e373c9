"""The text of the settings file that `pytest-jama init` writes. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_jama.core.text import counted, printable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_jama.cli.init.init_links import MapLine, ProposedLinks


@dataclass(frozen=True)
class JamaDraft:
    """What a jama.yaml is going to say.

    Attributes:
        url: The address.
        is_rehearsal: Whether that is the sandbox.
        project: Its key or API ID.
        project_name: What it is called; empty when that is not known.
        plan: The value of `plan`, as YAML.
        cycle: The value of `cycle`, as YAML.
        verdicts: Outcomes with a verdict that differs from the usual one.
        fields: Fields that plans, cycles and runs must have: kind -> name -> value.
        open_fields: The same, without a value so far: name -> what it may be.
        run: Other settings of `run`, as YAML.
        tls_verify: The path of a CA bundle; empty for the usual authorities.
        links: Tests and cases.
        case_types: The item types that test cases have at the server.
    """

    url: str
    is_rehearsal: bool
    project: str
    project_name: str = ""
    plan: str = ""
    cycle: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    open_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    run: Mapping[str, str] = field(default_factory=dict)
    tls_verify: str = ""
    links: ProposedLinks | None = None
    case_types: Sequence[str] = ()


_HEAD = """\
# Where the results of these tests go: `pytest --jama`, `junit-uploader REPORT...`.
# Written by `pytest-jama init`; all of it may be changed. `pytest-jama check` looks it through.
# Credentials never stand here: they are read from {credentials}.
"""


def jama_text(draft: JamaDraft) -> str:
    """Return the text of a jama.yaml."""
    head = _HEAD.format(credentials="JAMA_CLIENT_ID and JAMA_CLIENT_SECRET")
    parts = (
        _place_lines(draft),
        _plan_lines(draft),
        _verdict_lines(draft.verdicts),
        _run_lines(draft),
        _names_lines(draft.links),
        _tests_lines(draft),
    )
    return "\n".join((head, *("\n".join(part) + "\n" for part in map(list, parts) if part)))


def _place_lines(draft: JamaDraft) -> Iterator[str]:
    why = "  # the sandbox; later the address of your Jama" if draft.is_rehearsal else ""
    yield f"url: {scalar(draft.url)}{why}"
    if draft.tls_verify:
        yield f"tls: {{verify: {scalar(draft.tls_verify)}}}"
    called = f": {comment(draft.project_name)}" if draft.project_name else ""
    yield f"project: {scalar(draft.project)}  # its key or API ID{called}"


def _plan_lines(draft: JamaDraft) -> Iterator[str]:
    yield "# A plan or cycle that does not exist is created; {id: 20494} names one by its API ID."
    yield "# ${NAME:-default} is filled in from the environment, ${DATE} with today's date (UTC)."
    yield from _place(draft, "plan", draft.plan)
    yield from _place(draft, "cycle", draft.cycle)


def _place(draft: JamaDraft, kind: str, value: str) -> Iterator[str]:
    fields, missing = draft.fields.get(kind), draft.open_fields.get(kind)
    if not fields and not missing:
        yield f"{kind}: {value}"
        return
    yield f"{kind}:"
    yield f"  {_key_in(value)}"
    yield from _field_lines(fields or {}, missing or {}, indent="  ")


def _key_in(value: str) -> str:
    return value.removeprefix("{").removesuffix("}") if value.startswith("{") else f"name: {value}"


def _field_lines(
    fields: Mapping[str, str], missing: Mapping[str, str], *, indent: str
) -> Iterator[str]:
    mark = "" if fields else "# "
    yield f"{indent}{mark}fields:  # what this server asks for"
    yield from (f"{indent}  {scalar(name)}: {scalar(value)}" for name, value in fields.items())
    for name, allowed in missing.items():
        yield f"{indent}#   {comment(scalar(name))}: ...  # must have a value: {comment(allowed)}"


_VERDICTS: Mapping[str, tuple[str, str]] = {
    "skipped": ("leave", "says nothing of the case, which is then not PASSED by its other tests"),
    "xfailed": ("leave", "failed as expected (pytest): says nothing, either"),
    "incomplete": ("INPROGRESS", "no failure, but not all tests of the case ran"),
}


def _verdict_lines(verdicts: Mapping[str, str]) -> Iterator[str]:
    yield "# What a test says of its case: PASSED, FAILED, BLOCKED, INPROGRESS, NOT_RUN, `leave`"
    yield "# (nothing) or `ignore` (as though it were not linked). A failed test is FAILED."
    yield "verdicts:"
    for outcome, (usual, meaning) in _VERDICTS.items():
        verdict = verdicts.get(outcome, usual)
        told = meaning if verdict == usual else f"usually {usual}"
        yield f"  {outcome}: {verdict}  # {told}"


def _run_lines(draft: JamaDraft) -> Iterator[str]:
    fields, missing = draft.fields.get("run", {}), draft.open_fields.get("run", {})
    if not (fields or missing or draft.run):
        return
    yield "# What else is written into each test run."
    yield "run:"
    yield from (f"  {name}: {value}" for name, value in draft.run.items())
    if fields or missing:
        yield from _field_lines(fields, missing, indent="  ")


def _names_lines(links: ProposedLinks | None) -> Iterator[str]:
    if links is None or not links.names:
        return
    yield "# Names of tests that say their case, such as `test_flow[PUMP-TC-12]`."
    yield "names: '" + links.names.replace("'", "''") + "'"


def _tests_lines(draft: JamaDraft) -> Iterator[str]:
    links = draft.links
    yield "# Which case a test is evidence of. A key is a test, or its file, class, folder, or has"
    yield "# wildcards: `*`, `**`. Several cases: [A, B]; a step of a case: {case: A, step: 2}; no"
    yield "# case: none. `pytest-jama cases unlinked` lists the tests that have none."
    if draft.case_types:
        yield f"# Item types of test cases here: {comment(', '.join(draft.case_types))}."
    yield "tests:"
    entries = links.entries if links else ()
    if links is not None and links.has_made_up:
        yield "  # Cases are made up here, for the sandbox: put yours in their place."
    yield from map(_entry_line, entries)
    if not entries:
        yield f"  # tests/test_login.py::test_ok: {comment(draft.project)}-TC-12"
    if links is not None and links.omitted:
        yield f"  # ... and {counted(links.omitted, 'more line')}: `pytest-jama cases unlinked`"


def _entry_line(entry: MapLine) -> str:
    refs = ", ".join(map(scalar, entry.refs)) if entry.is_live else ", ".join(entry.refs)
    value = refs if len(entry.refs) == 1 else f"[{refs}]"
    why = f"  # {comment(entry.why)}" if entry.why else ""
    if entry.is_live:
        return f"  {scalar(entry.key)}: {value}{why}"
    return f"  # {comment(scalar(entry.key))}: {comment(value)}{why}"


@dataclass(frozen=True)
class OctaneDraft:
    """What an octane.yaml is going to say.

    Attributes:
        url: The address; the browser's, with `?p=`, names space and workspace.
        is_rehearsal: Whether that is the sandbox.
        places: Settings that name something at the server: name -> value.
        entries: Keys of `tests:` that are proposed, without backlog items.
        is_pytest: Whether all tests are of pytest.
    """

    url: str
    is_rehearsal: bool
    places: Mapping[str, str] = field(default_factory=dict)
    entries: Sequence[str] = ()
    is_pytest: bool = False


def octane_text(draft: OctaneDraft) -> str:
    """Return the text of an octane.yaml."""
    head = _HEAD.replace("--jama", "--octane").format(
        credentials="OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET"
    )
    return "\n".join((head, *_octane_lines(draft), ""))


def _octane_lines(draft: OctaneDraft) -> Iterator[str]:
    why = "  # the sandbox; later the address of your server" if draft.is_rehearsal else ""
    yield f"url: {scalar(draft.url)}{why}"
    yield from (f"{name}: {scalar(value)}" for name, value in draft.places.items())
    if "release" not in draft.places:
        yield "# release: _default_  # the workspace's default release, or any by name or ID"
    yield "# modules: [Alarms]  # application modules that the tests belong to, by name or ID"
    yield "# environment: {OS: Linux}"
    yield "fields: {Framework: pytest}" if draft.is_pytest else "# fields: {Framework: JUnit}"
    yield ""
    yield "# Which backlog items a test covers, by their IDs. Results need no such link."
    yield "tests:"
    yield from (f"  # {comment(scalar(each))}: 2001" for each in draft.entries)


_PLAIN = re.compile(r"[A-Za-z_][\w./+-]*(?:(?:::|\[|\]|=|,)[\w./+-]*)*", re.ASCII)
_NOT_TEXTS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "~"})


def scalar(text: str) -> str:
    """Return a text as YAML has it: as it is where that is safe, else in double quotes."""
    is_number = bool(re.fullmatch(r"[1-9][0-9]*", text, re.ASCII))
    is_plain = bool(_PLAIN.fullmatch(text)) and not text.endswith((":", ","))
    if is_number or (is_plain and text.lower() not in _NOT_TEXTS):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)


def literal(name: str) -> str:
    """Return a name of the server as a setting that means just it: ``${`` fills in nothing."""
    return name.replace("${", "$${")


def comment(text: str) -> str:
    """Return a text that is safe in a comment: one line that is not too long."""
    return shorten(printable(text), at_most=200)
