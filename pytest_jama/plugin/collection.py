"""Where tests are: what was collected, and which cases it names.

Runs in the process that runs the tests: pytest itself, or each worker of pytest-xdist. It does no
input or output. What it finds reaches the controlling process as one plain dict, from a worker on
its first report (`report.pytest_jama`), and in `item.user_properties`, which ``--junitxml`` writes
too.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.cases import text_of
from pytest_jama.core.properties import MARKERS
from pytest_jama.plugin.coverage import address_of, may_hold_tests
from pytest_jama.plugin.guard import Guarded, guarded
from pytest_jama.plugin.markers import MarkerReader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from pytest_jama.core.cases import CaseLink
    from pytest_jama.core.errors import ErrorLog
    from pytest_jama.core.redaction import Redactor
    from pytest_jama.plugin.attempts import FilePlace


CollectedPlain = dict[str, Any]
"""What was collected, in lists and strings, as pytest-xdist can send it: pairs of test ID and links
as text, under the name of the `Outcome` that the test has unless it runs (``NOT_REACHED`` when it
was selected, else ``DESELECTED``); under ``renamed`` the test ID of each node ID that differs from
it, and under ``ambiguous`` those of each node ID that tests of several files have, by the file that
reports name; under ``missed`` what was seen and not collected, with a ``/`` behind folders, and
under ``roots`` where collecting began."""


class CollectedTests(Guarded):
    """Reads the markers and notices what was deselected.

    Args:
        errors: Told of errors in our hooks.
        pass_on: Takes what was collected, once, and what the texts in there mean, which only this
            process knows.
    """

    def __init__(
        self,
        errors: ErrorLog,
        pass_on: Callable[[CollectedPlain, Mapping[str, tuple[CaseLink, ...]]], object],
    ) -> None:
        super().__init__(errors)
        self.files: FilePlace | None = None
        """Where the files of tests are kept, and what is hidden in them."""
        self.redactor: Redactor | None = None
        """Hides secrets in them; None in workers of xdist."""
        self.on_test: Callable[[pytest.Item, str], object] | None = None
        """Told of each test under its ID, also of those that are left out."""
        self._pass_on = pass_on
        self._markers = MarkerReader()
        self._known: dict[int, tuple[str, pytest.Item]] = {}
        self._listed: dict[str, None] = {}
        self._collected: set[str] = set()
        self._roots: dict[str, None] = {}
        self._links: dict[str, tuple[CaseLink, ...]] = {}

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_make_collect_report(
        self,
        collector: pytest.Collector,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """See what there is, also what an argument on the command line leaves out."""
        report = yield
        if isinstance(collector, pytest.Session):
            return report
        self._collected.add(collector.nodeid)
        if isinstance(collector.parent, pytest.Session):
            self._roots[address_of(collector.path, collector.config)] = None
        for node in report.result or ():
            if isinstance(node, pytest.Item):
                self._known[id(node)] = (node.nodeid, node)
            else:
                is_folder = isinstance(node, pytest.Directory)
                self._listed[f"{node.nodeid}/" if is_folder else node.nodeid] = None
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_ignore_collect(
        self,
        collection_path: Path,
        config: pytest.Config,
    ) -> Generator[None, bool | None, bool | None]:
        """See what is ignored, unless its name says that there are no tests in it."""
        is_ignored = yield
        if is_ignored and may_hold_tests(collection_path, config):
            address = address_of(collection_path, config)
            self._listed[f"{address}/" if collection_path.is_dir() else address] = None
        return is_ignored

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests under the IDs they have before others rename or drop some.

        ``--dist loadgroup`` of pytest-xdist adds the name of the group to the IDs.
        """
        for item in items:
            if id(item) not in self._known:
                self._known[id(item)] = (item.nodeid, item)

    @pytest.hookimpl(trylast=True)
    @guarded
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the markers, after every plugin and conftest had a chance to set some."""
        mistakes: list[str] = []
        renamed: dict[str, str] = {}
        ambiguous = self._tell_apart()
        selected = []
        for item in session.items:
            node_id = item.nodeid
            test_id, _ = self._known.pop(id(item), (node_id, item))
            if test_id != node_id and node_id not in ambiguous:
                renamed[node_id] = test_id
            selected.append((test_id, self._describe(item, test_id, mistakes)))
        left_out = self._known.values()
        deselected = [
            (test_id, self._describe(item, test_id, mistakes)) for test_id, item in left_out
        ]
        self._known = {}
        if mistakes:
            session.config.hook.pytest_collectreport(report=report_mistakes(mistakes))
        self._pass_on(
            {
                "NOT_REACHED": selected,
                "DESELECTED": deselected,
                "renamed": renamed,
                "ambiguous": ambiguous,
                "missed": [
                    each for each in self._listed if each.rstrip("/") not in self._collected
                ],
                "roots": list(self._roots),
            },
            self._links,
        )
        self._links = {}

    def id_of(self, item: pytest.Item) -> str:
        """Return the ID that a test had when it was collected."""
        return self._known.get(id(item), (item.nodeid, item))[0]

    def _tell_apart(self) -> dict[str, dict[str, str]]:
        """Give tests of several files that have one node ID the paths of their files.

        That is so outside of the rootdir, where IDs are relative to the arguments.
        """
        files: dict[str, Path] = {}
        shared: set[str] = set()
        for test_id, item in self._known.values():
            file = files.setdefault(test_id, item.path)
            if file is not item.path and file != item.path:
                shared.add(test_id)
        ambiguous: dict[str, dict[str, str]] = {}
        for key, (test_id, item) in self._known.items() if shared else ():
            if test_id in shared:
                names = test_id.partition("::")[2]
                unique = f"{address_of(item.path, item.config)}::{names}"
                self._known[key] = (unique, item)
                ambiguous.setdefault(item.nodeid, {})[item.location[0]] = unique
        return ambiguous

    def _describe(self, item: pytest.Item, test_id: str, mistakes: list[str]) -> str:
        """Return the links of a test's markers as text."""
        if self.on_test is not None:
            self.on_test(item, test_id)
        links, wrong = self._markers.read(item)
        if wrong:
            place = _where(item)
            mistakes += [f"{place}: {each}; correct the marker of {test_id}" for each in wrong]
        if not links:
            return ""
        text = text_of(links)
        self._links[text] = links
        item.user_properties.insert(0, (MARKERS, text))  # a property of the test is nearer
        return text


