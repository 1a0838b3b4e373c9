"""``pytest-jama cases create``: test cases for tests that have none, and their keys in the map.

What would be done is printed first; without ``--yes`` that is all. A case that exists is never
changed: one that says that it is for a test is linked, as after a command that was broken off.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.cases.case_drafts import draft_cases, find_unnameable
from pytest_jama.cli.cases.case_tests import (
    PROGRAM,
    collect,
    file_of_map,
    load_for_cases,
    refuse,
    uncollected_lines,
    unlinked_tests,
)
from pytest_jama.cli.cases.made_cases import (
    MadeCases,
    document_of,
    ending_lines,
    key_of,
    plan_lines,
    status_of,
)
from pytest_jama.config.map_writing import add_links
from pytest_jama.core.errors import CredentialsError, OutOfReachError, PytestJamaError, RefusedError
from pytest_jama.core.text import quoted
from pytest_jama.report.upload_lines import Line, Tone, exposure_lines
from pytest_jama.session.exit_status import ExitStatus
from pytest_jama.targets.jama.case_creation import CaseMaker
from pytest_jama.targets.jama.case_home import find_home
from pytest_jama.targets.jama.case_texts import open_client
from pytest_jama.targets.jama.places import get_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_jama.cli.cases.case_tests import CaseOptions
    from pytest_jama.config import LoadedSettings
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.targets.jama.client import JamaClient

_REFUSED_AT_MOST = 3
"""After so many refusals in a row, the rest is not tried."""

_TOLD_EVERY = 50
"""After so many cases it is said how far it is: Jama takes them one by one."""


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


def run_create(options: CaseOptions, wanted: CreationOptions, output: OutputOptions) -> int:
    """Create test cases for tests without one, and write their keys into the map.

    Args:
        options: Which tests, and the set.
        wanted: What the cases are to be.
        output: Form of the output.

    Returns:
        The exit status.
    """
    made = MadeCases()
    try:
        with output.logging():
            loaded = load_for_cases(options)
            file = file_of_map(loaded)
            session = collect(options, loaded)
            if not session.is_whole:
                output.say(*uncollected_lines(session), _NOTHING)
                return int(ExitStatus.INCOMPLETE)
            tests = unlinked_tests(session)
            redactor = loaded.settings.redactor
            made.drafts = draft_cases(
                tests, session, per_parameter=wanted.per_parameter, redactor=redactor
            )
            made.unnameable = find_unnameable(made.drafts)
            if made.drafts:
                creating = _Creating(
                    made, options=options, wanted=wanted, loaded=loaded, output=output
                )
                creating.run(file)
    except PytestJamaError as error:
        return refuse(error, options, output, program=f"{PROGRAM} create")
    for line in ending_lines(made, is_agreed=wanted.is_agreed):
        output.say(line._replace(text=redactor.hide_certain(line.text)))
    status = status_of(made, is_agreed=wanted.is_agreed)
    if not output.as_json:
        return status
    return output.write_json(
        document_of(made, status), status=status, redactor=loaded.settings.redactor
    )


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
        made: MadeCases,
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
                self._output.say(*plan_lines(self._made, verbose=self._output.verbose))
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
            cases=made.nameable(),
        )
        maker = CaseMaker(client, made.home, on_wait=self._tell)
        made.found = maker.find_made(made.nameable())
        others = made.to_create()
        made.namesakes = maker.find_namesakes(others)
        return maker

    def _tell(self, why: str) -> None:
        self._output.announce(f"jama: {why}")


def _create(made: MadeCases, maker: CaseMaker, file: Path, output: OutputOptions) -> None:
    """Create what is not there; whatever ends it, the keys of what was created are written."""
    try:
        _create_each(made, maker, output)
    except PytestJamaError as error:
        made.error = error
    except KeyboardInterrupt:
        made.error = PytestJamaError("interrupted: what was begun may have been created")
    finally:
        _link(made, maker, file)


def _create_each(made: MadeCases, maker: CaseMaker, output: OutputOptions) -> None:
    to_create, refused_in_a_row = made.to_create(), 0
    for number, draft in enumerate(to_create):
        if output.verbose:
            output.announce(f"jama: creating {quoted(draft.name)}")
        elif number and not number % _TOLD_EVERY:
            output.announce(f"jama: {number} of {len(to_create)} test cases created")
        try:
            made.created[draft.test] = maker.create(draft)
            refused_in_a_row = 0
        except RefusedError as error:
            made.refused[draft.test] = str(error)
            refused_in_a_row += 1
            if refused_in_a_row == _REFUSED_AT_MOST:
                return


def _link(made: MadeCases, maker: CaseMaker, file: Path) -> None:
    """Write the references into the map: keys, or API IDs where Jama cannot be asked for keys."""
    new = {test: str(item_id) for test, item_id in made.created.items()}
    is_silent = isinstance(made.error, (OutOfReachError, CredentialsError))
    try:
        if made.created and not is_silent:
            seen = maker.look_back(made.drafts, made.created)
            new = {test: key_of(item) for test, item in seen.items.items()}
            made.lost = [test for test in made.created if test not in seen.items]
            made.twins = seen.twins
    except PytestJamaError as error:
        made.error = made.error or error
    made.keys = {**{test: key_of(items[0]) for test, items in made.found.items()}, **new}
    if not made.keys:
        return
    try:
        made.file = add_links(file, made.keys)
    except PytestJamaError as error:
        made.error = made.error or error
