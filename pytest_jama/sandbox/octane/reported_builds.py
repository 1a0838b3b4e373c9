"""CI servers, jobs and builds: what a document ties its runs to, and how a build is told of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_tables import Entity, NewEntity
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.taking_results import BuildFound

if TYPE_CHECKING:
    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs

_TEXTS = ("serverCiId", "jobCiId", "buildCiId")
_NUMBERS = ("startTime", "duration")
_WORDS = {
    "status": ("queued", "running", "finished"),
    "result": ("success", "failure", "unstable", "aborted", "unavailable"),
}
_KNOWN = frozenset(
    {*_TEXTS, *_NUMBERS, *_WORDS, "buildName", "causes", "parameters", "estimatedDuration"}
)


def report_build(tables: EntityTables, knobs: OctaneKnobs, body: Json) -> None:
    """Take word of a build; it shows after the delay that the knobs say.

    Raises:
        OctaneRefusedError: 400 for a body that is not one, 404 for an unknown server or job.
    """
    _check(body)
    server = tables.named("ci_servers", instance_id=body["serverCiId"])
    if server is None:
        raise OctaneRefusedError(
            404, f"there is no CI server with the instance id {body['serverCiId']!r}"
        )
    job = find_job(tables, server.pk, body["jobCiId"])
    if job is None:
        raise OctaneRefusedError(
            404, f"no pipeline of this CI server has the job {body['jobCiId']!r}"
        )
    fields = {
        "name": body.get("buildName") or body["buildCiId"],
        "ci_id": body["buildCiId"],
        "build_ci_id": body["buildCiId"],
        "ci_server": server.pk,
        "ci_job": job.pk,
        "start_time": body["startTime"],
        "duration": body.get("duration"),
        "status": body["status"],
        "result": body.get("result"),
    }
    known = tables.by_keys([_key(server.pk, job.pk, body["buildCiId"])])
    for entity in known.values():
        tables.replace(entity.pk, {**entity.fields, **fields})
    if not known:
        row = {
            "server": server.pk,
            "job": job.pk,
            "build": body["buildCiId"],
            "looks": knobs.build_look_count,
            "from_s": tables.clock() + knobs.build_delay_s,
            "fields": json.dumps(fields),
        }
        tables.database.insert("waiting_builds", row, conflict="REPLACE")


def _check(body: Json) -> None:
    unknown = [name for name in body if name not in _KNOWN]
    if unknown:
        raise OctaneRefusedError(400, f"a build has no field {unknown[0]!r}")
    for name in _TEXTS:
        if not isinstance(body.get(name), str) or not body[name]:
            raise OctaneRefusedError(400, f"a build needs {name}, a text")
    for name in _NUMBERS:
        value = body.get(name, 0 if name == "duration" else None)
        if isinstance(value, bool) or not isinstance(value, int):
            raise OctaneRefusedError(400, f"{name} of a build is a whole number of milliseconds")
    for name, words in _WORDS.items():
        if body.get(name, words[0] if name == "result" else None) not in words:
            raise OctaneRefusedError(400, f"{name} of a build is one of {', '.join(words)}")
    causes = body.get("causes", [])
    if not isinstance(causes, list) or not all(isinstance(each, Mapping) for each in causes):
        raise OctaneRefusedError(400, 'causes of a build is [{"jobCiId", "buildCiId"}]')


def look_for_builds(tables: EntityTables) -> None:
    """Let waiting builds show whose time has come; every call is one look."""
    database = tables.database
    if not database.number("SELECT count(*) FROM waiting_builds"):
        return
    due = database.all(
        "SELECT * FROM waiting_builds WHERE looks <= 0 AND from_s <= ?", (tables.clock(),)
    )
    for row in due:
        key = _key(row["server"], row["job"], row["build"])
        tables.insert([NewEntity(type="ci_build", key=key, fields=json.loads(row["fields"]))])
        keys = {name: row[name] for name in ("server", "job", "build")}
        database.delete("waiting_builds", **keys)
    database.execute("UPDATE waiting_builds SET looks = looks - 1")


def find_job(tables: EntityTables, server: int, ci_id: str) -> Entity | None:
    """Return the job of a CI server by its own id, or None."""
    return tables.named("ci_jobs", ci_id=ci_id, ci_server=server)


def find_build(tables: EntityTables, attributes: Mapping[str, str]) -> BuildFound | None:
    """Return what the `build` of a document names; None if any of it is not known yet."""
    look_for_builds(tables)
    server = tables.named("ci_servers", instance_id=attributes["server_id"])
    job = server and find_job(tables, server.pk, attributes["job_id"])
    if server is None or job is None:
        return None
    key = _key(server.pk, job.pk, attributes["build_id"])
    build: Any = tables.by_keys([key]).get(key)
    return None if build is None else BuildFound(server=server.pk, job=job, build=build)


def _key(server: int, job: int, build: str) -> str:
    return f"build:{server}:{job}:{build}"
