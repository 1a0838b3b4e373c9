"""What settings say of all runs without a server: names that only it knows are refused. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.targets.octane.document_head import BuildIds, DocumentHead, SuiteRef
from pytest_jama.targets.octane.references import MILESTONE, MODULE, SUITE, Reference, ReferenceKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.config.octane_settings import OctaneSettings


def state_head(settings: OctaneSettings) -> DocumentHead:
    """Return what documents say of all runs, as far as nobody needs to be asked.

    A number is taken for an ID. The server finds a release by its name, fields and environments,
    too; whatever else is named needs its ID.

    Args:
        settings: All settings.

    Raises:
        SettingsError: With every name that needs the server.
    """
    suite, build = settings.suite, settings.build
    said = [
        *((SUITE, each) for each in _given(suite.name if suite else None)),
        *((MILESTONE, each) for each in _given(settings.milestone)),
        *((MODULE, each) for each in settings.modules),
    ]
    ids = [(kind, Reference.parse(text).entity_id) for kind, text in said]
    unknown = [
        _name_alone(kind, text)
        for (kind, text), (_, known) in zip(said, ids, strict=True)
        if not known.isdecimal()
    ]
    if unknown:
        raise SettingsError(*unknown)
    numbers = [(kind, int(known)) for kind, known in ids]
    suites, milestones, modules = (
        tuple(number for each, number in numbers if each is kind)
        for kind in (SUITE, MILESTONE, MODULE)
    )
    release = Reference.parse(settings.release) if settings.release else Reference("")
    is_id = release.entity_id.isdecimal()
    return DocumentHead(
        build=BuildIds(build.server, build.job, build.id) if build else None,
        suite=SuiteRef(suites[0], (suite.run if suite else None) or "") if suites else None,
        release=int(release.entity_id) if is_id else None,
        release_name="" if is_id else release.name,
        milestone=milestones[0] if milestones else None,
        modules=modules,
        fields=tuple(settings.fields.items()),
        environment=tuple(settings.environment.items()),
        report_url=settings.report_url or "",
    )


def _given(text: str | None) -> Iterable[str]:
    return (text,) if text else ()


def _name_alone(kind: ReferenceKind, text: str) -> Problem:
    what = f"{kind.noun} {text!r} is a name, and only the server knows its ID"
    return Problem(what, "give its ID: id:1001", f"setting {kind.setting}")
