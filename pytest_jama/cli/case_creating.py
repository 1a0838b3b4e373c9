"""``pytest-jama cases create``: test cases for tests that have none, and their keys in the map.

What would be done is printed first; without ``--yes`` that is all. A case that exists is never
changed: one that says that it is for a test is linked, as after a command that was broken off.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.case_drafts import draft_cases
from pytest_jama.cli.case_tests import (
    PROGRAM,
    collect,
    file_of_map,
    load_for_cases,
    refuse,
    uncollected_lines,
    unlinked_tests,
)
from pytest_jama.config.map_writing import add_links
from pytest_jama.core.errors import PytestJamaError, RefusedError
from pytest_jama.core.text import counted, first_line, quoted
from pytest_jama.report.summary import shown_path
from pytest_jama.report.upload_lines import LISTED, Line, Tone, exposure_lines
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.jama.case_creation import CaseMaker
from pytest_jama.targets.jama.case_home import find_home
from pytest_jama.targets.jama.case_texts import open_client
from pytest_jama.targets.jama.places import get_project

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.cli.case_tests import CaseOptions
    from pytest_jama.config import LoadedSettings
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.targets.jama.case_home import CaseHome, NewCase
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Item

_REFUSED_AT_MOST = 3
"""After so many refusals, and not one case created, the rest is not tried."""


@dataclass(frozen=True, slots=True)
class CreationOptions:
    """What only this command can be told.

    Attributes:
        type_name: The item type of the cases; None takes that of the set.
        fields: The values of further fields, by label or API name.
        per_parameter: Whether each set of parameters gets a case of its own.
        is_agreed: Whether anything is created.
    """

    type_name: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    per_parameter: bool = False
    is_agreed: bool = False


@dataclass(slots=True)
class _Made:
    """What has become of the drafts.

    Attributes:
        home: Where the cases come to be; None before that is known.
        drafts: All drafts.
        found: Cases that exist and say that they are for a test, by its key.
        namesakes: Items that have the name of a draft, by the key of its test.
        created: The API IDs of new cases, by the key of their test.
        keys: The references that the map gets, by the key of the test.
        file: The file that they were written into.
        error: Why it did not go on.
        refused: Why a case was refused, by the key of its test.
    """

    home: CaseHome | None = None
    drafts: list[NewCase] = field(default_factory=list)
    found: dict[str, list[Item]] = field(default_factory=dict)
    namesakes: dict[str, Item] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    error: PytestJamaError | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def to_create(self) -> list[NewCase]:
        """Return the drafts of cases that are not there."""
        known = {*self.found, *self.namesakes}
        return [draft for draft in self.drafts if draft.test not in known]


def run_create(options: CaseOptions, wanted: CreationOptions, output: OutputOptions) -> int:
    """Create test cases for tests without one, and write their keys into the map.

    Args:
        options: Which tests, and the set.
        wanted: What the cases are to be.
        output: Form of the output.

    Returns:
        The exit status.
    """
    made = _Made()
    try:
        with output.logging():
            loaded = load_for_cases(options)
            file = file_of_map(loaded)
            session = collect(options, loaded)
            if not session.is_whole:
                output.say(*uncollected_lines(session), _NOTHING)
                return int(ExitStatus.INCOMPLETE)
            tests = unlinked_tests(session)
            made.drafts = draft_cases(tests, session, per_parameter=wanted.per_parameter)
            if made.drafts:
                creating = _Creating(
                    made, options=options, wanted=wanted, loaded=loaded, output=output
                )
                creating.run(file)
    except PytestJamaError as error:
        return refuse(error, options, output, program=f"{PROGRAM} create")
    output.say(*_ending_lines(made, wanted))
    status = _status(made, wanted)
    if not output.as_json:
        return status
    return output.write_json(_document(made), status=status, redactor=loaded.settings.redactor)


_NOTHING = Line("nothing", "is created: a test may have a case that could not be read", Tone.BAD)


class _Creating:
    """What is done when it is known that tests have no case.

    Args:
        made: The drafts; told what becomes of them.
        options: Which tests, and the set.
        wanted: What the cases are to be.
        loaded: The settings.
        output: Form of the output.
    """

    def __init__(
        self,
        made: _Made,
        *,
        options: CaseOptions,
        wanted: CreationOptions,
        loaded: LoadedSettings,
        output: OutputOptions,
    ) -> None:
        self._made = made
        self._options = options
        self._wanted = wanted
        self._loaded = loaded
        self._output = output

    def run(self, file: Path) -> None:
        """Say what is to be done, and do it if that is agreed.

        Args:
            file: The file with the map.
        """
        client = open_client(self._loaded.settings)
        with closing(client.api.connection):
            try:
                maker = self._prepare(client)
                self._output.say(*_plan_lines(self._made, verbose=self._output.verbose))
                if self._wanted.is_agreed:
                    _create(self._made, maker, file, self._output)
            finally:
                self._output.say(*exposure_lines(self._loaded.settings))

    def _prepare(self, client: JamaClient) -> CaseMaker:
        """Find out what is to be done."""
        made, wanted = self._made, self._wanted
        made.home = find_home(
            client,
            get_project(client, self._loaded.settings.project, ()),
            self._options.container,
            type_name=wanted.type_name,
            given=wanted.fields,
            cases=made.drafts,
        )
        maker = CaseMaker(client, made.home, on_wait=self._tell)
        made.found = maker.find_made(made.drafts)
        others = [draft for draft in made.drafts if draft.test not in made.found]
        made.namesakes = maker.find_namesakes(others)
        return maker

    def _tell(self, why: str) -> None:
        self._output.announce(f"jama: {why}")


def _create(made: _Made, maker: CaseMaker, file: Path, output: OutputOptions) -> None:
    """Create what is not there; whatever ends it, the keys of what was created are written."""
    try:
        for draft in made.to_create():
            if output.verbose:
                output.announce(f"jama: creating {quoted(draft.name)}")
            try:
                made.created[draft.test] = maker.create(draft)
            except RefusedError as error:
                made.refused[draft.test] = str(error)
                if len(made.refused) >= _REFUSED_AT_MOST and not made.created:
                    break
    except PytestJamaError as error:
        made.error = error
    finally:
        _link(made, maker, file)


def _link(made: _Made, maker: CaseMaker, file: Path) -> None:
    """Write the references into the map: keys, or API IDs where Jama does not tell the keys."""
    keys: Mapping[int, str] = {}
    try:
        keys = maker.find_keys(made.created.values()) if made.created else {}
    except PytestJamaError as error:
        made.error = made.error or error
    found = {test: items[0].key or str(items[0].id) for test, items in made.found.items()}
    new = {test: keys.get(item_id) or str(item_id) for test, item_id in made.created.items()}
    made.keys = {**found, **new}
    if not made.keys:
        return
    try:
        made.file = add_links(file, made.keys)
    except PytestJamaError as error:
        made.error = made.error or error


def _plan_lines(made: _Made, *, verbose: bool) -> Iterator[Line]:
    """Yield what is to be done, before it is done."""
    new = made.to_create()
    yield Line("create", f"{counted(len(new), 'test case')} {made.home}")
    yield from _some([Line("  new", _describe(draft)) for draft in new], verbose=verbose)
    found = [Line("  found", _describe_found(*each)) for each in made.found.items()]
    yield from _some(found, verbose=verbose)
    for test, item in made.namesakes.items():
        key = item.key or item.id
        text = f"{key} has the name {quoted(item.name)}, and does not say that it is for {test}"
        remedy = f"link it, `{test}: {key}` in the map, or name the test otherwise"
        yield Line("EXISTS", f"{text}; {remedy}", Tone.WARNING)
    with_steps = sum(1 for draft in new if draft.steps)
    if with_steps and made.home is not None and made.home.steps_field is None:
        what = f"test cases of type {quoted(made.home.item_type.name)} have no steps"
        text = f"{what}: those of {counted(with_steps, 'test')} are left out"
        yield Line("warning", text, Tone.WARNING)


def _describe(draft: NewCase) -> str:
    steps = f", {counted(len(draft.steps), 'step')}" if draft.steps else ""
    tests = f" ({counted(len(draft.tests), 'test')})" if len(draft.tests) > 1 else ""
    return f"{draft.name}: {draft.test}{tests}{steps}"


def _describe_found(test: str, items: Sequence[Item]) -> str:
    key, *others = [item.key or str(item.id) for item in items]
    more = f"; {', '.join(others)} say the same, the oldest is taken" if others else ""
    return f"{key} says that it is for {test}: it is linked{more}"


def _some(lines: Sequence[Line], *, verbose: bool) -> Iterable[Line]:
    left = 0 if verbose else len(lines) - LISTED
    if left <= 0:
        return lines
    return [*lines[:LISTED], lines[0]._replace(text=f"{left} more (list with -v)")]


def _ending_lines(made: _Made, wanted: CreationOptions) -> Iterator[Line]:
    if not made.drafts:
        yield Line("nothing", "to create: every test has a test case", Tone.GOOD)
        return
    if not wanted.is_agreed:
        to_do = made.to_create() or made.found
        what = "is written; with --yes it is done" if to_do else "can be done"
        yield Line("nothing", what)
        return
    for test, why in made.refused.items():
        yield Line("REFUSED", f"{test}: {first_line(why)}", Tone.BAD)
    if made.error is not None:
        yield from (Line("ERROR", first_line(text), Tone.BAD) for text in made.error.lines)
    left = len(made.to_create()) - len(made.created) - len(made.refused)
    if left:
        again = "the same command goes on where this one ended"
        yield Line("NOT DONE", f"{counted(left, 'test case')} not created; {again}", Tone.BAD)
    tone = Tone.GOOD if not left and not made.refused else Tone.WARNING
    yield Line("created", counted(len(made.created), "test case"), tone)
    if made.file is not None:
        shown = shown_path(made.file, Path.cwd())
        yield Line("linked", f"{counted(len(made.keys), 'key')} in {shown}; review and commit it")
        yield Line("next", "`pytest-jama prepare` brings the cases into the plan and a new cycle")
    elif made.keys:
        yield Line("NOT LINKED", "write these lines under `tests:` yourself:", Tone.BAD)
        for test, key in made.keys.items():
            yield Line("", f"{quoted(test)}: {key}", Tone.BAD, is_exact=True)


def _status(made: _Made, wanted: CreationOptions) -> int:
    if made.error is not None:
        return int(exit_status_of(made.error))
    is_done = not wanted.is_agreed or len(made.created) == len(made.to_create())
    return int(ExitStatus.WELL if is_done and not made.namesakes else ExitStatus.INCOMPLETE)


def _document(made: _Made) -> dict[str, Any]:
    """Return what became of the drafts, for a program."""
    cases = [
        {
            "test": draft.test,
            "tests": list(draft.tests),
            "state": _state(draft.test, made),
            "key": made.keys.get(draft.test),
            "name": draft.name,
            "description": draft.description,
            "steps": [{"action": step[0], "expected": step[1]} for step in draft.steps],
            "reason": made.refused.get(draft.test),
        }
        for draft in made.drafts
    ]
    return {
        "place": str(made.home) if made.home else None,
        "cases": cases,
        "written": str(made.file) if made.file else None,
        "error": str(made.error) if made.error else None,
    }


def _state(test: str, made: _Made) -> str:
    states: Mapping[str, Container[str]] = {
        "created": made.created,
        "found": made.found,
        "refused": made.refused,
        "exists": made.namesakes,
    }
    return next((state for state, tests in states.items() if test in tests), "planned")
