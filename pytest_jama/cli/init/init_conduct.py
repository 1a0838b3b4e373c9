"""``pytest-jama init``: what is the same for every kind of server. It asks, looks, and writes.

Questions are asked on a terminal, or answered by what is proposed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pytest_jama.cli.init.init_repository import find_rootdir, look_at
from pytest_jama.config import JAMA, find_file, load_settings
from pytest_jama.config.environment import find_credentials
from pytest_jama.config.settings_files import label_of
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import printable, printable_lines, quoted
from pytest_jama.core.trust import BINARY
from pytest_jama.report.upload_lines import Line, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_jama.cli.init.init_command import InitOptions
    from pytest_jama.cli.init.init_repository import Look
    from pytest_jama.config import SharedSettings, TargetKind
    from pytest_jama.session.command_line import OutputOptions

SANDBOX_URL = "http://127.0.0.1:8421"
"""Where `pytest-jama sandbox` serves when it is not told where."""


class Offer(NamedTuple):
    """One thing that can be chosen.

    Attributes:
        value: What is written into the settings.
        title: What it is called, for people.
    """

    value: str
    title: str = ""

    def __str__(self) -> str:
        return f"{self.value}  {self.title}" if self.title else self.value


_DIGITS = 3
"""Longer numbers are the IDs of a server."""

_MOST_OFFERED = 20
"""So many are listed; of more, the rest can be written by name."""


def _accept(_: str) -> None:
    """Accept any answer."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks for one thing after the other.

    Attributes:
        are_asked: Whether a person is there; else each question has its proposal as answer.
    """

    are_asked: bool

    def ask(
        self, question: str, *, proposal: str = "", check: Callable[[str], None] = _accept
    ) -> str:
        """Return an answer; the empty one is the proposal.

        Args:
            question: What is wanted.
            proposal: What an empty answer means, and what counts where no one is asked.
            check: Raises `SettingsError` for an answer that cannot be used; it is asked again.
        """
        while self.are_asked:
            answer = click.prompt(
                printable(question), default=proposal, show_default=bool(proposal), err=True
            )
            try:
                check(answer.strip())
            except SettingsError as error:
                for problem in error.problems:
                    self.tell(f"{problem.message}; {problem.remedy}")
                continue
            return str(answer).strip()
        return proposal

    def choose(
        self,
        question: str,
        offers: Sequence[Offer],
        *,
        proposal: str = "",
        check: Callable[[str], None] = _accept,
    ) -> str:
        """Return the value of one of several things, or what was written instead of a number.

        Args:
            question: What is wanted.
            offers: What there is; chosen by its number or its value.
            proposal: As for `ask`.
            check: As for `ask`.
        """
        if self.are_asked:
            self._list(offers)
            hint = " (number or name)" if offers else ""
            question = f"{question}{hint}"
        shown = {str(number): offer.value for number, offer in enumerate(offers, start=1)}

        def check_choice(answer: str) -> None:
            is_outside = answer.isdigit() and len(answer) <= _DIGITS and answer not in shown
            if offers and is_outside and answer not in shown.values():
                remedy = "choose one of the list, or write what you mean in words"
                raise SettingsError(Problem(f"{answer} is not in the list", remedy, "answer"))
            check(shown.get(answer, answer))

        answer = self.ask(question, proposal=proposal, check=check_choice)
        return shown.get(answer, answer)

    def tell(self, text: str) -> None:
        """Say something between two questions."""
        if self.are_asked:
            click.echo(printable(text), err=True)

    def _list(self, offers: Sequence[Offer]) -> None:
        width = len(str(min(len(offers), _MOST_OFFERED)))
        for number, offer in enumerate(offers[:_MOST_OFFERED], start=1):
            self.tell(f"  {number:>{width}}  {offer}")
        if len(offers) > _MOST_OFFERED:
            self.tell(f"  and {len(offers) - _MOST_OFFERED} more: write its key or name")


def choose_path(options: InitOptions, kind: TargetKind[Any]) -> Path:
    """Return where the file goes; nothing is there.

    Args:
        options: The command line.
        kind: The kind of server.

    Raises:
        SettingsError: When something is there, or the folder is not.
    """
    path = options.config or find_rootdir(Path.cwd()) / kind.file
    names = {path.name, *kind.files} if options.config is None else {path.name}
    for each in sorted(path.with_name(name) for name in names):
        if os.path.lexists(each):
            shown = label_of(each, Path.cwd())
            remedy = "look it through with `pytest-jama check`, or name another with --config=FILE"
            raise SettingsError(Problem("is there, and is never overwritten", remedy, shown))
    if not path.parent.is_dir():
        what = f"there is not a folder {quoted(str(path.parent))}"
        raise SettingsError(Problem(what, "make it, or name another file", "--config"))
    return path


def find_questions(options: InitOptions) -> Questions:
    """Return who answers: the user of a terminal, or with ``--yes`` the proposals.

    Raises:
        SettingsError: When no one can be asked.
    """
    if not options.is_agreed and not sys.stdin.isatty():
        what = "this is not a terminal, so that no one can be asked"
        raise SettingsError(Problem(what, "say --yes to take what is proposed", "command line"))
    return Questions(are_asked=not options.is_agreed)


_MOST_REPORTS = 5


def shown_reports(reports: Sequence[str]) -> list[str]:
    """Return the arguments that name JUnit reports in a command: many by their folders."""
    if len(reports) <= _MOST_REPORTS:
        return [*reports]
    return sorted({str(Path(each).parent) for each in reports})


def load_given(given: Mapping[str, str], kind: TargetKind[Any] = JAMA, *, text: str = "") -> Any:
    """Return settings by flags, environment and a text; messages name these.

    Args:
        given: What the flags say.
        kind: The kind of server.
        text: What stands in the settings file.

    Raises:
        SettingsError: With every mistake.
    """
    with tempfile.TemporaryDirectory(prefix="pytest-jama-") as folder:
        file = Path(folder, kind.file)
        file.write_text(text or "tests:\n", encoding="utf-8")  # an empty file is refused
        return load_settings(
            start=Path(folder),
            file=file,
            flags=given,
            environ=os.environ,
            needs_target=False,
            unused=("plan", "cycle", "run"),
            kind=kind,
            flag_prefix="--",
        ).settings


def write_file(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        SettingsError: When it is there by now, or cannot be written.
    """
    try:
        new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o644)
    except FileExistsError:
        problem = Problem("is there by now, and is never overwritten", "look at it", str(path))
        raise SettingsError(problem) from None
    except OSError as exc:
        problem = Problem(f"cannot be written: {exc.strerror}", "name another file", str(path))
        raise SettingsError(problem) from exc
    try:
        with os.fdopen(new, "wb") as file:
            file.write(text.encode("utf-8"))
    except OSError as exc:
        path.unlink(missing_ok=True)
        problem = Problem(f"cannot be written: {exc.strerror}", "name another file", str(path))
        raise SettingsError(problem) from exc


