"""What a document refers to: found, or missing and then left out or fatal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_jama.sandbox.octane.entity_types import COLLECTIONS
from pytest_jama.sandbox.octane.workspace_seeds import LISTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.sandbox.octane.entity_tables import Entity, EntityTables
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
    from pytest_jama.sandbox.octane.result_document import Element

_DEFAULT_RELEASE = "_default_"
_SINGLE: Mapping[str, tuple[str, str]] = {
    "program_ref": ("program", "programs"),
    "release_ref": ("release", "releases"),
    "milestone_ref": ("milestone", "milestones"),
}
_SEVERAL: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "backlog_items": (
        "backlog item",
        (("covered_content", "work_items"), ("covered_requirement", "requirements")),
    ),
    "product_areas": ("product area", (("product_areas", "product_areas"),)),
}


@dataclass(frozen=True, kw_only=True)
class ResultContext:
    """What the head of a document, or a single run, says of runs and tests.

    Attributes:
        run: Fields of the run.
        test: Fields of the test.
        test_links: References of the test to several, by field.
        suite: The test suite, and the id of its run elsewhere.
        taxonomies: Category and value.
        missing: What it refers to and is not there, in words.
    """

    run: dict[str, int] = field(default_factory=dict)
    test: dict[str, int] = field(default_factory=dict)
    test_links: dict[str, list[int]] = field(default_factory=dict)
    suite: tuple[Entity, str] | None = None
    taxonomies: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    def inside(self, head: ResultContext) -> ResultContext:
        """Return what holds for a run: its own words beat those of the head, or add to them."""
        links = dict(head.test_links)
        for name, targets in self.test_links.items():
            links[name] = [*links.get(name, ()), *targets]
        return ResultContext(
            run={**head.run, **self.run},
            test={**head.test, **self.test},
            test_links=links,
            suite=self.suite or head.suite,
            taxonomies=tuple(dict.fromkeys((*head.taxonomies, *self.taxonomies))),
        )


class ReferenceReader:
    """Looks up what elements refer to; each thing once in a document."""

    def __init__(self, tables: EntityTables, knobs: OctaneKnobs) -> None:
        self._tables = tables
        self._knobs = knobs
        self._found: dict[tuple[str, str], Entity | None] = {}

    def read(self, element: Element) -> ResultContext:
        """Read the head of a document, or a run."""
        run: dict[str, int] = {}
        test: dict[str, int] = {}
        links: dict[str, list[int]] = {}
        taxonomies: list[tuple[str, str]] = []
        missing: list[str] = []
        suite: tuple[Entity, str] | None = None
        for child in element.children:
            if child.name in _SINGLE:
                self._single(child, run, missing)
            elif child.name == "release":
                self._release(child, run, missing)
            elif child.name in _SEVERAL:
                self._several(child, links, missing)
            elif child.name == "test_fields":
                self._test_fields(child, test, missing)
            elif child.name == "suite_ref":
                suite = self._suite(child, missing)
            elif child.name == "environment":
                taxonomies += [
                    (e.attributes["type"], e.attributes["value"]) for e in child.children
                ]
        return ResultContext(
            run=run,
            test=test,
            test_links=links,
            suite=suite,
            taxonomies=tuple(taxonomies),
            missing=tuple(missing),
        )

    def _find(self, collection: str, identifier: str) -> Entity | None:
        key = collection, identifier.strip()
        if key not in self._found:
            number = int(key[1])
            found = self._tables.find(COLLECTIONS[collection], number) if number > 0 else None
            self._found[key] = found
        return self._found[key]

    def _single(self, child: Element, run: dict[str, int], missing: list[str]) -> None:
        name, collection = _SINGLE[child.name]
        found = self._find(collection, child.attributes["id"])
        if found is None:
            missing.append(f"{name} {child.attributes['id'].strip()} does not exist")
        else:
            run[name] = found.pk

    def _release(self, child: Element, run: dict[str, int], missing: list[str]) -> None:
        name = child.attributes["name"]
        wanted: dict[str, object] = (
            {"is_default": True} if name == _DEFAULT_RELEASE else {"name": name}
        )
        found = self._tables.named("releases", **wanted)
        if found is None:
            missing.append(f"release {name!r} does not exist")
        else:
            run["release"] = found.pk

    def _several(self, child: Element, links: dict[str, list[int]], missing: list[str]) -> None:
        what, places = _SEVERAL[child.name]
        for each in child.children:
            identifier = each.attributes["id"]
            for name, collection in places:
                found = self._find(collection, identifier)
                if found is not None:
                    links.setdefault(name, []).append(found.pk)
                    break
            else:
                missing.append(f"{what} {identifier.strip()} does not exist")

    def _test_fields(self, child: Element, test: dict[str, int], missing: list[str]) -> None:
        for each in child.children:
            name, value = each.attributes["type"].lower(), each.attributes["value"]
            words = [word for word, shown in LISTS[name].items() if shown == value]
            entry = self._tables.listed(f"list_node.{name}.{words[0]}") if words else None
            if entry is not None:
                test[name] = entry
            elif self._knobs.unknown_test_field == "error":
                missing.append(f"{each.attributes['type']} {value!r} is not in its list")

    def _suite(self, child: Element, missing: list[str]) -> tuple[Entity, str] | None:
        found = self._find("test_suites", child.attributes["id"])
        if found is None:
            missing.append(f"test suite {child.attributes['id'].strip()} does not exist")
            return None
        return found, child.attributes.get("external_run_id", "")
