"""What creating and changing certain types brings with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_tables import Entity, NewEntity
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS
from pytest_jama.sandbox.octane.octane_errors import Json, OctaneRefusedError
from pytest_jama.sandbox.octane.workspace_seeds import STATUS_OF_NATIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.entity_writes import Changes, Writes

_STATUS = "list_node.run_status."
_NATIVE = "list_node.run_native_status."


def summary_of(tables: EntityTables, native: int) -> int | None:
    """Return the list entry that a run's own status is summed up in."""
    entry = tables.many([native]).get(native)
    word = str(entry.fields["logical_name"]).removeprefix(_NATIVE) if entry else ""
    if word not in STATUS_OF_NATIVE:
        raise OctaneRefusedError(400, f"native_status cannot be entry {native}")
    return tables.listed(_STATUS + STATUS_OF_NATIVE[word])


def follow_change(tables: EntityTables, entity: Entity, changes: Changes) -> None:
    """Bring what depends on changed fields along."""
    native = changes.fields.get("native_status")
    if native is not None:
        changes.fields["status"] = summary_of(tables, native)
    if entity.type in _UNIQUE and "name" in changes.fields:
        _check_unique(tables, entity.type, changes.fields["name"], own=entity.pk)


_UNIQUE = {"ci_server": "ci_servers", "pipeline": "pipelines"}


def _check_unique(tables: EntityTables, kind: str, name: object, *, own: int | None = None) -> None:
    other = tables.named(_UNIQUE[kind], name=name) if isinstance(name, str) else None
    if other is not None and other.pk != own:
        text = f"{_UNIQUE[kind]} has an entity with the name {name!r} already"
        raise OctaneRefusedError(409, text, "platform.duplicate_entity_error")


def _unique(kind: str) -> Callable[[Writes, Json], Json]:
    def before(writes: Writes, body: Json) -> Json:
        _check_unique(writes.tables, kind, body.get("name"))
        return body

    return before


def _pipeline(writes: Writes, body: Json) -> Json:
    """Take the server by reference or by its own id; `jobs` are made afterwards.

    Source: the help shows `server_ci_id`, a client of the vendor sends `ci_server`.
    """
    _check_unique(writes.tables, "pipeline", body.get("name"))
    instance = body.pop("server_ci_id", None)
    if instance is not None:
        server = writes.tables.named("ci_servers", instance_id=str(instance))
        if server is None:
            raise OctaneRefusedError(
                400, f"there is no CI server with the instance id {instance!r}"
            )
        body["ci_server"] = {"type": "ci_server", "id": str(server.pk)}
    if body.get("ci_server") is None:
        text = "pipelines: the field ci_server is required"
        raise OctaneRefusedError(400, text, "platform.required_field_missing")
    jobs = body.pop("jobs", None)
    named = jobs if isinstance(jobs, list) else []
    if not all(map(_is_job, named)) or body.get("root_job_ci_id") not in [
        each["jobCiId"] for each in named
    ]:
        raise OctaneRefusedError(
            400, 'pipelines: jobs is [{"jobCiId", "name"}], the root job among them'
        )
    return body


def _is_job(job: object) -> bool:
    """Return whether it is `{"jobCiId": "...", "name": "..."}`; the name may be missing."""
    if not isinstance(job, dict) or not isinstance(job.get("jobCiId"), str):
        return False
    return isinstance(job.get("name", ""), str)


def _make_jobs(writes: Writes, pipeline: Entity, body: Json) -> None:
    tables, server = writes.tables, pipeline.fields["ci_server"]
    jobs = [
        NewEntity(
            type="ci_job",
            key=f"job:{server}:{each['jobCiId']}:{pipeline.pk}",
            fields={
                "name": each.get("name") or each["jobCiId"],
                "ci_id": each["jobCiId"],
                "ci_server": server,
                "pipeline": pipeline.pk,
            },
        )
        for each in body["jobs"]
    ]
    made = tables.insert(jobs, author=writes.user)
    roots = [
        pk
        for pk, job in zip(made, jobs, strict=True)
        if job.fields["ci_id"] == pipeline.fields["root_job_ci_id"]
    ]
    tables.replace(pipeline.pk, {**pipeline.fields, "root_job": roots[0]})


