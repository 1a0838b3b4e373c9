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

from pytest_jama.core.cases import (
    NO_CASE,
    CaseLink,
    CaseRef,
    is_none,
    parse_links,
    parse_step,
)
from pytest_jama.core.properties import MARKERS
from pytest_jama.plugin.coverage import address_of, may_hold_tests
from pytest_jama.plugin.guard import Guarded, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_jama.core.errors import ErrorLog


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
            session.config.hook.pytest_collectreport(report=_report_mistakes(mistakes))
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
        try:
            links = self._markers.read(item)
        except MarkerError as exc:
            mistakes.append(f"{_where(item)}: {exc}; correct the marker of {test_id}")
            return ""
        if not links:
            return ""
        text = ",".join(map(str, links))
        self._links[text] = links
        item.user_properties.append((MARKERS, text))
        return text


class MarkersForFile(Guarded):
    """Writes what markers say into the file of ``--junitxml``, in a session that reports nothing.

    A marker that cannot be understood does not stop such a session. It goes into the file as it
    stands, where `junit-uploader` names it.
    """

    @pytest.hookimpl(trylast=True)
    @guarded
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the markers, after every plugin and conftest had a chance to set some."""
        markers = MarkerReader()
        for item in session.items:
            try:
                text = ",".join(map(str, markers.read(item)))
            except MarkerError as exc:
                text = exc.marker
                _warn(item, f"{exc}; nothing is linked to it")
            if text:
                item.user_properties.append((MARKERS, text))


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


def _report_mistakes(mistakes: list[str]) -> pytest.CollectReport:
    """Make a report that carries mistakes to the reporter, which refuses the session.

    A worker of xdist cannot refuse a session itself, and the only thing it sends before the tests
    begin are collect reports that have not passed.
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


class MarkerError(ValueError):
    """A ``jama`` marker that cannot be understood.

    Args:
        mark: The marker.
        why: What is wrong with it.
    """

    def __init__(self, mark: pytest.Mark, why: str) -> None:
        self.marker = _text(mark)
        super().__init__(f"{self.marker}: {why}")


class MarkerReader:
    """Reads the links of tests; what a class, module or package says is read once for all tests."""

    def __init__(self) -> None:
        self._inherited: dict[pytest.Collector, tuple[CaseLink, ...]] = {}

    def read(self, item: pytest.Item) -> tuple[CaseLink, ...]:
        """Return the links of a test that its markers declare.

        Several markers at the same place count together; nearer places win: a `pytest.param`, then
        the function, the class (before the classes it inherits from), the module, the package.

        Raises:
            MarkerError: When the nearest marker has no usable case reference or step.
        """
        callspec = getattr(item, "callspec", None)
        own = _links_of(callspec.marks) if callspec is not None else ()
        return own or _links_of(item.own_markers) or self._inherit(item.parent)

    def _inherit(self, node: Any) -> tuple[CaseLink, ...]:
        if node is None:
            return ()
        links = self._inherited.get(node)
        if links is None:
            links = next(filter(None, map(_links_of, _marks_of(node))), ())
            links = self._inherited[node] = links or self._inherit(node.parent)
        return links


def _marks_of(node: Any) -> Iterator[Sequence[pytest.Mark]]:
    if isinstance(node, pytest.Class):
        yield from _marks_of_class(node)
    yield node.own_markers


def _links_of(marks: Sequence[pytest.Mark]) -> tuple[CaseLink, ...]:
    """Return the links of all markers of one place."""
    if not marks:
        return ()
    links = [link for mark in marks if mark.name.startswith("jama") for link in _read(mark)]
    return tuple(dict.fromkeys(links)) if len(links) > 1 else tuple(links)


def _marks_of_class(node: pytest.Class) -> Iterator[Sequence[pytest.Mark]]:
    """Yield the marks of a class, then of each of its bases: pytest itself mixes them."""
    for cls in node.obj.__mro__:
        marks: Any = vars(cls).get("pytestmark", ())
        listed = marks if isinstance(marks, (list, tuple)) else [marks]
        yield [mark.mark if isinstance(mark, pytest.MarkDecorator) else mark for mark in listed]


def _read(mark: pytest.Mark) -> Iterator[CaseLink]:
    if mark.name != "jama":
        yield from _read_tag(mark)
        return
    unknown = sorted(set(mark.kwargs) - {"step"}) if mark.kwargs else ()
    if unknown:
        raise MarkerError(mark, f"unknown argument {unknown[0]!r}, only step= is known")
    if not mark.args:
        raise MarkerError(mark, "names no test case")
    if any(map(is_none, mark.args)):
        if len(mark.args) > 1 or mark.kwargs:
            raise MarkerError(mark, "None stands alone, it takes a test out of all cases")
        yield NO_CASE
        return
    try:
        step = parse_step(mark.kwargs["step"]) if "step" in mark.kwargs else None
        for value in mark.args:
            yield CaseLink(CaseRef.parse(value), step)
    except ValueError as exc:
        raise MarkerError(mark, str(exc)) from exc


def _read_tag(mark: pytest.Mark) -> Iterator[CaseLink]:
    """Read a tag of a feature file that pytest-bdd took for the name of a marker."""
    name, _, text = mark.name.partition(":")
    if name == "jama":
        try:
            yield from parse_links(text)
        except ValueError as exc:
            raise MarkerError(mark, str(exc)) from exc


def _text(mark: pytest.Mark) -> str:
    if mark.name != "jama":
        return f"@{mark.name}"
    arguments = [*map(repr, mark.args), *(f"{key}={value!r}" for key, value in mark.kwargs.items())]
    return f"@pytest.mark.jama({', '.join(arguments)})"
