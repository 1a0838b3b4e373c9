"""What an upload or a flow would meet at an ALM Octane, found out by reading alone.

Each probe stands alone: one that fails is an observation, and the next ones go on. Only a server
that does not let us in, or does not have the workspace, ends it.
"""

from __future__ import annotations

from http import HTTPStatus
from statistics import median
from typing import TYPE_CHECKING, Any

from pytest_jama.core.cases import RefKind
from pytest_jama.core.errors import NotUsableError, RefusedError, TargetError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.port import Observer
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.login import DateWatch
from pytest_jama.targets.http.request import Request
from pytest_jama.targets.octane.build_making import BuildFacts
from pytest_jama.targets.octane.context import find_context
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.flows import READING
from pytest_jama.targets.octane.workspace import SPACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.targets.octane.octane_client import OctaneClient

    Tell = Callable[[Observation], None]

VERSION_PATH = "/admin/server/version"

_FOR_UPLOADS = (
    *("automated_runs", "automated_tests", "previous_runs", "releases", "milestones"),
    *("product_areas", "test_suites", "work_items", "ci_servers", "pipelines", "ci_builds"),
)
"""What an upload reads, to find what settings name and to compare what it sent."""

_FOR_FLOWS = (
    *dict.fromkeys(flow.collection for flow in READING if "/" not in flow.collection),
    *("manual_tests", "gherkin_tests", "tests", "manual_runs", "suite_run", "run_steps"),
    *("tasks", "attachments", "list_nodes", "phases", "sprints", "user_tags", "workspace_users"),
)
"""What the flows read besides."""

_LARGEST_DIFFERENCE_S = 60
_REQUESTS_OF_UPLOAD = 8
"""So many requests an upload takes, about: names, one document, three looks at its task."""