_TASK_OWNERS = ("story", "defect", "quality_story")


def _task(_: Writes, body: Json) -> Json:
    owners = [name for name in _TASK_OWNERS if body.get(name) is not None]
    if len(owners) != 1:
        raise OctaneRefusedError(
            400, "tasks: exactly one of story, defect and quality_story is required"
        )
    return {**body, "parent": body[owners[0]]}


def _run(writes: Writes, body: Json) -> Json:
    """Add the summary of the status; whoever starts a run runs it."""
    native = body.get("native_status")
    if isinstance(native, dict) and "id" in native:
        found = writes.tables.find(COLLECTIONS["list_nodes"], native["id"])
        if found is not None:
            entry = summary_of(writes.tables, found.pk)
            body["status"] = {"type": "list_node", "id": str(entry)}
    return {"default_run_by": {"type": "workspace_user", "id": str(writes.user)}, **body}


def _make_last(writes: Writes, run: Entity, _: Json) -> None:
    """Let a test have one newest manual run; its steps may come with it."""
    writes.tables.database.execute(
        "UPDATE entities SET is_last = (pk = ?) WHERE test = ? AND type = ?",
        (run.pk, run.test, run.type),
    )
    if writes.knobs.planned_steps == "yes" and run.type == "run_manual":
        planned = writes.tables.listed(f"{_NATIVE}planned")
        step = NewEntity(
            type="run_step",
            parent=run.pk,
            fields={"name": "Step 1", "order": 1, "result": planned},
        )
        writes.tables.insert([step], author=writes.user)


_RUN_TYPES = {"test_automated": "run_automated"}


def _fill_suite_run(writes: Writes, run: Entity, body: Json) -> None:
    """Make a planned run of each test of the suite."""
    tables = writes.tables
    _make_last(writes, run, body)
    planned = tables.listed(f"{_NATIVE}planned")
    links = tables.rows(
        "SELECT * FROM entities WHERE type = 'test_suite_link_to_test' AND parent = ? ORDER BY pk",
        (run.test,),
    )
    tests = tables.many({link.test for link in links if link.test is not None})
    shared = {
        name: run.fields[name]
        for name in ("release", "milestone", "default_run_by")
        if run.fields.get(name) is not None
    }
    for link in links:
        test = tests[link.test or 0]
        new = NewEntity(
            type=_RUN_TYPES.get(test.type, "run_manual"),
            test=test.pk,
            parent=run.pk,
            fields={
                **shared,
                "name": test.fields["name"],
                "native_status": planned,
                "status": tables.listed(f"{_STATUS}planned"),
            },
        )
        (pk,) = tables.insert([new], author=writes.user)
        _make_last(writes, tables.many([pk])[pk], {})


_COMMENT_OWNERS = ("owner_test", "owner_run", "owner_work_item", "owner_task")


def _comment(_: Writes, body: Json) -> Json:
    if sum(body.get(name) is not None for name in _COMMENT_OWNERS) != 1:
        raise OctaneRefusedError(
            400, f"comments: exactly one of {', '.join(_COMMENT_OWNERS)} is required"
        )
    return body


BEFORE_CREATION: Mapping[str, Callable[[Writes, Json], Json]] = {
    "ci_server": _unique("ci_server"),
    "pipeline": _pipeline,
    "task": _task,
    "run_manual": _run,
    "run_suite": _run,
    "comment": _comment,
}
"""By type: checks a body, and returns the one to store."""

AFTER_CREATION: Mapping[str, Callable[[Writes, Entity, Json], Any]] = {
    "pipeline": _make_jobs,
    "run_manual": _make_last,
    "run_suite": _fill_suite_run,
}
"""By type: makes what comes with a new entity; gets the body as it was sent."""
