"""What test cases say in Jama, for jama.lock: looked up as for an upload, nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pytest_jama.core.lock import LockedCase
from pytest_jama.targets.http.connection import READ_TIMEOUT_S
from pytest_jama.targets.jama.case_lookup import CaseSearch
from pytest_jama.targets.jama.case_reasons import no_such_item
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.drift import text_of_item
from pytest_jama.targets.jama.places import get_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_jama.config.models import Settings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.core.lock import Lock
    from pytest_jama.core.plan import Unresolved
    from pytest_jama.targets.jama.case_lookup import Case
    from pytest_jama.targets.jama.wire import Item


@dataclass(frozen=True, slots=True)
class ReadCases:
    """What became of references.

    Attributes:
        cases: What is to be locked of each that names a case, by the reference.
        unresolved: Those that do not.
        warnings: Ambiguous ones.
    """

    cases: Mapping[str, LockedCase] = field(default_factory=dict)
    unresolved: tuple[Unresolved, ...] = ()
    warnings: tuple[str, ...] = ()


def open_client(settings: Settings) -> JamaClient:
    """Make what reads from Jama; no request is sent yet.

    Raises:
        CredentialsError: When the settings hold no credentials.
    """
    api = open_api(settings, clocks=None, read_timeout_s=READ_TIMEOUT_S)
    return JamaClient(api, at_once=settings.upload.concurrency)


def read_cases(
    client: JamaClient,
    project: str | int,
    tests_of: Mapping[CaseRef, Iterable[str]],
    *,
    known: Lock | None = None,
    on_wait: Callable[[str], None],
) -> ReadCases:
    """Read the texts of cases.

    Args:
        client: Reads from Jama.
        project: The project, by key or ID.
        tests_of: The tests of each case.
        known: What is locked already: a version is asked for only where the text is another one,
            so that a case that was merely saved again does not change the file. A key that is gone
            means the item that it meant then.
        on_wait: Told why it takes minutes.

    Raises:
        TargetError: When the project cannot be used, or Jama does not answer.
    """
    refs = list(tests_of)
    place = get_project(client, project, refs)
    found = CaseSearch(client, place, lock=known, renews=True, on_wait=on_wait).find(refs)
    unresolved = list(found.unresolved)
    locked: dict[str, LockedCase] = {}
    new: list[Case] = []
    items = client.together([partial(_find_item, client, case) for case in found.cases])
    for case, item in zip(found.cases, items, strict=True):
        if item is None:
            unresolved.append(no_such_item(case.ref))
            continue
        now = LockedCase.of(text_of_item(item), tests=tests_of[case.ref], api_id=item.id)
        before = known.find(case.ref) if known else None
        if before is not None and before.says_the_same(now) and not before.is_another(now):
            now = now._replace(version=before.version)
        else:
            new.append(case)
        locked[case.ref.text] = now
    versions = client.together([partial(client.find_version, case.id) for case in new])
    for case, version in zip(new, versions, strict=True):
        locked[case.ref.text] = locked[case.ref.text]._replace(version=version)
    return ReadCases(locked, tuple(unresolved), tuple(found.warnings))


def _find_item(client: JamaClient, case: Case) -> Item | None:
    return case.item or client.find_item(case.id)
