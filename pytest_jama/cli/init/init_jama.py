"""``pytest-jama init`` for Jama: the first jama.yaml."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.cli.init.init_command import read_fields
from pytest_jama.cli.init.init_conduct import (
    SANDBOX_URL,
    InitDesk,
    Offer,
    load_given,
    shown_reports,
)
from pytest_jama.cli.init.init_file import JamaDraft, jama_text, literal, scalar
from pytest_jama.cli.init.init_links import guess_project, propose_links
from pytest_jama.config import JAMA
from pytest_jama.config.settings_files import label_of
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import counted, quoted
from pytest_jama.report.upload_lines import Tone
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pytest_jama.cli.init.init_command import InitOptions
    from pytest_jama.cli.init.init_links import ProposedLinks
    from pytest_jama.cli.init.init_repository import Look
    from pytest_jama.cli.init.init_server import JamaOffers
    from pytest_jama.config import Settings
    from pytest_jama.session.command_line import OutputOptions
    from pytest_jama.targets.jama.wire import Cycle, Project, TestPlan


def run_init(options: InitOptions, output: OutputOptions) -> ExitStatus:
    """Write a jama.yaml.

    Args:
        options: What is said already.
        output: Form of the output.

    Raises:
        PytestJamaError: When nothing was written.
    """
    return _JamaInit(InitDesk.made_for(options, output, JAMA)).run()


class _ChosenPlace(NamedTuple):
    """A plan or cycle: the value of its setting as YAML, and what the server has of it."""

    value: str
    found: TestPlan | Cycle | None = None


_PLAN = "Release ${RELEASE:-dev}"

_HABITS: Mapping[str, tuple[str, Sequence[Offer]]] = {
    "skipped": (
        "What is a skipped test to its case?",
        (
            Offer("leave", "nothing is said: the case is not PASSED by its other tests alone"),
            Offer("BLOCKED", "it could not be executed"),
            Offer("NOT_RUN", "it was not executed"),
            Offer("ignore", "as though the test were not linked: the others decide"),
        ),
    ),
    "xfailed": (
        "What is a test that failed as expected (xfail)?",
        (
            Offer("leave", "nothing is said of its case"),
            Offer("FAILED", "the case failed"),
            Offer("ignore", "as though the test were not linked"),
        ),
    ),
}


@dataclass
class _JamaInit:
    """Makes one jama.yaml."""

    desk: InitDesk
    status: ExitStatus = ExitStatus.WELL
    _is_rehearsal: bool = False
    _offers: JamaOffers | None = None
    _has_plan: bool = False
    _settings_text: str = field(default="", init=False)

    def run(self) -> ExitStatus:
        """Look, ask, and write.

        Raises:
            PytestJamaError: When nothing was written.
        """
        options = self.desk.options
        if options.ca is not None:
            self._settings_text = f"tls: {{verify: {scalar(str(options.ca.absolute()))}}}\n"
        settings = self._load({})
        look = self.desk.look(settings)
        url = self.desk.find_url(settings)
        self._is_rehearsal = not url
        settings = self._load({"url": url or SANDBOX_URL})
        try:
            settings = self._connect(settings)
            self._finish(self._make_draft(settings, look), look)
        finally:
            if self._offers:
                self._offers.close()
        return self.status

    def _load(self, more: Mapping[str, str]) -> Settings:
        settings: Settings = load_given(
            {**self.desk.options.given, **more}, text=self._settings_text
        )
        return settings

    def _connect(self, settings: Settings) -> Settings:
        """Sign in where there are credentials; return the settings with the right address."""
        if not self.desk.has_credentials(is_rehearsal=self._is_rehearsal) or self._is_rehearsal:
            return settings
        from pytest_jama.cli.init.init_server import JamaOffers  # noqa: PLC0415 (requests)

        self.desk.say("asking", settings.url)
        offers = JamaOffers(settings, self.desk.output.say)
        lets_us_in = offers.sign_in()
        if offers.found_url:
            offers.close()
            settings = self._load({"url": offers.found_url})
            offers = JamaOffers(settings, self.desk.output.say)
            lets_us_in = offers.sign_in()
        if lets_us_in:
            self._offers = offers
            return settings
        offers.close()
        self.status = ExitStatus.OUT_OF_REACH
        self.desk.say("note", "the file is written without asking the server", Tone.WARNING)
        return settings

    def _make_draft(self, settings: Settings, look: Look) -> JamaDraft:
        key, project = self._find_project(settings, look)
        plan = self._find_place("plan", _PLAN, self._plans(project))
        self._has_plan = plan.found is not None
        cycle_name = f"Build {look.build} ${{DATE}}"
        cycle = self._find_place("cycle", cycle_name, self._cycles(plan))
        verdicts = {outcome: self._find_habit(outcome) for outcome in _HABITS}
        prefix = project.key if project else key
        links = propose_links(
            look.tests,
            project=prefix,
            is_rehearsal=self._is_rehearsal,
            find_cases=lambda ids: self._find_cases(project, ids),
        )
        for text in links.told:
            self.desk.say("ids", text)
        options = self.desk.options
        draft = JamaDraft(
            url=settings.url,
            is_rehearsal=self._is_rehearsal,
            project=key,
            project_name=project.name if project else "",
            plan=plan.value,
            cycle=cycle.value,
            verdicts={**verdicts, **options.verdicts},
            fields=read_fields(options.fields),
            tls_verify=label_of(options.ca.absolute(), self.desk.path.parent) if options.ca else "",
            links=links,
            case_types=self._case_types(),
        )
        return self._examine(draft) if self._offers else draft

    def _find_project(self, settings: Settings, look: Look) -> tuple[str, Project | None]:
        """Return key or API ID of the project, and the project where the server has it."""
        projects = self._offers.projects() if self._offers else ()
        known = {each.key: each for each in projects} | {str(each.id): each for each in projects}

        def check(answer: str) -> None:
            load_given({"project": answer})
            self._require_known(answer, projects)

        if settings.project:
            check(str(settings.project))
            return str(settings.project), known.get(str(settings.project))
        guess = guess_project(look.tests)
        if projects and guess not in known:
            guess = projects[0].key if len(projects) == 1 else ""
        if not guess and self._is_rehearsal:
            guess = _key_from(Path.cwd().name)
        offers = [Offer(each.key, each.name) for each in projects]
        answer = self.desk.questions.choose("Project", offers, proposal=guess, check=check)
        if not answer:
            what = "the project is not known"
            raise SettingsError(Problem(what, "say --project=KEY", "command line"))
        return answer, known.get(answer)

    @staticmethod
    def _require_known(answer: str, projects: Sequence[Project]) -> None:
        if not projects or any(answer in (each.key, str(each.id)) for each in projects):
            return
        listed = ", ".join(each.key for each in projects[:5])
        what = f"there is not a project {quoted(answer)} that this account can see"
        raise SettingsError(Problem(what, f"there are {listed}", "--project"))

    def _plans(self, project: Project | None) -> Sequence[TestPlan]:
        return self._offers.plans(project) if self._offers and project else ()

    def _cycles(self, plan: _ChosenPlace) -> Sequence[Cycle]:
        is_known = self._offers and plan.found is not None
        return self._offers.cycles(plan.found) if is_known else ()  # type: ignore[union-attr,arg-type]

    def _find_place(
        self, kind: str, usual: str, there: Sequence[TestPlan] | Sequence[Cycle]
    ) -> _ChosenPlace:
        """Return a plan or cycle: as it was said, or chosen, or by its usual name."""
        said = self.desk.raw(kind)
        if not said:
            offers = [Offer(each.name, f"(ID {each.id})") for each in there]
            question = f"Test {kind}, there or new"
            said = self.desk.questions.choose(question, offers, proposal=usual)
            if any(said == each.name for each in there):
                said = literal(said)
        by_id = re.fullmatch(r"id:\s*([1-9][0-9]*)", said)
        name = said.replace("$${", "${")
        same = [each for each in there if each.name == name or (by_id and str(each.id) == by_id[1])]
        if by_id or len(same) > 1:
            number = by_id[1] if by_id else str(min(each.id for each in same))
            found = next((each for each in same if str(each.id) == number), None)
            return _ChosenPlace(f"{{id: {number}}}", found)
        return _ChosenPlace(scalar(said), next(iter(same), None))

    def _find_cases(self, project: Project | None, ids: Collection[str]) -> Mapping[str, str]:
        return self._offers.find_cases(project, ids) if self._offers and project else {}

    def _case_types(self) -> Sequence[str]:
        types = self._offers.case_types() if self._offers else ()
        return [f"{each.name} (ID {each.id})" for each in types]

    def _find_habit(self, outcome: str) -> str:
        given = self.desk.options.verdicts.get(outcome)
        if given:
            return given
        question, offers = _HABITS[outcome]

        def check(answer: str) -> None:
            load_given({}, text=f"verdicts: {{{outcome}: {scalar(answer)}}}\n")

        return self.desk.questions.choose(question, offers, proposal=offers[0].value, check=check)

    def _examine(self, draft: JamaDraft) -> JamaDraft:
        """Say what an upload would meet; return the draft with what the server asks for."""
        offers = self._offers
        if offers is None:
            return draft
        refs = [CaseLink.parse(ref).case_ref for ref in (draft.links.refs if draft.links else ())]
        found = offers.examine(self._settings_of(draft), refs)
        needed = [
            each
            for each in offers.needed_fields(found)
            if each.kind != "plan" or not self._has_plan
        ]
        for each in needed:
            options = [Offer(name) for name in each.options]
            question = f"{each.name}, which each test {each.kind} must have (nothing: later)"
            value = self.desk.questions.choose(question, options, check=each.check)
            allowed = ", ".join(each.options) or "a text"
            where, what = ("fields", value) if value else ("open_fields", allowed)
            before: Mapping[str, Mapping[str, str]] = getattr(draft, where)
            fields = {**before, each.kind: {**before.get(each.kind, {}), each.name: what}}
            draft = replace(draft, fields=fields) if value else replace(draft, open_fields=fields)
        if draft.fields and needed:
            found = offers.examine(self._settings_of(draft), refs)
        if offers.tell(found):
            self.status = ExitStatus.INCOMPLETE
        return draft

    def _settings_of(self, draft: JamaDraft) -> Settings:
        settings: Settings = load_given({}, text=jama_text(draft))
        return settings

    def _finish(self, draft: JamaDraft, look: Look) -> None:
        self._settings_of(draft)  # refuses what a flag has wrong, before anything is written
        links = draft.links
        live = sum(line.is_live for line in links.entries) if links else 0
        told = f"{counted(live, 'key')} in `tests`"
        if links and links.names:
            told += ", and a pattern in `names`"
        open_lines = len(links.entries) - live if links else 0
        if open_lines:
            told += f"; {counted(open_lines, 'line')} to complete"
        commands = list(self._commands(links, look.reports))
        self.desk.finish(
            jama_text(draft), told=told, commands=commands, needs_sandbox=self._is_rehearsal
        )

    def _commands(self, links: ProposedLinks | None, reports: Sequence[str]) -> Sequence[str]:
        file, usual = self.desk.shown_path, self.desk.options.config is None
        option = "" if usual else f"--config={file}"
        session = ["pytest", "--jama", option.replace("--config", "--jama-config")]
        check, create = ["pytest-jama", "check", option], ["pytest-jama", "cases", "create", option]
        if reports:
            named = shown_reports(reports)
            session = ["junit-uploader", option, *named]
            check += ["--junit", *named]
            create += ["--junit", *named]
        if self._is_rehearsal:
            entries = {ref for each in (links.entries if links else ()) for ref in each.refs}
            refs = (ref.partition("#")[0] for ref in (links.refs if links else ()))
            others = [ref for ref in dict.fromkeys(refs) if ref not in entries]
            cases = [f"--case={ref}" for ref in others[:_MOST_CASES]]
            command = ["pytest-jama", "sandbox", "--seed", file, *cases, "--", *session]
            return [shlex.join(filter(None, command))]
        commands = [check, session]
        if not (links and links.refs):  # nothing could be reported yet
            commands[1:] = [create]
        return [shlex.join(filter(None, each)) for each in commands]


_MOST_CASES = 100
"""So many cases that only names or markers say are made in the sandbox by options."""


def _key_from(folder: str) -> str:
    """Return a key of a project for the sandbox: ``PLUGGY`` of ``pluggy-1.7.0``."""
    name = re.split(r"[-_ ]v?[0-9]", folder)[0]
    return re.sub(r"[^A-Z0-9]", "", name.upper()).lstrip("0123456789")[:16] or "DEMO"
