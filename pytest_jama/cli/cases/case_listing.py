"""``pytest-jama cases list`` and ``unlinked``: what Jama has beside what the tests say.

Nothing is changed: no test is run, and Jama is only read.
"""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli.cases.case_tests import (
    PROGRAM,
    collect,
    load_for_cases,
    refuse,
    uncollected_lines,
    unlinked_tests,
)
from pytest_jama.core.cases import CaseRef, RefKind
from pytest_jama.core.errors import PytestJamaError
from pytest_jama.core.results import Outcome
from pytest_jama.core.text import counted
from pytest_jama.report.row_tables import csv_text, table_lines
from pytest_jama.report.streams import columns_of
from pytest_jama.report.upload_lines import LISTED, Line, Tone, exposure_lines
from pytest_jama.session.exit_status import ExitStatus
from pytest_jama.targets.jama.case_places import (
    CasePlace,
    LastRun,
    cases_of_container,
    cases_of_filter,
    cases_of_plan,
    cases_of_project,
    last_runs,
)
from pytest_jama.targets.jama.case_texts import open_client
from pytest_jama.targets.jama.places import get_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.cli.cases.case_tests import CaseOptions
    from pytest_jama.cli.collecting import CollectedSession
    from pytest_jama.config import LoadedSettings
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Item


def run_list(options: CaseOptions, output: OutputOptions) -> int:
    """Print some test cases: key, name, steps, tests, last verdict.

    Args:
        options: Which cases, which tests.
        output: Form of the output.

    Returns:
        The exit status.
    """
    return _answer(options, output, _list)


def run_unlinked(options: CaseOptions, output: OutputOptions, *, must_be_none: bool = False) -> int:
    """Print the tests without a test case, and the test cases without a test.

    Args:
        options: Which cases, which tests.
        output: Form of the output.
        must_be_none: Whether one makes the exit status 1.

    Returns:
        The exit status.
    """

    def show(found: _CasesAndTests, options: CaseOptions, output: OutputOptions) -> int:
        return _show_unlinked(found, options, output, must_be_none=must_be_none)

    return _answer(options, output, show)


class _CasesAndTests(NamedTuple):
    """What was found.

    Attributes:
        place: The cases.
        runs: The last run of each case, by API ID.
        session: The tests.
        redactor: Hides secrets.
    """

    place: CasePlace
    runs: Mapping[int, LastRun]
    session: CollectedSession
    redactor: Redactor

    def tests_of(self) -> dict[int, list[str]]:
        """Return the tests of each case that has some, by its API ID."""
        by_ref: dict[CaseRef, dict[str, None]] = {}
        for test in self.session.tests:
            for link in test.links:
                by_ref.setdefault(link.case_ref, {})[test.test_id] = None
        found = {}
        for item in self.place.cases:
            tests = [test for ref in _names_of(item) for test in by_ref.get(ref, ())]
            if tests:
                found[item.id] = list(dict.fromkeys(tests))
        return found


def _names_of(item: Item) -> tuple[CaseRef, ...]:
    return (
        CaseRef(RefKind.API_ID, str(item.id)),
        CaseRef(RefKind.DOCUMENT_KEY, item.key),
        CaseRef(RefKind.GLOBAL_ID, item.global_id),
    )


def _answer(
    options: CaseOptions,
    output: OutputOptions,
    show: Callable[[_CasesAndTests, CaseOptions, OutputOptions], int],
) -> int:
    try:
        with output.logging():
            loaded = load_for_cases(options)
            return show(_find(options, loaded, output, asks_runs=show is _list), options, output)
    except PytestJamaError as error:
        return refuse(error, options, output, program=PROGRAM)


def _find(
    options: CaseOptions, loaded: LoadedSettings, output: OutputOptions, *, asks_runs: bool
) -> _CasesAndTests:
    session = collect(options, loaded)
    output.say(*uncollected_lines(session))
    client = open_client(loaded.settings)
    try:
        with closing(client.api.connection):
            place = _cases(client, options, loaded)
            ids = [item.id for item in place.cases] if asks_runs else []
            runs = last_runs(client, ids) if ids else {}
    finally:
        output.say(*exposure_lines(loaded.settings))
    return _CasesAndTests(place, runs, session, loaded.settings.redactor)