class OctaneCheck:
    """Reads what an upload would meet.

    Args:
        client: Asks the server.
        settings: Where an upload would go.
        tell: Told each observation at once.
    """

    def __init__(self, client: OctaneClient, settings: OctaneSettings, tell: Tell) -> None:
        self._client = client
        self._settings = settings
        self._tell = tell
        self._entities = Entities(client)
        self._times_s: list[float] = []

    def run(self) -> bool:
        """Make all probes, in the order in which an upload meets them.

        Returns:
            Whether the server answers and lets us in.
        """
        watch = DateWatch(lambda: self._client.connection.now_s)
        self._see_server(watch)
        if not self._sign_in():
            return False
        if self._find_workspace():
            for probe in (self._results, self._rights, self._names):
                for observation in probe():
                    self._tell(observation)
        self._tell(self._clock(watch))
        self._tell(self._pace())
        return True

    def _see_server(self, watch: DateWatch) -> None:
        """Ask without a login, for the date that the server sends with its answer."""
        try:
            self._client.connection.attempt(Request("GET", VERSION_PATH, login=watch))
        except (TargetError, TransientError):
            return  # signing in tells what is wrong, if anything is

    def _sign_in(self) -> bool:
        url = self._client.url
        try:
            answer = self._ask(f"/{VERSION_PATH}")
        except RefusedError as refusal:
            text = f"{url} lets us in and does not tell its version: {refusal}"
            self._tell(Observation("sign-in", Mark.NOTE, text, _refused(refusal)))
            return True
        except TargetError as error:
            facts = {"refused": str(error)}
            self._tell(Observation("sign-in", Mark.PROBLEM, str(error), facts))
            return False
        version = _text(answer.get("display_version")) or _text(answer.get("version"))
        text = f"{url} lets us in; its version is {version or 'not told'}"
        facts = {"version": version, "by": getattr(self._settings.credentials, "kind", "")}
        self._tell(Observation("sign-in", Mark.OK, text, facts))
        return True

    def _find_workspace(self) -> bool:
        try:
            found = self._client.workspace
        except TargetError as error:
            text, facts = str(error), {"found": False}
            self._tell(Observation("workspace", Mark.PROBLEM, text, facts))
            return False
        for name, entity_id, path in (
            ("space", found.space_id, SPACES),
            ("workspace", found.workspace_id, f"{SPACES}/{found.space_id}/workspaces"),
        ):
            observation = self._place(name, entity_id, path)
            self._tell(observation)
            if observation.mark is Mark.PROBLEM:
                return False
        return True

    def _place(self, name: str, entity_id: str, path: str) -> Observation:
        """Say whether a space or a workspace is among those that we may see."""
        try:
            rows = _rows(self._ask(f"/{path}", fields="name"))
        except TargetError as error:
            text = f"{entity_id} is taken as it is: {error}"
            return Observation(name, Mark.NOTE, text, {"id": entity_id, "found": None})
        names = {str(row.get("id")): _text(row.get("name")) for row in rows}
        facts = {"id": entity_id, "found": entity_id in names, "seen": len(names)}
        if entity_id in names:
            text = f"{quoted(names[entity_id])} is there (ID {entity_id})"
            return Observation(name, Mark.OK, text, facts)
        seen = ", ".join(sorted(names)) or "none"
        text = f"there is not a {name} {entity_id} that we may see; there are {seen}"
        return Observation(name, Mark.PROBLEM, text, facts)

    def _results(self) -> Iterator[Observation]:
        """Say whether results may be handed in: whoever may not cannot ask for a task, either."""
        try:
            self._ask("/test-results/1")
        except RefusedError as refusal:
            facts = _refused(refusal)
            if refusal.http_status == HTTPStatus.FORBIDDEN:
                remedy = "the role `CI/CD Integration` is needed"
                text = f"{refusal}; {remedy}"
                yield Observation("results", Mark.PROBLEM, text, facts)
                return
            if refusal.http_status != HTTPStatus.NOT_FOUND:
                yield Observation("results", Mark.NOTE, str(refusal), facts)
                return
        except TargetError as error:
            yield Observation("results", Mark.PROBLEM, str(error))
            return
        yield Observation("results", Mark.OK, "we may ask for tasks of results")

    def _rights(self) -> Iterator[Observation]:
        yield self._readable("uploads", _FOR_UPLOADS, Mark.PROBLEM)
        others = tuple(each for each in _FOR_FLOWS if each not in _FOR_UPLOADS)
        yield self._readable("flows", others, Mark.NOTE)

    def _readable(self, purpose: str, collections: Sequence[str], mark: Mark) -> Observation:
        """Say which collections may not be read."""
        answers = {each: self._why_unreadable(each) for each in collections}
        refused = {each: why for each, why in answers.items() if why}
        name = f"rights: {purpose}"
        facts = {"read": len(collections) - len(refused), "refused": refused}
        if not refused:
            text = f"all {len(collections)} collections may be read"
            return Observation(name, Mark.OK, text, facts)
        told = ", ".join(f"{each} ({why})" for each, why in refused.items())
        text = f"{counted(len(refused), 'collection')} may not be read: {told}"
        return Observation(name, mark, text, facts)

    def _why_unreadable(self, collection: str) -> str:
        try:
            self._ask(f"/{collection}", fields="id", limit=1)
        except RefusedError as refusal:
            return str(refusal.http_status)
        except TargetError as error:
            return str(error)
        return ""

    def _names(self) -> Iterator[Observation]:
        """Say whether what the settings name is there."""
        settings = self._settings
        links = [link for _, entry in settings.tests.items() for link in entry.links]
        refs = [link.case_ref for link in links]
        items = {int(ref.text) for ref in refs if ref.kind is RefKind.API_ID}
        facts = BuildFacts(0, 0, "success")
        try:
            found = find_context(
                self._entities,
                settings,
                items=items,
                facts=facts,
                create=False,
                observer=Observer(),
            )
        except NotUsableError as error:
            for line in error.lines:
                yield Observation("names", Mark.PROBLEM, line, {"found": False})
            return
        except TargetError as error:
            yield Observation("names", Mark.PROBLEM, str(error))
            return
        for place in found.places:
            if place.kind not in ("workspace", "modules"):
                told = f" (ID {place.place_id})" if place.place_id else ""
                text = f"{quoted(place.name)} is what results go to{told}"
                yield Observation(place.kind, Mark.OK, text, {"id": place.place_id})
        for text in (*found.warnings, *(f"an upload would {each}" for each in found.changes)):
            yield Observation("names", Mark.NOTE, text)
        if settings.modules:
            text = f"{counted(len(settings.modules), 'application module')}: all there"
            yield Observation("modules", Mark.OK, text, {"count": len(settings.modules)})
        if items:
            text = f"{counted(len(items), 'backlog item')} of `tests`: all there"
            yield Observation("tests", Mark.OK, text, {"count": len(items)})

    def _clock(self, watch: DateWatch) -> Observation:
        ahead_s = watch.ahead_s
        facts = {"server_ahead_s": ahead_s}
        if ahead_s is None:
            text = "the server does not send its time"
            return Observation("clock", Mark.NOTE, text, facts)
        way = "ahead of" if ahead_s > 0 else "behind"
        text = f"the clock of the server is {abs(ahead_s):.0f} s {way} this one"
        if abs(ahead_s) > _LARGEST_DIFFERENCE_S:
            text += "; `--since` and the start of runs count by it"
            return Observation("clock", Mark.NOTE, text, facts)
        return Observation("clock", Mark.OK, text, facts)

    def _pace(self) -> Observation:
        middle_s = median(self._times_s) if self._times_s else 0.0
        upload_s = middle_s * _REQUESTS_OF_UPLOAD
        text = (
            f"a request takes {middle_s * 1000:.0f} ms; an upload takes about "
            f"{_REQUESTS_OF_UPLOAD} of them, {upload_s:.1f} s, and what the server needs for it"
        )
        facts = {"median_ms": round(middle_s * 1000, 1), "requests": len(self._times_s)}
        return Observation("pace", Mark.OK, text, facts)

    def _ask(self, path: str, **params: str | int) -> Mapping[str, Any]:
        clock = self._client.connection.clock
        started_at = clock()
        is_entity = not path.startswith(("//", "/test-results"))
        answer = self._client.request(
            "GET", path, params=tuple(params.items()), is_entity=is_entity
        )
        self._times_s.append(clock() - started_at)
        return answer if isinstance(answer, dict) else {}


def _rows(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = answer.get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _refused(refusal: RefusedError) -> Mapping[str, Any]:
    return {"status": refusal.http_status, "refused": refusal.words or str(refusal)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
