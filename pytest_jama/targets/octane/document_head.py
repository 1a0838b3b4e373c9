"""What a document of results says of all of its runs. Pure."""

from __future__ import annotations

from typing import NamedTuple


class BuildIds(NamedTuple):
    """The build of a CI server, by the IDs that a CI plugin gives them.

    Attributes:
        server: Instance ID of the CI server.
        job: ID of the job.
        build: ID of the build.
    """

    server: str
    job: str
    build: str


class SuiteRef(NamedTuple):
    """The test suite whose suite run gathers the runs.

    Attributes:
        suite_id: Its ID.
        run: What the suite run is known by (`external_run_id`); empty for none.
    """

    suite_id: int
    run: str = ""


class DocumentHead(NamedTuple):
    """What a document says of all of its runs; names have become IDs.

    Attributes:
        build: The build.
        suite: The test suite.
        release: The ID of the release.
        release_name: The name of the release, where it is not given by its ID: ``_default_``.
        milestone: The ID of the milestone.
        modules: The IDs of the application modules.
        fields: Fields of the tests: type and name of the value, in the order of the settings.
        environment: Type and value, in the order of the settings.
        report_url: The link that the runs show; empty for none.
    """

    build: BuildIds | None = None
    suite: SuiteRef | None = None
    release: int | None = None
    release_name: str = ""
    milestone: int | None = None
    modules: tuple[int, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    report_url: str = ""
