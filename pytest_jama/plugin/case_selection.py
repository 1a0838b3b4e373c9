"""``--jama-select``: only the tests of some test cases run; which cases, Jama or the user says.

Jama is asked once, by pytest itself or the controller of pytest-xdist, before anything is
collected. Each worker gets the names of the cases, and so selects the same tests. Where it is not
certain which tests are meant, the session is refused: it never runs all of them, or none, instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest

from pytest_jama.core.cases import BadReferenceError, CaseRef, without_none
from pytest_jama.core.errors import ErrorLog, PytestJamaError
from pytest_jama.core.left_out import describe_deselected
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.core.text import counted, printable, shorten
from pytest_jama.hooks.extensions import Extensions, has_hooks
from pytest_jama.plugin.activation import JAMA, cannot_start, load
from pytest_jama.plugin.collection import report_mistakes
from pytest_jama.plugin.markers import MarkerReader
from pytest_jama.session.destination import describe_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_jama.config import LoadedSettings, Settings, SharedSettings
    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.left_out import DeselectingOption
    from pytest_jama.core.port import Retry

OPTION = "--jama-select"
PLUGIN = "jama-selection"
_FOR_WORKERS = "pytest_jama_select"
_BY_STATUS = {"planned": False, "not-passed": True}
"""What Jama is asked for -> whether only for cases that are not passed."""


class Chosen(NamedTuple):
    """The test cases whose tests run.

    Attributes:
        names: Each name that one of them can have: document key, global ID, API ID.
        told: Which cases these are, in words.
    """

    names: frozenset[str]
    told: str


def parse_cases(text: str) -> frozenset[str]:
    """Read the test cases of the option.

    Raises:
        pytest.UsageError: When one of them is something else.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        names = frozenset(CaseRef.parse(part).text for part in parts)
    except BadReferenceError as exc:
        raise cannot_start([f"{OPTION}: {exc.what}; {_FORMS}"]) from exc
    if not names:
        raise cannot_start([f"{OPTION} is empty; {_FORMS}"])
    return names


_LONGEST = 60
_FORMS = "use planned, not-passed, or test cases, such as PUMP-TC-12,PUMP-TC-13"


class _Troubles(Observer):
    """Says once that the server does not answer: until it is given up, nothing else is shown.

    Args:
        server: Its address.
        say: Shows it.
    """

    def __init__(self, server: str, say: Callable[[str], None]) -> None:
        self._server = server
        self._say = say
        self._is_said = False

    def retried(self, retry: Retry) -> None:
        """Say it when the server is out of reach, or a request has failed several times."""
        why = "" if self._is_said else describe_trouble(self._server, retry)
        if why:
            self._is_said = True
            self._say(why)


