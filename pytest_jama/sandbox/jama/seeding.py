"""Making what a seed file describes: all of it, or nothing and every mistake at once."""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import product

from pytest_jama.sandbox.jama import accounts, nodes
from pytest_jama.sandbox.jama.accounts import ROBOT_ID
from pytest_jama.sandbox.jama.item_types import CUSTOM_SEPARATOR, FieldDefinition, TypeDefinition
from pytest_jama.sandbox.jama.model import Json
from pytest_jama.sandbox.jama.nodes import NewNode
from pytest_jama.sandbox.jama.relations import RELATIONSHIP_TYPES
from pytest_jama.sandbox.jama.rich_text import rich
from pytest_jama.sandbox.jama.seed_file import (
    SeedCase,
    SeedError,
    SeedField,
    SeedFile,
    SeedMistake,
    SeedPlan,
    SeedRequirement,
    SeedType,
    nearest,
    path_words,
)
from pytest_jama.sandbox.jama.seed_values import (
    FIELD_TYPES,
    PICKED,
    SeedValueError,
    find_field,
    stored_steps,
    stored_value,
    user_id,
)
from pytest_jama.sandbox.jama.store import DEMO_KEY, Store

_Path = tuple[str | int, ...]

_NUMBERS = ("key", "id", "global_id")
_TYPE_IDS = {name: type_id for type_id, name in RELATIONSHIP_TYPES.items()}


def plant(store: Store, seed: SeedFile, *, project: str = "") -> str:
    """Make what a seed file describes; what is there already, by its key or name, stays.

    Args:
        store: Where to make it.
        seed: What to make.
        project: Key of the project for a seed file that names none.

    Returns:
        The key of the project.

    Raises:
        SeedError: With every mistake; then nothing is made.
    """
    with store.database.transaction():
        planting = _Planting(store, seed, project or DEMO_KEY)
        planting.run()
        if planting.mistakes:
            raise SeedError(planting.mistakes)
    return planting.project