@dataclass(frozen=True, slots=True)
class InitDesk:
    """Where one settings file is made: what was said, who is asked, where lines go.

    Attributes:
        options: The command line.
        output: Form of the output.
        kind: The kind of server.
        path: Where the file goes.
        questions: Who answers.
    """

    options: InitOptions
    output: OutputOptions
    kind: TargetKind[Any]
    path: Path
    questions: Questions

    @classmethod
    def made_for(
        cls, options: InitOptions, output: OutputOptions, kind: TargetKind[Any]
    ) -> InitDesk:
        """Find out where the file goes, and who is asked.

        Raises:
            SettingsError: When nothing can be written, or no one can be asked.
        """
        path = choose_path(options, kind)
        desk = cls(options, output, kind, path, find_questions(options))
        above = find_file(path.parent, kind) if options.config is None else None
        if above is not None:
            text = f"{label_of(above, Path.cwd())} counts here so far, and the new file from now on"
            desk.say("note", text, Tone.WARNING)
        return desk

    @property
    def shown_path(self) -> str:
        """The path of the file, as it is printed."""
        return label_of(self.path, Path.cwd())

    def say(self, label: str, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Print a line."""
        self.output.say(Line(label, text, tone))

    def look(self, settings: SharedSettings) -> Look:
        """Look at the repository, and say what there is."""
        junit, collects = self.options.junit, self.options.collects
        if collects and not junit:
            self.say("looking", "at tests and reports; to collect tests may take a while")
        look = look_at(find_rootdir(Path.cwd()), settings, junit=junit, collects=collects)
        for text in look.told or ("no tests of pytest and no JUnit reports",):
            self.say("found", text)
        for text in look.warnings:
            self.say("warning", text, Tone.WARNING)
        return look

    def find_url(self, settings: SharedSettings) -> str:
        """Return the address of the server; empty for the sandbox."""
        if self.options.uses_sandbox or settings.url:
            return "" if self.options.uses_sandbox else self.raw("url") or settings.url

        def check(answer: str) -> None:
            if answer:
                load_given({"url": answer}, self.kind)

        title = self.kind.title
        question = f"Address of your {title}, as in the browser (nothing: the local sandbox)"
        return self.questions.ask(question, check=check)

    def raw(self, name: str) -> str:
        """Return a setting of flags or environment as it was said, without anything filled in."""
        return self.options.given.get(name) or os.environ.get(
            f"{self.kind.variables}{name.upper()}", ""
        )

    def has_credentials(self, *, is_rehearsal: bool) -> bool:
        """Return whether there are credentials; without, say what is missing.

        Raises:
            SettingsError: When there is half a pair of them.
        """
        credentials, problems = find_credentials(os.environ, self.kind)
        is_half = any(each.origin != "environment" for each in problems)
        if is_half and not is_rehearsal:
            raise SettingsError(*problems)
        if credentials is None and not is_rehearsal:
            text = "no credentials, so that what the server has is not offered or looked at"
            self.say("note", text, Tone.WARNING)
            self.say("", f"set {self.kind.sign_in_words}")
        return credentials is not None

    def finish(self, text: str, *, told: str, commands: Sequence[str], needs_sandbox: bool) -> None:
        """Write the file, or print it, and say what to do next.

        Raises:
            SettingsError: When it cannot be written.
        """
        if self.options.dry_run:
            click.echo(printable_lines(text), nl=False)
            return
        write_file(self.path, text)
        self.say("wrote", f"{self.shown_path}: {told}", Tone.GOOD)
        if needs_sandbox and find_spec("fastapi") is None:
            command = 'python -m pip install "pytest-jama[sandbox]"'
            self.output.say(Line("next", command, is_exact=True))
        self.output.say(*(Line("next", each, is_exact=True) for each in commands))