def _cases(client: JamaClient, options: CaseOptions, loaded: LoadedSettings) -> CasePlace:
    """Return the cases that are meant: of the plan of the settings, unless others are named."""
    settings = loaded.settings
    plan = settings.plan
    is_plan = not (options.container or options.filter_name or options.takes_all)
    if is_plan and plan.is_set:
        wanted = {"id": str(plan.id)} if plan.id else {"name": plan.name or ""}
        origin = loaded.origins.get("plan", "plan")
        return cases_of_plan(client, settings.project, wanted, origin=origin)
    project = get_project(client, settings.project, ())
    if options.container:
        return cases_of_container(client, project, options.container)
    if options.filter_name:
        return cases_of_filter(client, project, options.filter_name)
    return cases_of_project(client, project)


_COLUMNS = ("key", "name", "steps", "tests", "verdict", "cycle")
_MORE_COLUMNS = ("date", "id", "linked")


def _list(found: _CasesAndTests, options: CaseOptions, output: OutputOptions) -> int:
    tests_of = found.tests_of()
    rows = [_row(item, tests_of.get(item.id, []), found.runs) for item in found.place.cases]
    linked = sum(1 for row in rows if row["tests"])
    head = f"{found.place.title}: {counted(len(rows), 'test case')}, {linked} with a test"
    output.say(Line("cases", head))
    status = int(ExitStatus.WELL if found.session.is_whole else ExitStatus.INCOMPLETE)
    if output.as_json and not options.as_csv:
        document = {"place": found.place.title, "cases": rows}
        return output.write_json(document, status=status, redactor=found.redactor)
    if options.as_csv:
        flat = [{**row, "linked": "\n".join(row["linked"])} for row in rows]
        lines = csv_text((*_COLUMNS, *_MORE_COLUMNS), flat).removesuffix("\n").split("\n")
    else:
        width = columns_of(sys.stdout)
        table = table_lines(_COLUMNS, rows, width=width, may_cut=("name", "cycle"))
        lines = list(table) if rows else []
    return output.write_lines(lines, status=status, redactor=found.redactor)


def _row(item: Item, tests: Sequence[str], runs: Mapping[int, LastRun]) -> dict[str, Any]:
    run = runs.get(item.id)
    return {
        "key": item.key or str(item.id),
        "name": item.name,
        "steps": len(item.steps),
        "tests": len(tests),
        "verdict": run.status if run else None,
        "cycle": (run.cycle or f"id:{run.cycle_id}") if run else None,
        "date": run.modified if run else None,
        "id": item.id,
        "linked": list(tests),
    }


def _show_unlinked(
    found: _CasesAndTests, options: CaseOptions, output: OutputOptions, *, must_be_none: bool
) -> int:
    tests = [test.test_id for test in unlinked_tests(found.session)]
    tests_of = found.tests_of()
    cases = [item for item in found.place.cases if item.id not in tests_of]
    is_well = found.session.is_whole and not (must_be_none and (tests or cases))
    status = int(ExitStatus.WELL if is_well else ExitStatus.INCOMPLETE)
    rows = [{"kind": "test", "name": test} for test in tests] + [
        {"kind": "case", "key": item.key, "id": item.id, "name": item.name} for item in cases
    ]
    tone = Tone.WARNING if rows else Tone.GOOD
    deselected = sum(1 for test in found.session.tests if test.outcome is Outcome.DESELECTED)
    left_out = f"; {counted(deselected, 'deselected test')} not looked at" if deselected else ""
    output.say(
        Line("tests", f"{len(tests)} of {_count(found)} without a test case{left_out}", tone),
        Line("cases", f"{len(cases)} of {found.place.title} without a test", tone),
    )
    if output.as_json and not options.as_csv:
        document = {
            "place": found.place.title,
            "tests": tests,
            "cases": [
                {name: row[name] for name in ("key", "id", "name")} for row in rows[len(tests) :]
            ],
        }
        return output.write_json(document, status=status, redactor=found.redactor)
    if options.as_csv:
        lines = csv_text(("kind", "key", "id", "name"), rows).removesuffix("\n").split("\n")
    else:
        lines = list(_unlinked_lines(tests, cases, verbose=output.verbose))
    return output.write_lines(lines, status=status, redactor=found.redactor)


def _count(found: _CasesAndTests) -> str:
    return counted(len(found.session.tests), "test")


def _unlinked_lines(tests: Sequence[str], cases: Sequence[Item], *, verbose: bool) -> Iterator[str]:
    yield from _some([f"test  {test}" for test in tests], verbose=verbose)
    yield from _some(
        [f"case  {item.key or item.id}  {item.name}" for item in cases], verbose=verbose
    )


def _some(lines: Sequence[str], *, verbose: bool) -> Iterable[str]:
    left = 0 if verbose else len(lines) - LISTED
    more = [f"      {left} more (list with -v)"] if left > 0 else []
    return [*(lines[:LISTED] if left > 0 else lines), *more]
