"""A stand-in of ALM Octane, what lies in its workspace, and a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from pytest_jama.config.octane_settings import OctaneKey, OctaneSettings
from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.targets.octane.build_making import BuildFacts
from pytest_jama.targets.octane.context import UploadContext, find_context
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.octane_client import open_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.sandbox.octane import OctaneSandbox
    from pytest_jama.targets.http.give_up import Clocks


def settings_of(server: OctaneSandbox, **given: Any) -> OctaneSettings:
    """Return settings as a loader makes them of octane.yaml, with the stand-in's own key.

    Args:
        server: The stand-in.
        given: What the file says.
    """
    key = OctaneKey(
        client_id=server.credentials.client_id,
        client_secret=SecretStr(server.credentials.client_secret),
    )
    where = {"url": server.url, "space": "1001", "workspace": "1002"}
    settings = OctaneSettings.model_validate({**where, **given})
    return settings.model_copy(update={"credentials": key})


class ContextWorld:
    """A stand-in and what the client finds there.

    Args:
        server: The stand-in.
        clocks: Time of the client.
    """

    def __init__(self, server: OctaneSandbox, clocks: Clocks) -> None:
        self.server = server
        self._clocks = clocks

    def entities(self, settings: OctaneSettings | None = None) -> Entities:
        """Return the entities of its workspace."""
        return Entities(open_client(settings or settings_of(self.server), clocks=self._clocks))

    def find(
        self,
        *,
        items: Iterable[int] = (),
        results: Iterable[TestResult] = (),
        create: bool = True,
        observer: Observer | None = None,
        **given: Any,
    ) -> UploadContext:
        """Find what settings name."""
        settings = settings_of(self.server, **given)
        entities = self.entities(settings)
        self.server.clear_requests()
        return find_context(
            entities,
            settings,
            items=items,
            facts=BuildFacts.of(results),
            create=create,
            observer=observer or Observer(),
        )

    @property
    def asked(self) -> list[str]:
        """The requests below the workspace: ``GET releases``."""
        return [
            f"{each.method} {each.path.removeprefix('/')}"
            for each in self.server.requests
            if not each.path.startswith("/authentication")
        ]


def result(test_id: str, outcome: Outcome = Outcome.PASSED, **more: Any) -> TestResult:
    """Return the result of a test that began at a known time."""
    return TestResult(test_id, outcome, **{"duration_s": 0.5, "started": 1_767_607_200.25, **more})


def map_of(items: Mapping[str, int]) -> CaseMap:
    """Return the map that octane.yaml has as `tests`, each entry in a line of its own."""
    entries = [
        MapEntry(key, (CaseLink.parse(str(item)),), line)
        for line, (key, item) in enumerate(items.items(), start=1)
    ]
    return CaseMap.build(entries)[0]