class CaseSelection:
    """Deselects the tests of all other cases.

    Args:
        config: The session.
        settings: All settings.
        id_of: Returns the ID that a test had when it was collected.
    """

    def __init__(
        self, config: pytest.Config, settings: Settings, id_of: Callable[[pytest.Item], str]
    ) -> None:
        self._config = config
        self._settings = settings
        self._id_of = id_of
        self._wanted: str = config.getoption(OPTION).strip()
        self._chosen: Chosen | None = None
        self._markers = MarkerReader()
        self._extensions = Extensions(settings, errors=ErrorLog())  # the reporter tells of these
        self._is_worker = hasattr(config, "workerinput")
        if self._wanted.lower() not in _BY_STATUS:
            names = parse_cases(self._wanted)
            self._chosen = Chosen(names, _told(sorted(names)))
        elif not self._is_worker and config.getoption("--jama-no-upload"):
            what = f"{OPTION}={self._wanted} asks Jama, which --jama-no-upload forbids"
            raise cannot_start([f"{what}; name the test cases, or leave one of them out"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Find out which cases are wanted, before the journal is opened and workers start."""
        plugins = self._config.pluginmanager.get_plugins()
        self._extensions.register(*(plugin for plugin in plugins if has_hooks(plugin)))
        if self._is_worker:
            names, told = self._config.workerinput[_FOR_WORKERS]  # type: ignore[attr-defined]
            self._chosen = Chosen(frozenset(names), told)
        elif self._chosen is None:
            self._chosen = self._ask()

    def _ask(self) -> Chosen:
        from pytest_jama.targets.jama.cycle_search import choose_cases  # noqa: PLC0415 (requests)

        is_open = _BY_STATUS[self._wanted.lower()]
        try:
            names, told = choose_cases(
                self._settings,
                only_not_passed=is_open,
                observer=_Troubles(self._settings.url, self._say),
            )
        except PytestJamaError as error:
            hidden = (self._settings.redactor.hide_certain(line) for line in error.lines)
            raise cannot_start(f"{OPTION}={self._wanted}: {line}" for line in hidden) from error
        return Chosen(names, told)

    def _say(self, text: str) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            hidden = self._settings.redactor.hide_certain(text)
            terminal.write_line(printable(f"jama: {hidden}"))

    def pytest_report_header(self) -> str:
        """Say which tests run."""
        return f"jama: {self._said()}"

    def _said(self) -> str:
        told = self._chosen.told if self._chosen else ""
        is_long = self._wanted.lower() not in _BY_STATUS
        text = f"{OPTION}{'' if is_long else f'={self._wanted}'}: only tests of {told}"
        return printable(self._settings.redactor.hide_certain(text))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist which cases these are."""
        chosen = self._chosen or Chosen(frozenset(), "")
        node.workerinput[_FOR_WORKERS] = (sorted(chosen.names), chosen.told)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Deselect the tests of other cases, after ``-k`` and ``-m``."""
        chosen = self._chosen or Chosen(frozenset(), "")
        kept: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in items:
            names = {link.case_ref.text for link in self._links_of(item)}
            (others if names.isdisjoint(chosen.names) else kept).append(item)
        if items and not kept:
            self._refuse(f"none of {counted(len(items), 'test')} belongs to {chosen.told}")
        if others:
            items[:] = kept
            config.hook.pytest_deselected(items=others)

    def _links_of(self, item: pytest.Item) -> Iterable[CaseLink]:
        links = self._markers.read(item).links
        if not links:
            links = self._extensions.find_links(TestResult(self._id_of(item), Outcome.NOT_REACHED))
        return without_none(links)

    def _refuse(self, what: str) -> None:
        remedy = "look at the markers and the map, or select others"
        mistake = f"{OPTION}={shorten(self._wanted, at_most=_LONGEST)}: {what}; {remedy}"
        self._config.hook.pytest_collectreport(report=report_mistakes([mistake]))
        if not self._is_worker:  # it has only told the controller
            raise cannot_start([mistake])

    def tell(
        self,
        collected: Mapping[Outcome, Mapping[str, Iterable[CaseLink]]],
        *,
        options: Sequence[DeselectingOption],
    ) -> str:
        """Say what was selected, for the summary.

        Args:
            collected: The tests by what they count as unless they run, with their links.
            options: All that deselect tests in this session; of several each is named.
        """
        left = len(collected[Outcome.DESELECTED])
        how = f"{counted(left, 'test')} deselected"
        how = describe_deselected(left, options) if len(options) > 1 else how
        text = f"{self._said()}; {how}"
        if self._wanted.lower() in _BY_STATUS or self._chosen is None:
            return text
        selected = collected[Outcome.NOT_REACHED].values()
        there = {link.case_ref.text for links in selected for link in links}
        missing = sorted(self._chosen.names - there)
        return f"{text}; none of {_told(missing)}" if missing else text


def _told(names: Sequence[str]) -> str:
    """Name test cases; of many the first ones, and how many there are."""
    named = f"{counted(len(names), 'test case')} ({', '.join(names[:_TOLD])}"
    return f"{named}{', ...' if len(names) > _TOLD else ''})"


_TOLD = 5


def start_selection(
    config: pytest.Config,
    loaded: LoadedSettings[SharedSettings] | None,
    id_of: Callable[[pytest.Item], str],
) -> None:
    """Start the selection that the command line asks for.

    Args:
        config: The session.
        loaded: The settings; None to load them.
        id_of: Returns the ID that a test had when it was collected.

    Raises:
        pytest.UsageError: When it asks for something that there is not.
    """
    settings = cast("Settings", (loaded or load(config, JAMA)).settings)
    config.pluginmanager.register(CaseSelection(config, settings, id_of), PLUGIN)