class _Planting:
    """One seed file on its way into a store; mistakes are collected on the way."""

    def __init__(self, store: Store, seed: SeedFile, project: str) -> None:
        self.store = store
        self.seed = seed
        self.project = seed.project.key if seed.project else project
        self.mistakes: list[SeedMistake] = []
        self._ids: dict[str, int] = {}
        self._types: dict[str, TypeDefinition] = {}
        self._named: dict[tuple[int, int], dict[str, int]] = {}

    def run(self) -> None:
        """Make everything, in an order in which what is referred to comes first."""
        seed = self.seed
        self.store.add_project(self.project, (seed.project and seed.project.name) or None)
        for number, each in enumerate(seed.item_types):
            self._add_type(each, ("item_types", number))
        self._types = accounts.all_item_types(self.store.database)
        for number, place in enumerate(seed.sets):
            if kind := self._type_of(place.of, ("sets", number, "of")):
                self.store.add_set(self._project_id(self.project), place.path, of=kind.id)
        self._check_keys()
        for number, item in enumerate(seed.requirements):
            self._add_item(item, ("requirements", number))
        for number, case in enumerate(seed.cases):
            self._add_item(case, ("cases", number))
        self._relate()
        for number, plan in enumerate(seed.plans):
            self._add_plan(plan, ("plans", number))

    def _complain(self, path: _Path, message: str, remedy: str) -> None:
        self.mistakes.append(SeedMistake(path, f"{path_words(path)} {message}", remedy))

    def _project_id(self, key: str) -> int:
        return self.store.add_project(key)

    # -- item types ----------------------------------------------------------------------

    def _add_type(self, wanted: SeedType, path: _Path) -> None:
        database = self.store.database
        known = accounts.all_item_types(database).get(wanted.key)
        type_id = (
            known.id
            if known
            else accounts.add_item_type(
                database,
                wanted.key,
                name=wanted.name or wanted.key,
                category=wanted.category,
            )
        )
        for number, field in enumerate(wanted.fields):
            self._add_field(wanted.key, type_id, field, (*path, "fields", number))

    def _add_field(self, type_key: str, type_id: int, wanted: SeedField, path: _Path) -> None:
        is_picked = FIELD_TYPES[wanted.type] in PICKED
        if is_picked != bool(wanted.options):
            message = "has no options" if is_picked else "has options, and is not a pick list"
            self._complain(path, message, "give `options` to fields of the type pick_list")
            return
        bare = wanted.name or re.sub(r"\W+", "_", wanted.label.lower()).strip("_")
        if not bare:
            self._complain(path, f"has the label {wanted.label!r}", "give it a `name`, too")
        pick_list = None
        if is_picked:
            name = f"{wanted.label} ({type_key})"
            pick_list = accounts.add_pick_list(self.store.database, name, wanted.options)
        field = FieldDefinition(
            f"{bare.partition(CUSTOM_SEPARATOR)[0]}{CUSTOM_SEPARATOR}{type_id}",
            FIELD_TYPES[wanted.type],
            label=wanted.label,
            rich=wanted.type == "rich_text",
            required=wanted.required,
            pick_list=pick_list,
        )
        accounts.add_custom_field(self.store.database, type_key, field)

    def _type_of(self, key: str, path: _Path) -> TypeDefinition | None:
        found = self._types.get(key)
        if found is None or found.kind != "items":
            items = [each.type_key for each in self._types.values() if each.kind == "items"]
            self._complain(
                path, f"names {key!r}, which is not a type of items", nearest(key, items)
            )
            return None
        return found

    # -- items ---------------------------------------------------------------------------

    def _check_keys(self) -> None:
        first: dict[tuple[str, object], str] = {}
        for part, name in product(("requirements", "cases"), _NUMBERS):
            for number, item in enumerate(getattr(self.seed, part)):
                here, value = f"{part}[{number + 1}]", getattr(item, name)
                if value and first.setdefault((name, value), here) != here:
                    message = f"is {value}, as that of {first[name, value]} is"
                    self._complain((part, number, name), message, "give it another one")

    def _add_item(self, item: SeedCase | SeedRequirement, path: _Path) -> None:
        kind = self._type_of(item.type, (*path, "type"))
        if kind is None:
            return
        is_case = kind.category == "TEST_CASE"
        if is_case != isinstance(item, SeedCase):
            wanted = "cases" if is_case else "requirements"
            message = f"names {item.type}, which is for `{wanted}`"
            self._complain((*path, "type"), message, f"put it below `{wanted}`")
            return
        project = self._project_id(owner_of(item.key) or self.project)
        fields = self._fields_of(item, kind, path)
        known = self._known(item, kind, project, path)
        place = item.set or (f"{kind.display}s",)
        new = NewNode(
            project=project,
            item_type=kind,
            fields=fields,
            user=ROBOT_ID,
            id=item.id,
            document_key=item.key or None,
            global_id=item.global_id or None,
        )
        if known is None and not self.mistakes:
            parent = self.store.add_set(project, place, of=kind.id)
            known = nodes.add_item(self.store.database, new, parent=parent)
        if item.key:
            self._ids[item.key] = known or 0

    def _known(
        self, item: SeedCase | SeedRequirement, kind: TypeDefinition, project: int, path: _Path
    ) -> int | None:
        """Find the item that was seeded before; complain where something else has its number."""
        database = self.store.database
        numbers = {"document_key": item.key or None, "id": item.id}
        for column, value in numbers.items():
            row = database.find("nodes", **{column: value}) if value else None
            if row is None:
                continue
            if row["item_type"] != kind.id:
                message = f"is {value}, which is taken by {row['document_key']}"
                self._complain((*path, "key" if column != "id" else "id"), message, "take another")
            return int(row["id"])
        if item.key or item.id:
            return None
        return self._by_name(project, kind.id).get(item.name)

    def _by_name(self, project: int, type_id: int) -> dict[str, int]:
        """Return what was there before this file, by name: seeding twice makes nothing twice."""
        if (project, type_id) not in self._named:
            rows = self.store.database.all(
                "SELECT id, json_extract(fields, '$.name') AS name FROM nodes WHERE project = ? "
                "AND kind = 'items' AND item_type = ? AND active = 1",
                (project, type_id),
            )
            self._named[project, type_id] = {row["name"]: row["id"] for row in rows}
        return self._named[project, type_id]

    def _fields_of(
        self, item: SeedCase | SeedRequirement, kind: TypeDefinition, path: _Path
    ) -> Json:
        fields: Json = {"name": item.name}
        if item.description:
            fields["description"] = rich(item.description)
        if item.assigned_to:
            with self._told((*path, "assigned_to")):
                fields["assignedTo"] = user_id(item.assigned_to)
        if isinstance(item, SeedCase) and item.steps:
            fields["testCaseSteps"] = stored_steps(item.steps)
        for label, value in item.fields.items():
            with self._told((*path, "fields", label)):
                field = find_field(kind, label)
                fields[field.name] = stored_value(field, value)
        return fields

    @contextmanager
    def _told(self, path: _Path) -> Generator[None]:
        try:
            yield
        except SeedValueError as exc:
            self._complain(path, exc.message, exc.remedy)

    # -- what refers to items ------------------------------------------------------------

    def _id_of(self, key: str, path: _Path) -> int | None:
        if key in self._ids:
            return self._ids[key]
        row = self.store.database.find("nodes", document_key=key, active=1)
        if row is None:
            message = f"names {key!r}, which is neither here nor in the sandbox"
            self._complain(path, message, nearest(key, self._ids))
            return None
        return int(row["id"])

    def _relate(self) -> None:
        for number, case in enumerate(self.seed.cases):
            for at, key in enumerate(case.requirements):
                path = ("cases", number, "requirements", at)
                above = self._id_of(key, path)
                below = self._ids.get(case.key)
                if not case.key:
                    self._complain(path, "needs a case with a key", "give the case a `key`")
                self._add_relation(above, below, "Verified by", is_suspect=False)
        for number, each in enumerate(self.seed.relationships):
            above = self._id_of(each.upstream, ("relationships", number, "upstream"))
            below = self._id_of(each.downstream, ("relationships", number, "downstream"))
            if above is not None and above == below:
                here = ("relationships", number)
                self._complain(here, "relates an item to itself", "name two items")
            self._add_relation(above, below, each.type, is_suspect=each.suspect)

    def _add_relation(
        self, above: int | None, below: int | None, name: str, *, is_suspect: bool
    ) -> None:
        if not above or not below or self.mistakes:
            return
        database = self.store.database
        ends = {"from_item": above, "to_item": below}
        if database.find("relationships", **ends) is None:
            self.store.relate((above, below), relationship_type=_TYPE_IDS[name])
        if is_suspect:
            database.update("relationships", {"suspect": 1}, **ends)

    def _add_plan(self, plan: SeedPlan, path: _Path) -> None:
        own = self._cases_of(plan.cases, (*path, "cases"))
        groups = [
            (group.name, self._cases_of(group.cases, (*path, "groups", number, "cases")))
            for number, group in enumerate(plan.groups)
        ]
        names = {known.name for known in self.store.plans(self.project)}
        if self.mistakes or plan.name in names:
            return
        plan_id = self.store.add_plan(self.project, plan.name, cases=own)
        for name, cases in groups:
            self.store.add_to_plan(plan_id, *cases, group=name)
        for name in plan.cycles:
            self.store.add_cycle(plan_id, name)
        if plan.archived:
            self.store.set_archived(plan_id)

    def _cases_of(self, keys: Sequence[str], path: _Path) -> list[int]:
        found = [self._id_of(key, (*path, number)) for number, key in enumerate(keys)]
        return [each for each in found if each]


def owner_of(document_key: str) -> str:
    """Return the project that a document key names; empty where it does not tell.

    Source: Jama REST API cookbook: a document key is that of the project, of the type, a number.
    """
    owner, *rest = document_key.rsplit("-", 2)
    return owner if len(rest) == len(("type", "number")) else ""
