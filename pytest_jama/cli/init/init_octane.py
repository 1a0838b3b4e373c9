"""``pytest-jama init --target octane``: the first octane.yaml."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.check.check_repository import TONES
from pytest_jama.cli.commands import refuse_options_of_jama
from pytest_jama.cli.init.init_conduct import (
    SANDBOX_URL,
    InitDesk,
    Offer,
    load_given,
    shown_reports,
)
from pytest_jama.cli.init.init_file import OctaneDraft, literal, octane_text, scalar
from pytest_jama.cli.init.init_links import suggest_keys
from pytest_jama.config import OCTANE
from pytest_jama.core.errors import Problem, SettingsError, TargetError
from pytest_jama.core.observation import Mark
from pytest_jama.core.text import counted
from pytest_jama.report.upload_lines import Tone
from pytest_jama.session.exit_status import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_jama.cli.init.init_command import InitOptions
    from pytest_jama.cli.init.init_repository import Look
    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.observation import Observation
    from pytest_jama.session.command_line import OutputOptions

_SANDBOX_ADDRESS = f"{SANDBOX_URL}/ui/?p=1001/1002"
"""The address of the sandbox as a browser shows it: it names space and workspace."""

_TIMEOUT_S = 20.0
_MOST_RELEASES = 50


def run_octane_init(options: InitOptions, output: OutputOptions) -> ExitStatus:
    """Write an octane.yaml.

    Args:
        options: What is said already.
        output: Form of the output.

    Raises:
        PytestJamaError: When nothing was written.
    """
    of_jama = {
        **{f"--{name}": options.given.get(name) for name in ("project", "plan", "cycle")},
        **{f"--{name}": verdict for name, verdict in options.verdicts.items()},
        "--field": options.fields,
    }
    refuse_options_of_jama(of_jama)
    return _OctaneInit(InitDesk.made_for(options, output, OCTANE)).run()


@dataclass
class _OctaneInit:
    """Makes one octane.yaml."""

    desk: InitDesk
    status: ExitStatus = ExitStatus.WELL
    _places: dict[str, str] = field(default_factory=dict, init=False)

    def run(self) -> ExitStatus:
        """Look, ask, and write.

        Raises:
            PytestJamaError: When nothing was written.
        """
        settings = self._load({})
        look = self.desk.look(settings)
        said = self.desk.find_url(settings)
        url = said or _SANDBOX_ADDRESS
        settings = self._load({"url": url})
        self._places = {
            name: self.desk.raw(name)
            for name in ("space", "workspace", "release")
            if self.desk.raw(name)
        }
        has_credentials = self.desk.has_credentials(is_rehearsal=not said)
        if has_credentials and said:
            self._ask_server(url)
        self._require_place(settings, is_rehearsal=not said)
        is_pytest = bool(look.tests) and not look.reports
        keys = suggest_keys(look.tests)
        self._finish(OctaneDraft(url, not said, self._places, keys, is_pytest=is_pytest), look)
        return self.status

    def _load(self, more: Mapping[str, str]) -> OctaneSettings:
        settings: OctaneSettings = load_given(
            {**self.desk.options.given, **more}, OCTANE, text=self._text
        )
        return settings

    @property
    def _text(self) -> str:
        ca = self.desk.options.ca
        return f"tls: {{verify: {scalar(str(ca.absolute()))}}}\n" if ca else ""

    def _require_place(self, settings: OctaneSettings, *, is_rehearsal: bool) -> None:
        """Ask for space and workspace where nothing says them."""
        for name in ("space", "workspace"):
            if getattr(settings, name) or self._places.get(name) or is_rehearsal:
                continue
            answer = self.desk.questions.ask(f"The {name}, by ID or name")
            if not answer:
                remedy = (
                    f"say --{name}=ID, or give the browser's address as --url: .../ui/?p=1001/1002"
                )
                raise SettingsError(Problem(f"the {name} is not known", remedy, "command line"))
            self._places[name] = answer

    def _ask_server(self, url: str) -> None:
        """Offer what the server has; say what an upload would meet."""
        from pytest_jama.targets.octane.octane_check import OctaneCheck  # noqa: PLC0415 (requests)
        from pytest_jama.targets.octane.octane_client import open_client  # noqa: PLC0415

        settings = self._load({"url": url})
        upload = settings.upload.model_copy(
            update={"give_up_after_s": min(settings.upload.give_up_after_s, _TIMEOUT_S)}
        )
        settings = settings.model_copy(update={"upload": upload})
        self.desk.say("asking", settings.url)
        client = open_client(settings, read_timeout_s=_TIMEOUT_S)
        try:
            self._choose_places(settings, client)
        except TargetError as error:
            self.desk.say("problem", str(error), Tone.BAD)
        finally:
            client.close()
        settings = settings.model_copy(update=self._places)
        client = open_client(settings, read_timeout_s=_TIMEOUT_S)
        try:
            self._choose_release(client)
            settings = settings.model_copy(update=self._places)
            if not OctaneCheck(client, settings, self._tell).run():
                self.status = ExitStatus.OUT_OF_REACH
        finally:
            client.close()

    def _choose_places(self, settings: OctaneSettings, client: Any) -> None:
        above = ""
        for name, path in (("space", "//api/shared_spaces"), ("workspace", "/workspaces")):
            known = getattr(settings, name) or self._places.get(name, "")
            if not known:
                offers = self._named(client, above + path)
                proposal = offers[0].value if len(offers) == 1 else ""
                known = self.desk.questions.choose(f"The {name}", offers, proposal=proposal)
                self._places |= {name: known} if known else {}
            above = f"//api/shared_spaces/{known}"

    def _choose_release(self, client: Any) -> None:
        if "release" in self._places:
            return
        with suppress(TargetError):  # what is the matter is said by the check
            offers = self._named(client, "/releases")
            names = [Offer(literal(each.title), f"(ID {each.value})") for each in offers]
            question = "The release (nothing: none)"
            release = self.desk.questions.choose(question, names)
            self._places |= {"release": release} if release else {}

    @staticmethod
    def _named(client: Any, path: str) -> Sequence[Offer]:
        params = [("fields", "name"), ("limit", _MOST_RELEASES)]
        params = params if path == "/releases" else params[:1]
        answer = client.request("GET", path, params=params, is_entity=not path.startswith("//"))
        rows = answer.get("data") if isinstance(answer, Mapping) else ()
        return [
            Offer(str(row["id"]), str(row.get("name") or ""))
            for row in rows or ()
            if isinstance(row, Mapping) and row.get("id")
        ]

    def _tell(self, observation: Observation) -> None:
        mark = observation.mark
        if mark is Mark.PROBLEM and self.status is ExitStatus.WELL:
            self.status = ExitStatus.INCOMPLETE
        if mark is not Mark.OK or observation.name in ("sign-in", "workspace"):
            self.desk.say(mark.value, f"{observation.name}: {observation.text}", TONES[mark])

    def _finish(self, draft: OctaneDraft, look: Look) -> None:
        text = octane_text(draft)
        load_given({}, OCTANE, text=text)  # refuses what is wrong, before anything is written
        file = self.desk.shown_path
        option = "" if self.desk.options.config is None else f"--config={file}"
        session = ["pytest", "--octane", option.replace("--config", "--octane-config")]
        if look.reports:
            session = ["junit-uploader", "--target", "octane", option, *shown_reports(look.reports)]
        commands = [["pytest-jama", "check", option], session]
        if draft.is_rehearsal:
            sandbox = ["pytest-jama", "sandbox", "--target", "octane", "--seed", file, "--"]
            commands = [[*sandbox, *session]]
        self.desk.finish(
            text,
            told=f"for {counted(len(look.tests), 'test')}",
            commands=[shlex.join(filter(None, each)) for each in commands],
            needs_sandbox=draft.is_rehearsal,
        )
