"""``pytest-jama check``: what an upload would meet at this Jama, before there is one."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_jama.cli.check.check_command import DOCUMENT_VERSION, PROGRAM
from pytest_jama.cli.check.check_repository import (
    TONES,
    describe_session,
    find_needs,
    observe_destination,
    observe_settings,
    repository_json,
    value_lines,
    values_json,
)
from pytest_jama.cli.check.check_tests import TestsProbe
from pytest_jama.cli.collecting import collect_tests, read_report_tests
from pytest_jama.config import load_settings, with_lock
from pytest_jama.core.errors import NotUsableError, Problem, PytestJamaError, SettingsError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.redaction import Redactor
from pytest_jama.core.text import printable, printable_lines, quoted
from pytest_jama.report.upload_lines import Line, Tone, exposure_lines
from pytest_jama.session.destination import describe_destination
from pytest_jama.session.exit_status import ExitStatus, exit_status_of
from pytest_jama.targets.jama.probes.check_report import (
    anonymous_report,
    merge_settings,
    observation_json,
    report_lines,
    settings_lines,
)
from pytest_jama.targets.jama.probes.inquiry import open_inquiry
from pytest_jama.targets.jama.probes.probe import ServerProbe
from pytest_jama.targets.jama.probes.write_probe import WRITE_TIMEOUT_S, WriteProbe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.cli.check.check_command import CheckOptions
    from pytest_jama.cli.check.check_repository import SessionNeeds
    from pytest_jama.cli.collecting import CollectedSession
    from pytest_jama.config import LoadedSettings, Settings
    from pytest_jama.core.lock import Lock
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.targets.jama.probes.probe import SeenServer

_READ_TIMEOUT_S = 20.0
"""For how long a server that is only read from may take: whoever checks waits for it."""


def run_check(options: CheckOptions, output: OutputOptions) -> int:
    """Find out what an upload would meet.

    Args:
        options: Where, and whether anything is written.
        output: Form of the output.

    Returns:
        The exit status.
    """
    check = _Check(options, output)
    try:
        with output.logging():
            status = check.run()
    except PytestJamaError as error:
        output.complain(error, program=PROGRAM)
        check.stopped = str(error)
        status = exit_status_of(error)
    return check.end(status)


@dataclass
class _Check:
    """One check.

    Attributes:
        stopped: Why it does not go on; empty while it does.
    """

    options: CheckOptions
    output: OutputOptions
    stopped: str = ""
    _loaded: LoadedSettings | None = None
    _session: CollectedSession | None = None
    _cases: tuple[Mapping[str, Any], ...] = ()
    _found: list[Observation] = field(default_factory=list)
    _of_server: list[Observation] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _made: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> ExitStatus:
        """Make the probes.

        Raises:
            PytestJamaError: When the settings are wrong, or nothing may be written.
        """
        self._require_consent()
        self.options.require_fitting()
        self._loaded = _load(self.options)
        settings = self._loaded.settings
        mode = "offline check" if self.options.offline else "check"
        self.output.announce(*describe_destination(self._loaded, root=Path.cwd(), mode=mode))
        self.output.say(*exposure_lines(settings))
        if self.options.shows_settings:
            self.output.say(*value_lines(self._loaded))
        wanted = self._look_at_repository(self._loaded)
        if self.options.offline:
            self._tell(describe_session(settings, wanted))
        else:
            seen = self._probe(settings, self._loaded.lock, wanted)
            if not seen.lets_us_in:
                return ExitStatus.OUT_OF_REACH
            if self.options.write_probe:
                self._write(settings, seen)
        has_problem = any(each.mark is Mark.PROBLEM for each in self._found)
        return ExitStatus.INCOMPLETE if has_problem else ExitStatus.WELL

    def _look_at_repository(self, loaded: LoadedSettings) -> SessionNeeds:
        for observation in observe_settings(loaded, os.environ):
            self._tell(observation)
        if self.options.offline:
            self._tell(observe_destination(loaded.settings))
        if self.options.collects:
            try:
                self._session = self._collect(loaded)
            except SettingsError:
                raise
            except PytestJamaError as error:
                text = f"not found out: {' '.join(error.lines)}"
                self._tell(Observation("tests", Mark.PROBLEM, text))
        if self._session is not None:
            probe = TestsProbe(self._session, loaded, verbose=self.output.verbose)
            for observation in probe.observe():
                self._tell(observation)
        return find_needs(loaded.settings, self._session)

    def _collect(self, loaded: LoadedSettings) -> CollectedSession:
        if self.options.is_junit:
            return read_report_tests(self.options.arguments, loaded.seen_in(Path.cwd()).settings)
        redactor = loaded.settings.redactor
        return collect_tests(self.options.arguments, redactor=redactor, config=loaded.file)

    def _require_consent(self) -> None:
        """Refuse to write where nobody can be asked, before anything is done."""
        if not self.options.write_probe or self.options.is_agreed or sys.stdin.isatty():
            return
        what = "--write-probe makes a test plan in Jama, and nobody can be asked here"
        raise SettingsError(Problem(what, "say --yes, too, if that is wanted", "command line"))

    def _probe(self, settings: Settings, lock: Lock | None, wanted: SessionNeeds) -> SeenServer:
        quick = min(settings.upload.give_up_after_s, _READ_TIMEOUT_S)
        inquiry = open_inquiry(settings, give_up_after_s=quick, read_timeout_s=_READ_TIMEOUT_S)
        refs = list(wanted.steps)
        with closing(inquiry.client.api.connection):
            probe = ServerProbe(
                inquiry,
                settings,
                refs=refs,
                runs=self.options.runs,
                tell=self._tell_of_server,
                lock=lock,
            )
            probe.steps, probe.linked, probe.tests = wanted.steps, wanted.linked, wanted.tests
            try:
                seen = probe.run()
                self._cases = seen.cases
                return seen
            finally:
                self._names |= inquiry.names

    def _write(self, settings: Settings, seen: SeenServer) -> None:
        name = self.options.write_probe
        slow = max(settings.upload.give_up_after_s, WRITE_TIMEOUT_S)
        inquiry = open_inquiry(settings, give_up_after_s=slow, read_timeout_s=WRITE_TIMEOUT_S)
        with closing(inquiry.client.api.connection):
            probe = WriteProbe(inquiry, settings, seen, tell=self._tell_of_server)
            if seen.project is None:
                raise NotUsableError("without the project no write probe is made")
            if probe.find_plan(name) is not None:
                what = f"a test plan {quoted(name)} exists already, and is not written into"
                remedy = "choose another name for the write probe"
                raise SettingsError(Problem(what, remedy, "--write-probe"))
            if not self.options.is_agreed and not self._is_agreed(name, seen.project.key):
                text = "not made, as you answered"
                self._tell_of_server(Observation("write probe", Mark.NOTE, text, {"made": []}))
                return
            try:
                probe.run(name)
            finally:
                self._names |= inquiry.names
                self._made = [each._asdict() for each in probe.made]

    def _is_agreed(self, name: str, project: str) -> bool:
        question = (
            f"Make a test plan {quoted(name)} with a test cycle in project {project}, write into "
            "its test runs, and leave it there?"
        )
        return click.confirm(printable(question), err=True)

    def _tell_of_server(self, observation: Observation) -> None:
        self._of_server.append(observation)
        self._tell(observation)

    def _tell(self, observation: Observation) -> None:
        self._found.append(observation)
        text = observation.text
        if self._loaded is not None:
            text = self._loaded.settings.redactor.hide_certain(text)
        self.output.say(
            Line(observation.mark.value, f"{observation.name:<16} {text}", TONES[observation.mark])
        )

    def end(self, status: ExitStatus) -> int:
        """Print which settings fit, write the report and the document; return the exit status."""
        fitting = merge_settings(self._found)
        for line in settings_lines(fitting):
            self.output.say(Line("settings", f"that fit this server: {line}", Tone.WARNING))
        report = anonymous_report(self._of_server, names=self._names)
        code = int(status)
        if self.options.report is not None and self._of_server:
            code = self._write_report(self.options.report, report, code)
        if not self.output.as_json:
            return code
        document = {
            "check": DOCUMENT_VERSION,
            "exit_status": code,
            "stopped": self.stopped or None,
            "observations": [observation_json(each) for each in self._found],
            "settings": fitting,
            "made": self._made,
            "report": report,
            "offline": self.options.offline,
            "values": values_json(self._loaded) if self._loaded else [],
            "repository": self._repository_json(),
            "cases": list(self._cases),
        }
        return self.output.write_json(document, status=code, redactor=self._redactor)

    def _repository_json(self) -> dict[str, Any]:
        return repository_json(self._session, self._loaded.lock if self._loaded else None)

    @property
    def _redactor(self) -> Redactor:
        return self._loaded.settings.redactor if self._loaded else Redactor()

    def _write_report(self, path: Path, report: dict[str, Any], status: int) -> int:
        """Write the report; return the exit status."""
        report = self._redactor.hide_in(report)
        is_json = path.suffix == ".json"
        text = json.dumps(report, indent=2) if is_json else "\n".join(report_lines(report))
        try:
            path.write_text(printable_lines(text) + "\n", encoding="utf-8")
        except OSError as exc:
            why = f"{path} cannot be written: {exc.strerror or exc}"
            self.output.say(Line("ERROR", why, Tone.BAD))
            return status or int(ExitStatus.INCOMPLETE)
        text = f"{path} has what was seen, without names and keys; read it before you send it"
        self.output.say(Line("report", text))
        return status


def _load(options: CheckOptions) -> LoadedSettings:
    """Load the settings; plan and cycle may be missing, and unset variables be in them.

    Without the server, everything may be missing that only a session with results needs.

    Args:
        options: The command line.

    Raises:
        SettingsError: With every mistake in the others.
    """
    unused = ("plan", "cycle", "run", *(("url", "headers") if options.offline else ()))
    lenient = load_settings(
        start=Path.cwd(),
        file=options.config,
        flags=options.flags,
        environ=os.environ,
        needs_target=False,
        unused=unused,
        flag_prefix="--",
    )
    places = {"plan": lenient.settings.plan, "cycle": lenient.settings.cycle}
    absent = {name: "not known" for name, place in places.items() if not place.is_set}
    loaded = lenient
    if not options.offline:
        loaded = load_settings(
            start=Path.cwd(),
            file=options.config,
            flags={**options.flags, **absent},
            environ=os.environ,
            unused=unused,
            flag_prefix="--",
        )
    if loaded.settings.target != "jama":
        what = f"the target is {loaded.settings.target!r}, and only Jama can be checked"
        raise SettingsError(Problem(what, "leave `target` out", "setting target"))
    loaded = with_lock(loaded, start=Path.cwd(), flag_prefix="--")
    settings = loaded.settings.model_copy(update=places)
    return replace(loaded, settings=settings, find_origin=lenient.find_origin)
