"""What an octane.yaml refers to comes into being in a stand-in of ALM Octane."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pytest_jama.core.errors import Problem, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config.octane_settings import BuildSettings, OctaneSettings
    from pytest_jama.sandbox.octane.workspace_store import OctaneStore

_ID = re.compile(r"(?:id:)?([0-9]{1,15})", re.ASCII)
_NAME = "name:"
_DEFAULT_RELEASE = "_default_"
_USED = frozenset({"release", "milestone", "modules", "suite", "tests"})
"""Settings without which there is nothing to make; others may name variables that are not set."""
_START_MS = 1_767_600_000_000


def seed_workspace_of(store: OctaneStore, file: Path) -> None:
    """Make release, milestone, modules, suite, backlog items, and the CI job of a settings file.

    What is there already, in a database that was kept, stays as it is.

    Raises:
        SettingsError: The file is wrong, or two of its references want the same ID.
    """
    settings = _load(file)
    named = [
        ("releases", settings.release if settings.release != _DEFAULT_RELEASE else None),
        ("milestones", settings.milestone),
        ("test_suites", settings.suite and settings.suite.name),
        *(("product_areas", module) for module in settings.modules),
        *(("stories", f"id:{link.case_ref.text}") for link in settings.tests.links()),
    ]
    wanted = [(collection, reference) for collection, reference in named if reference]
    # IDs first: what has only a name gets the next one that is free.
    for collection, reference in sorted(wanted, key=lambda pair: not _ID.fullmatch(pair[1])):
        _seed_one(store, collection, reference, str(file))
    if settings.build is not None and not settings.build.create:
        _seed_build(store, settings.build)


def _load(file: Path) -> OctaneSettings:
    from pytest_jama.config import load_settings  # noqa: PLC0415 (pydantic)
    from pytest_jama.config.kinds import OCTANE  # noqa: PLC0415
    from pytest_jama.config.octane_settings import OctaneSettings  # noqa: PLC0415

    return load_settings(
        start=file.parent,
        file=file,
        flags={},
        environ=os.environ,
        needs_target=False,
        unused=OctaneSettings.model_fields.keys() - _USED,
        kind=OCTANE,
    ).settings


def _seed_one(store: OctaneStore, collection: str, reference: str, origin: str) -> None:
    """Make what a reference names; a number alone may be its ID or its name, and becomes both."""
    kind = collection.replace("_", " ")
    match = _ID.fullmatch(reference)
    if match is None:
        name = reference.removeprefix(_NAME)
        if store.find(collection, name=name) is None:
            store.add(collection, name=name)
        return
    number = int(match[1])
    if store.has(collection, number):
        return
    holder = store.holder_of(number)
    if holder is not None:
        problem = Problem(
            f"{kind} cannot have the ID {number}: a {holder} has it",
            remedy="give each thing an ID of its own",
            origin=origin,
        )
        raise SettingsError(problem)
    is_bare = reference == match[1]
    store.add(collection, number=number, name=match[1] if is_bare else f"{kind} {number}")


def _seed_build(store: OctaneStore, build: BuildSettings) -> None:
    """Make server, pipeline and build known, as a CI plugin would."""
    if store.find("ci_servers", instance_id=build.server) is None:
        store.add("ci_servers", name=build.server, instance_id=build.server)
    server = store.find("ci_servers", instance_id=build.server) or ""
    if store.find("pipelines", root_job_ci_id=build.job, ci_server=int(server)) is None:
        store.create(
            "pipelines",
            name=f"{build.job} of {build.server}",
            root_job_ci_id=build.job,
            ci_server=server,
            jobs=[{"jobCiId": build.job, "name": build.job}],
        )
    store.report_build(
        serverCiId=build.server,
        jobCiId=build.job,
        buildCiId=build.id,
        startTime=_START_MS,
        status="running",
    )
