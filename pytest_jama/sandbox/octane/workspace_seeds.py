"""What every workspace begins with: lists, phases, users, a default release, the roots.

Source: entity models made from a real server name the logical names; the vendor's help shows the
names. Where neither does, the names are the stand-in's own.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from pytest_jama.sandbox.octane.entity_tables import FIRST_ID, EntityTables, NewEntity
from pytest_jama.sandbox.octane.entity_types import TYPES

LISTS: Mapping[str, Mapping[str, str]] = {
    "run_native_status": {
        "passed": "Passed",
        "failed": "Failed",
        "skipped": "Skipped",
        "blocked": "Blocked",
        "planned": "Planned",
        "not_completed": "Not Completed",
    },
    "run_status": {
        "passed": "Passed",
        "failed": "Failed",
        "skipped": "Skipped",
        "planned": "Planned",
        "requires_attention": "Requires Attention",
    },
    "test_level": {
        "unit": "Unit Test",
        "integration": "Integration Test",
        "system": "System Test",
    },
    "test_type": {
        "acceptance": "Acceptance",
        "end_to_end": "End to End",
        "regression": "Regression",
        "sanity": "Sanity",
        "security": "Security",
        "performance": "Performance",
    },
    "testing_tool_type": {
        "manual": "Manual Runner",
        "selenium": "Selenium",
        "uft": "UFT",
        "loadrunner": "LoadRunner",
    },
    "framework": {
        "junit": "JUnit",
        "testng": "TestNG",
        "nunit": "NUnit",
        "uft": "UFT",
    },
    "severity": {
        "low": "Low",
        "medium": "Medium",
        "high": "High",
        "very_high": "Very High",
        "urgent": "Urgent",
    },
    "automation_status": {
        "not_automated": "Not Automated",
        "ready_for_automation": "Ready for Automation",
        "automated": "Automated",
    },
    "task_item_type": {"development": "Development", "test": "Test", "other": "Other"},
    "priority": {"low": "Low", "medium": "Medium", "high": "High"},
}
"""Lists, their entries and the names of these."""

_WORK = ("new", "inprogress", "intesting", "done")
PHASES: Mapping[str, tuple[str, ...]] = {
    "defect": (
        "new",
        "opened",
        "fixed",
        "proposeclose",
        "closed",
        "deferred",
        "duplicate",
        "rejected",
    ),
    "story": _WORK,
    "quality_story": _WORK,
    "feature": _WORK,
    "epic": _WORK,
    "task": ("new", "inprogress", "completed"),
    "test_manual": ("new", "indesign", "ready"),
    "gherkin_test": ("new", "indesign", "ready"),
}
"""Phases by the type that has them."""

STATUS_OF_NATIVE: Mapping[str, str] = {
    "passed": "passed",
    "failed": "failed",
    "skipped": "skipped",
    "planned": "planned",
    "blocked": "requires_attention",
    "not_completed": "requires_attention",
}
"""The summary that a run's own status counts for."""

ROBOT = "robot"
_USERS = ((ROBOT, "Robot", "Reporter"), ("tess", "Tess", "Ter"))
DEFAULT_RELEASE = "Default Release"


def seed_workspace(tables: EntityTables, *, first: int) -> int:
    """Fill an empty workspace; return the number of the user that the credentials belong to.

    Args:
        tables: Where to.
        first: The number of the first entity.
    """
    tables.database.raise_counter("entity", first - 1)
    users = tables.insert([_user(*names) for names in _USERS])
    tables.insert(_of_every_workspace())
    own = [
        NewEntity(type="release", fields={"name": DEFAULT_RELEASE, "is_default": True}),
        NewEntity(type="work_item_root", fields={"name": "Backlog"}),
    ]
    tables.insert(own, author=users[0])
    tables.database.raise_counter("entity", FIRST_ID - 1)
    return users[0]


@cache  # these are 700
def _of_every_workspace() -> tuple[NewEntity, ...]:
    return (*_list_entries(), *_phases(), *_metadata())


def _user(name: str, first: str, last: str) -> NewEntity:
    fields = {"name": name, "first_name": first, "last_name": last, "full_name": f"{first} {last}"}
    return NewEntity(type="workspace_user", fields={**fields, "email": f"{name}@example.com"})


def _list_entries() -> Iterable[NewEntity]:
    for root, entries in LISTS.items():
        yield _listed("list_node", f"list_node.{root}", root, 0)
        for index, (word, name) in enumerate(entries.items()):
            yield _listed("list_node", f"list_node.{root}.{word}", name, index)


def _phases() -> Iterable[NewEntity]:
    for entity, phases in PHASES.items():
        for index, word in enumerate(phases):
            new = _listed("phase", f"phase.{entity}.{word}", word.capitalize(), index)
            new.fields["entity"] = entity
            yield new


def _listed(kind: str, logical_name: str, name: str, index: int) -> NewEntity:
    fields = {"name": name, "logical_name": logical_name, "index": index}
    return NewEntity(type=kind, key=f"{kind}:{logical_name}", fields=fields)


def _metadata() -> Iterable[NewEntity]:
    for each in TYPES.values():
        entity = {"name": each.name, "entity_name": each.name, "label": _label(each.name)}
        yield NewEntity(
            type="entity_metadata", fields={**entity, "can_create": "POST" in each.verbs}
        )
        for spec in each.fields.values():
            yield field_metadata(each.name, spec.name, kind=spec.kind, required=spec.required)


def field_metadata(
    entity: str,
    name: str,
    *,
    kind: str,
    required: bool = False,
    label: str = "",
    is_user_defined: bool = False,
) -> NewEntity:
    """Describe one field as `metadata/fields` does."""
    fields = {
        "name": name,
        "entity_name": entity,
        "label": label or _label(name),
        "field_type": kind,
        "required": required,
        "editable": True,
        "filterable": True,
        "sortable": kind not in ("reference", "references"),
        "is_user_defined": is_user_defined,
    }
    return NewEntity(type="field_metadata", fields=fields)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
