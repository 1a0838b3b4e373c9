"""The build of a CI server that results belong to: found, or made with all that it needs.

Source: vendor's help, CI servers, pipelines and builds; a CI plugin makes all three itself.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.plan import Change, ChangeKind
from pytest_jama.core.results import FAILURES, Outcome
from pytest_jama.targets.octane.query import both, equals, refers, refers_to_id
from pytest_jama.targets.octane.references import find_id
from pytest_jama.targets.octane.written_entities import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_jama.core.port import Observer
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.document_head import BuildIds
    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.query import Statement

SERVERS = "ci_servers"
PIPELINES = "pipelines"
BUILDS = "ci_builds"
_REPORT_PATH = "/analytics/ci/builds"

_SERVER_TYPE = "pytest-jama"
"""What kind of CI server this is; any text will do."""

_LOOKS_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Pauses before each look for a new build, which a server may show half a minute late."""

_BROKEN_OFF = frozenset({Outcome.NOT_REACHED, Outcome.NOT_COLLECTED})


class BuildFacts(NamedTuple):
    """What a session says of its build.

    Attributes:
        started_ms: When its first test began, in milliseconds since 1970.
        duration_ms: How long it took till the end of its last test, in milliseconds.
        result: ``success``, ``unstable`` or ``failure``.
    """

    started_ms: int
    duration_ms: int
    result: str

    @classmethod
    def of(cls, results: Iterable[TestResult]) -> BuildFacts:
        """Return what the results of a session say of its build.

        Tests that failed make it unstable; tests that should have run and did not, a failure.

        Args:
            results: The results.
        """
        known = [each for each in results if each.outcome is not Outcome.DESELECTED]
        spans = [
            (each.started, each.started + (each.duration_s or 0.0))
            for each in known
            if each.started is not None
        ]
        started = min((start for start, _ in spans), default=0.0)
        ended = max((end for _, end in spans), default=started)
        outcomes = {each.outcome for each in known}
        result = "unstable" if outcomes & FAILURES else "success"
        result = "failure" if outcomes & _BROKEN_OFF else result
        return cls(int(started * 1000), int((ended - started) * 1000), result)


