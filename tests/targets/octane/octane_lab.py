"""A workspace of a stand-in, and what the client finds there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.case_map import CaseMap, MapEntry
from pytest_jama.core.cases import CaseLink
from pytest_jama.core.port import Observer
from pytest_jama.core.results import Outcome, TestResult
from pytest_jama.targets.octane.build_making import BuildFacts
from pytest_jama.targets.octane.context import UploadContext, find_context
from pytest_jama.targets.octane.entities import Entities
from pytest_jama.targets.octane.octane_client import open_client
from tests.targets.octane.octane_world import OctaneWorld

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_jama.config.octane_settings import OctaneSettings


class OctaneLab(OctaneWorld):
    """A workspace whose entities are looked up and made."""

    def entities(self, settings: OctaneSettings | None = None) -> Entities:
        """Return the entities of its workspace."""
        client = open_client(settings or self.settings(), clocks=self.clocks)
        self.stack.callback(client.connection.close)
        return Entities(client)

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
        settings = self.settings(**given)
        entities = self.entities(settings)
        self.sandbox.clear_requests()
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
        lines = [line.replace(" /", " ") for line in self.lines]
        return [line for line in lines if " authentication/" not in line]


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