class MarkersForFile(Guarded):
    """Writes what markers say into the file of ``--junitxml``, in a session that reports nothing.

    A marker that cannot be understood does not stop such a session. It goes into the file as it
    stands, where `junit-uploader` names it, behind the cases that the test has without it.
    """

    @pytest.hookimpl(trylast=True)
    @guarded
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the markers, after every plugin and conftest had a chance to set some."""
        markers = MarkerReader()
        for item in session.items:
            links, wrong = markers.read(item)
            texts = [text_of(links)] if links else []
            for each in wrong:
                _warn(item, f"{each}; nothing is linked to it")
                texts.append(each.marker)
            item.user_properties[:0] = [(MARKERS, text) for text in dict.fromkeys(texts)]


def _warn(item: pytest.Item, text: str) -> None:
    with contextlib.suppress(pytest.PytestWarning):  # where warnings are errors
        item.warn(pytest.PytestWarning(text))


class FirstReport(Guarded):
    """Puts what a worker of pytest-xdist collected on its first report, then unregisters itself."""

    def __init__(self, errors: ErrorLog, plugins: pytest.PytestPluginManager) -> None:
        super().__init__(errors)
        self._plugins = plugins
        self._collected: CollectedPlain | None = None

    def keep(self, collected: CollectedPlain, _: object) -> None:
        """Keep what was collected until there is a report."""
        self._collected = collected

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Put it there, before xdist sends the report."""
        report.pytest_jama = {"collected": self._collected}  # type: ignore[attr-defined]
        self._plugins.unregister(self)
        self._collected = None  # the plugin manager keeps what was registered


def report_mistakes(mistakes: list[str]) -> pytest.CollectReport:
    """Make a report that carries mistakes to the reporter, which refuses the session.

    A worker of xdist cannot refuse a session itself, and the only thing it sends before the tests
    begin are collect reports that have not passed.

    Args:
        mistakes: What is wrong, and what to do, a sentence each.
    """
    return pytest.CollectReport(
        nodeid="",
        outcome="skipped",
        longrepr=("", 0, "\n".join(mistakes)),
        result=[],
        pytest_jama=mistakes,
    )


def _where(item: pytest.Item) -> str:
    path, line, _ = item.location
    return path if line is None else f"{path}:{line + 1}"