class BuildMaker:
    """Finds a build, and makes what is missing of it.

    Args:
        entities: The workspace.
        build: Its IDs.
        observer: Told what is made.

    Attributes:
        changes: What was made, or what would be.
        warnings: Sentences about what did not stop us.
    """

    def __init__(self, entities: Entities, build: BuildIds, *, observer: Observer) -> None:
        self._entities = entities
        self._build = build
        self._observer = observer
        self.changes: list[Change] = []
        self.warnings: list[str] = []

    def look(self) -> None:
        """Look whether the build is known; say what is missing if it is not.

        Raises:
            TargetError: When the server cannot be used. That builds may not be read is a warning.
        """
        build = self._build
        try:
            if self._is_shown():
                return
            if self._find(SERVERS, self._server_search) is None:
                what = f"there is no CI server with the instance ID {build.server!r}"
            else:
                what = f"there is no build named {build.build!r} of job {build.job!r} yet"
        except RefusedError as refusal:
            if refusal.http_status != HTTPStatus.FORBIDDEN:
                raise
            what = f"whether the build {build.build!r} is known cannot be read: {refusal}"
        self.warnings.append(
            f"{what}; the results are refused unless a CI plugin has told the server of it: check "
            "`build`, or let `build: {create: true}` make what is missing"
        )

    def make(self, facts: BuildFacts, *, page: str, create: bool) -> None:
        """Make the build, its job and its CI server, each if it is missing.

        Args:
            facts: What the session says of the build.
            page: The URL of a page of the CI server; may be empty.
            create: False only notes what would be made.

        Raises:
            TargetError: When the server cannot be used, or refuses one of them.
        """
        build, server = self._build, self._find(SERVERS, self._server_search)
        if server is None:
            what = f"CI server {build.server!r}"
            server = self._made(what, lambda: self._make_server(page), create=create)
        if server is None or self._find(PIPELINES, self._pipeline_search(server)) is None:
            what = f"pipeline {build.job!r}"
            self._made(what, lambda: self._make_pipeline(server or 0), create=create)
        shown = find_build(self._entities, build) if server is not None else None
        if shown is None or not shown.is_certain:  # what is told twice is there once all the same
            self._made(f"build {build.build!r}", lambda: self._report(facts), create=create)

    def _made(self, what: str, make: Callable[[], int | None], *, create: bool) -> int | None:
        """Make something and tell it; only note it where nothing is to be made."""
        change = Change(ChangeKind.CREATE, what)
        entity_id = None
        if create:
            self._observer.begins(change)
            try:
                entity_id = make()
            except RefusedError:
                self._observer.refused(change)
                raise
            self._observer.changed(change)
        self.changes.append(change)
        return entity_id

    @property
    def _server_search(self) -> Search:
        instance = self._build.server
        return Search(
            equals("instance_id", instance),
            fields="id,name,instance_id",
            is_same=lambda _, row: row.get("instance_id") == instance,
        )

    def _pipeline_search(self, server: int) -> Search:
        root = refers("root_job", equals("ci_id", self._build.job))
        return Search(both(root, refers_to_id("ci_server", server)), is_same=lambda *_: True)

    def _is_shown(self) -> bool:
        return find_build(self._entities, self._build) is not None

    def _find(self, collection: str, search: Search) -> int | None:
        (found,) = self._entities.look(collection, [{}], search)
        return find_id(found.entity_id)

    def _make_server(self, page: str) -> int | None:
        instance = self._build.server
        # an address belongs to a CI server; where there is none, a link to here does no harm
        url = _origin_of(page) or self._entities.client.url
        entity = {"instance_id": instance, "server_type": _SERVER_TYPE, "url": url}
        other = f"{instance} (workspace {self._entities.client.workspace.workspace_id})"
        return self._make_named(SERVERS, entity, (instance, other), self._server_search)

    def _make_pipeline(self, server: int) -> int | None:
        job = self._build.job
        entity = {
            "root_job_ci_id": job,
            "jobs": [{"jobCiId": job, "name": job}],
            "ci_server": {"type": "ci_server", "id": str(server)},
        }
        names = (job, f"{job} ({self._build.server})")
        return self._make_named(PIPELINES, entity, names, self._pipeline_search(server))

    def _make_named(
        self,
        collection: str,
        entity: Mapping[str, object],
        names: tuple[str, str],
        search: Search,
    ) -> int | None:
        """Make something whose name must be unique, and may be taken by something else.

        Another session may make the same just now, or this one has made it before it was killed: it
        is looked for, as long as a list may take to show it, before another name is taken.
        """
        usual, other = ({"name": name, **entity} for name in names)
        try:
            return find_id(self._entities.create_one(collection, usual, search=search))
        except RefusedError as refusal:
            if refusal.http_status != HTTPStatus.CONFLICT:
                raise
            (found,) = self._entities.look_until_there(collection, [{}], search)
        if found.entity_id:
            return find_id(found.entity_id)
        return find_id(self._entities.create_one(collection, other, search=search))

    def _report(self, facts: BuildFacts) -> None:
        """Tell the server of the build, and wait until it shows it."""
        server, job, build = self._build
        body = {
            "serverCiId": server,
            "jobCiId": job,
            "buildCiId": build,
            "buildName": build,
            "startTime": facts.started_ms,
            "duration": facts.duration_ms,
            "status": "finished",
            "result": facts.result,
        }
        client = self._entities.client
        client.request("PUT", _REPORT_PATH, body=body)
        for pause_s in _LOOKS_S:
            client.connection.sleep(pause_s)
            if self._is_shown():
                return
        waited = f"{sum(_LOOKS_S):.0f} s after it was told of it"
        self.warnings.append(f"the server does not show the build {build!r} {waited}")


class ShownBuild(NamedTuple):
    """A build that the server shows.

    Attributes:
        entity_id: The ID that the server gave it.
        is_certain: Whether it is that of the job and CI server, not only one of the same name.
    """

    entity_id: int
    is_certain: bool


def find_build(entities: Entities, build: BuildIds) -> ShownBuild | None:
    """Return a build as the server shows it; None when it does not.

    Nothing public lists the fields of builds. All entities have a name, which we give ourselves and
    which CI plugins make of the same number; where job and CI server cannot be asked for, the name
    alone counts.

    Args:
        entities: The workspace.
        build: Its IDs at the CI server.

    Raises:
        TargetError: When builds cannot be read.
    """
    named, job = equals("name", build.build), equals("ci_id", build.job)
    of_server = refers("ci_server", equals("instance_id", build.server))
    try:
        query = both(named, refers("ci_job", both(job, of_server)))
        return _find_named(entities, query, build.build, is_certain=True)
    except RefusedError as refusal:
        if refusal.http_status != HTTPStatus.BAD_REQUEST:
            raise
        return _find_named(entities, named, build.build, is_certain=False)


def _find_named(
    entities: Entities, query: Statement, name: str, *, is_certain: bool
) -> ShownBuild | None:
    for row in entities.list(BUILDS, fields="id,name", query=query):
        entity_id = find_id(row.get("id"))
        if row.get("name") == name and entity_id is not None:
            return ShownBuild(entity_id, is_certain)
    return None


def _origin_of(page: str) -> str:
    """Return scheme and host of a page; empty when there are none."""
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
