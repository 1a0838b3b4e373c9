"""``pytest-jama check`` where the server is ALM Octane: what an upload would meet there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.check.check_command import DOCUMENT_VERSION, PROGRAM
from pytest_jama.cli.check.check_repository import (
    TONES,
    observe_destination,
    observe_settings,
    value_lines,
    values_json,
)
from pytest_jama.cli.check.check_tests import TestsProbe
from pytest_jama.cli.collecting import collect_tests
from pytest_jama.cli.commands import refuse_options_of_jama
from pytest_jama.cli.octane_flows import UNUSED
from pytest_jama.config import OCTANE, load_settings
from pytest_jama.core.errors import PytestJamaError, SettingsError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.redaction import Redactor
from pytest_jama.report.upload_lines import Line, exposure_lines
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.octane.octane_check import OctaneCheck
from pytest_jama.targets.octane.octane_client import open_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.cli.check.check_command import CheckOptions
    from pytest_jama.config import LoadedSettings
    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.session.command_line import OutputOptions

_READ_TIMEOUT_S = 20.0
"""For how long a server may take: whoever checks waits for it."""


def run_octane_check(options: CheckOptions, output: OutputOptions) -> int:
    """Find out what an upload would meet.

    Args:
        options: Where.
        output: Form of the output.

    Returns:
        The exit status.
    """
    check = _OctaneRun(options, output)
    stopped = ""
    try:
        status = check.run()
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        status, stopped = exit_status_of(error), str(error)
    if not output.as_json:
        return int(status)
    document = {
        **_document(check.found, status=status, stopped=stopped),
        "offline": options.offline,
        "values": values_json(check.loaded) if check.loaded else [],
    }
    return output.write_json(document, status=int(status), redactor=check.redactor)


class _OctaneRun:
    """One check.

    Attributes:
        found: What it has found out so far.
        loaded: The settings, as soon as they are known.
        redactor: Hides secrets, as soon as the settings say them.
    """

    def __init__(self, options: CheckOptions, output: OutputOptions) -> None:
        self._options = options
        self._output = output
        self.found: list[Observation] = []
        self.loaded: LoadedSettings[OctaneSettings] | None = None
        self.redactor = Redactor()

    def run(self) -> ExitStatus:
        """Make the probes.

        Raises:
            PytestJamaError: When the settings are wrong.
        """
        refuse_options_of_jama(_options_of_jama(self._options))
        self._options.require_fitting()
        self.loaded = _load(self._options)
        settings = self.loaded.settings
        self.redactor = settings.redactor
        self._output.say(*exposure_lines(settings))
        if self._options.shows_settings:
            self._output.say(*value_lines(self.loaded))
        for observation in observe_settings(self.loaded, os.environ):
            self._tell(observation)
        if self._options.offline:
            self._tell(observe_destination(settings))
        self._look_at_tests(self.loaded)
        if self._options.offline:
            return _status(self.found, lets_us_in=True)
        quick = min(settings.upload.give_up_after_s, _READ_TIMEOUT_S)
        upload = settings.upload.model_copy(update={"give_up_after_s": quick})
        impatient = settings.model_copy(update={"upload": upload})
        client = open_client(impatient, read_timeout_s=_READ_TIMEOUT_S)
        with self._output.logging():
            try:
                lets_us_in = OctaneCheck(client, settings, self._tell).run()
            finally:
                client.close()
        return _status(self.found, lets_us_in=lets_us_in)

    def _look_at_tests(self, loaded: LoadedSettings[OctaneSettings]) -> None:
        """Bring the map together with what pytest collects; without a map there is no need."""
        if not loaded.settings.tests or not self._options.collects:
            return
        redactor = loaded.settings.redactor
        try:
            session = collect_tests((), redactor=redactor, config=loaded.file, is_for_octane=True)
        except SettingsError:
            raise
        except PytestJamaError as error:
            text = f"not found out: {' '.join(error.lines)}"
            self._tell(Observation("collected", Mark.PROBLEM, text))
            return
        for each in TestsProbe(session, loaded, verbose=self._output.verbose).observe():
            # "tests" is what the server says of the items that they cover
            self._tell(replace(each, name="collected") if each.name == "tests" else each)

    def _tell(self, observation: Observation) -> None:
        self.found.append(observation)
        text = f"{observation.name:<16} {self.redactor.hide_certain(observation.text)}"
        mark = observation.mark
        self._output.say(Line(mark.value, text, TONES[mark]))


def _load(options: CheckOptions) -> LoadedSettings[OctaneSettings]:
    """Load the settings; without the server, what only an upload needs may be missing.

    Raises:
        SettingsError: With every mistake.
    """
    return load_settings(
        start=Path.cwd(),
        file=options.config,
        flags=options.flags,
        environ=os.environ,
        needs_target=not options.offline,
        unused=(*UNUSED, *(("url", "headers") if options.offline else ())),
        kind=OCTANE,
        flag_prefix="--",
    )


def _options_of_jama(options: CheckOptions) -> Mapping[str, object]:
    """Return what only a check of Jama can do."""
    return {
        "--write-probe": options.write_probe,
        "--report": options.report,
        "--runs": options.runs,
        "--junit": options.is_junit,
        "arguments for pytest": options.arguments,
        **{f"--{name}": options.flags.get(name) for name in ("project", "plan", "cycle")},
    }


def _status(found: list[Observation], *, lets_us_in: bool) -> ExitStatus:
    if not lets_us_in:
        return ExitStatus.OUT_OF_REACH
    has_problem = any(each.mark is Mark.PROBLEM for each in found)
    return ExitStatus.INCOMPLETE if has_problem else ExitStatus.WELL


def _document(found: list[Observation], *, status: ExitStatus, stopped: str) -> dict[str, Any]:
    observations = [
        {
            "name": each.name,
            "mark": each.mark.value,
            "text": each.text,
            "facts": dict(each.facts),
        }
        for each in found
    ]
    return {
        "check": DOCUMENT_VERSION,
        "target": "octane",
        "exit_status": int(status),
        "stopped": stopped or None,
        "observations": observations,
    }
