"""What the settings name, as the server knows it: names become IDs before anything is sent.

All that is wrong is told at once: the server would refuse the results of a whole session for one
release that it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.case_map import say_line
from pytest_jama.core.cases import RefKind
from pytest_jama.core.errors import NotUsableError
from pytest_jama.core.plan import Place
from pytest_jama.targets.octane.build_making import BuildMaker
from pytest_jama.targets.octane.document_head import BuildIds, DocumentHead, SuiteRef
from pytest_jama.targets.octane.reference_search import ReferenceSearch
from pytest_jama.targets.octane.references import MILESTONE, MODULE, RELEASE, SUITE, Referent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.config.octane_settings import OctaneSettings
    from pytest_jama.core.plan import Change
    from pytest_jama.core.port import Observer
    from pytest_jama.core.results import TestResult
    from pytest_jama.targets.octane.build_making import BuildFacts
    from pytest_jama.targets.octane.entities import Entities

DEFAULT_RELEASE = "_default_"
"""Names the workspace's default release in a document. Source: vendor's help."""


class UploadContext(NamedTuple):
    """Where the results of a session go.

    Attributes:
        head: What the documents say of all runs.
        places: What the summary shows.
        changes: What was made on the way, or would be.
        warnings: Sentences about what did not stop us.
    """

    head: DocumentHead
    places: tuple[Place, ...] = ()
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


def find_context(
    entities: Entities,
    settings: OctaneSettings,
    *,
    items: Iterable[int],
    facts: BuildFacts,
    create: bool,
    observer: Observer,
) -> UploadContext:
    """Find all that the settings refer to; make the build where that is asked for.

    Args:
        entities: The workspace.
        settings: What they say.
        items: The backlog items that tests cover.
        facts: What the session says of its build.
        create: False makes nothing; the changes then say what would be made.
        observer: Told each change as soon as it is made.

    Raises:
        NotUsableError: When something is missing or ambiguous; it tells all that is.
        TargetError: When the server cannot be used.
    """
    search = ReferenceSearch(entities, leaves_out=settings.skip_errors)
    found = _Referents(
        release=search.find(RELEASE, _named_release(settings)),
        milestone=search.find(MILESTONE, settings.milestone),
        modules=search.find_all(MODULE, settings.modules),
        suite=search.find(SUITE, settings.suite.name if settings.suite else None),
    )
    search.check_items(items, _lines_of(settings))
    if search.mistakes:
        raise NotUsableError(*search.mistakes)
    head = _head_of(settings, found)
    maker = BuildMaker(entities, head.build, observer=observer) if head.build else None
    if maker and settings.build and settings.build.create:
        maker.make(facts, page=head.report_url, create=create)
    elif maker:
        maker.look()
    return UploadContext(
        head,
        tuple(_places(entities, head, found)),
        tuple(maker.changes if maker else ()),
        (*search.warnings, *(maker.warnings if maker else ())),
    )


def items_of(results: Iterable[TestResult]) -> set[int]:
    """Return the IDs of the backlog items that tests of a session cover."""
    return {
        int(link.case_ref.text)
        for result in results
        for link in result.links
        if link.case_ref.kind is RefKind.API_ID
    }


class _Referents(NamedTuple):
    """What the settings refer to."""

    release: Referent | None
    milestone: Referent | None
    modules: list[Referent]
    suite: Referent | None


def _named_release(settings: OctaneSettings) -> str | None:
    return None if settings.release == DEFAULT_RELEASE else settings.release


def _head_of(settings: OctaneSettings, found: _Referents) -> DocumentHead:
    build, suite = settings.build, settings.suite
    run = (suite.run if suite else None) or ""
    return DocumentHead(
        build=BuildIds(build.server, build.job, build.id) if build else None,
        suite=SuiteRef(found.suite.entity_id, run) if found.suite else None,
        release=found.release.entity_id if found.release else None,
        release_name=DEFAULT_RELEASE if settings.release == DEFAULT_RELEASE else "",
        milestone=found.milestone.entity_id if found.milestone else None,
        modules=tuple(each.entity_id for each in found.modules),
        fields=tuple(settings.fields.items()),
        environment=tuple(settings.environment.items()),
        report_url=settings.report_url or "",
    )


def _places(entities: Entities, head: DocumentHead, found: _Referents) -> Iterator[Place]:
    """Yield what the summary shows.

    Source: vendor's GitLab service, for the address of a workspace in a browser; that of a release
    or a run is not public.
    """
    client = entities.client
    workspace = client.workspace
    link = f"{client.url}/ui/?p={workspace.space_id}/{workspace.workspace_id}"
    name = f"{workspace.space_name}/{workspace.workspace_name}"
    yield Place("workspace", name, workspace.workspace_id, link)
    if head.release_name:
        yield Place("release", head.release_name, "")
    for kind, each in (
        ("release", found.release),
        ("milestone", found.milestone),
        ("suite", found.suite),
    ):
        if each:
            yield Place(kind, each.name or str(each.entity_id), each.entity_id)
    if found.modules:
        names = ", ".join(each.name or str(each.entity_id) for each in found.modules)
        ids = ", ".join(str(each.entity_id) for each in found.modules)
        yield Place("modules", names, ids)
    if head.build:
        yield Place("build", " / ".join(head.build), "")


def _lines_of(settings: OctaneSettings) -> dict[int, str]:
    """Return the line of settings file or map that first names each backlog item, in words."""
    lines: dict[int, str] = {}
    for entry in (each for _, each in settings.tests.items()):
        for link in entry.links:
            if link.case_ref.kind is RefKind.API_ID:
                line = say_line(entry.line, entry.file)
                lines.setdefault(int(link.case_ref.text), line)
    return lines
