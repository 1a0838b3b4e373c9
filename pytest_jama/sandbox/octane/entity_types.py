"""The collections of a workspace, their types and fields, as one table.

A field is written `name`, with `!` where a POST needs it, and with what it holds: `:number`,
`:boolean`, `:date`, `:memo`; `>stories` a reference, `>>user_tags` several; `<runs.test` whatever
refers to this entity with that field. `@column` names the column that keeps a reference.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["string", "memo", "number", "boolean", "date", "reference", "references"]


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One field.

    Attributes:
        targets: The collections that a reference leads to.
        column: The column that keeps it; empty for the JSON of the entity.
        via: The field of the targets that makes the reference, read in the other direction.
        required: Whether a POST needs it.
        is_user_defined: Whether it was added to this workspace.
    """

    name: str
    kind: FieldKind = "string"
    targets: tuple[str, ...] = ()
    column: str = ""
    via: str = ""
    required: bool = False
    is_user_defined: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether it can be written."""
        return not self.via and self.column != "last_test"


@dataclass(frozen=True, kw_only=True)
class EntityType:
    """One concrete type.

    Attributes:
        name: As `type` in JSON.
        collection: As in paths.
        verbs: The methods that the collection takes.
    """

    name: str
    collection: str
    verbs: frozenset[str]
    fields: Mapping[str, FieldSpec]


@dataclass(frozen=True, kw_only=True)
class Collection:
    """What a path names: one type, or a view over several.

    Attributes:
        type_name: What its entities call themselves; empty for the concrete type.
    """

    name: str
    types: tuple[EntityType, ...]
    type_name: str = ""

    @property
    def fields(self) -> Mapping[str, FieldSpec]:
        """The fields of all its types; the first of a name counts."""
        merged: dict[str, FieldSpec] = {}
        for each in self.types:
            merged = {**each.fields, **merged}
        return merged

    @property
    def verbs(self) -> frozenset[str]:
        """The methods it takes: a view is only read."""
        return self.types[0].verbs if not self.type_name else frozenset({"GET"})


_COMMON = (
    "name creation_time:date last_modified:date author>workspace_users subtype description:memo"
)
_TEST = (
    "user_tags>>user_tags product_areas>>product_areas covered_content>>work_items "
    "covered_requirement>>requirements last_runs<runs.test_of_last_run run<runs.test "
    "owner>workspace_users designer>workspace_users test_type>list_nodes test_level>list_nodes "
    "testing_tool_type>list_nodes framework>list_nodes created_in_release>releases "
    "external_test_id test_suite_link<test_suite_link_to_tests.test comments<comments.owner_test "
    "attachments<attachments.owner_test"
)
_RUN = (
    "status>list_nodes native_status>list_nodes started:date duration:number error_type "
    "error_message:memo error_details:memo external_report_url external_run_id external_test_id "
    "run_type "
    "taxonomies>>taxonomy_nodes release>releases milestone>milestones program>programs "
    "sprint>sprints default_run_by>workspace_users run_by>workspace_users "
    "parent_suite>suite_run@parent test_of_last_run>tests@last_test ci_build>ci_builds "
    "ci_job>ci_jobs ci_server>ci_servers steps<run_steps.run defect<defects.run "
    "attachments<attachments.owner_run"
)
_WORK_ITEM = (
    "name! phase!>phases parent!>work_items@parent owner>workspace_users release>releases "
    "milestone>milestones sprint>sprints product_areas>>product_areas user_tags>>user_tags "
    "test<tests.covered_content children<work_items.parent child_task<tasks.parent team>teams "
    "priority>list_nodes logical_name comments<comments.owner_work_item "
    "attachments<attachments.owner_work_item"
)
_OWNERS = "owner_test>tests owner_run>runs owner_work_item>work_items"

_TABLE = f"""
releases                | release      | CRUD | name! start_date:date end_date:date is_default:boolean
sprints                 | sprint       | CRUD | name! release>releases start_date:date end_date:date
milestones              | milestone    | CRUD | name! release>releases date:date
programs                | program      | CRUD | name!
teams                   | team         | CRUD | name!
workspace_users         | workspace_user | R  | full_name first_name last_name email
user_items              | user_item    | R    | user>workspace_users
user_tags               | user_tag     | CRUD | name!
list_nodes              | list_node    | R    | logical_name index:number list_root>list_nodes
phases                  | phase        | R    | logical_name index:number entity
product_areas           | product_area | CRUD | name! parent>product_areas@parent test<tests.product_areas defect<defects.product_areas children<product_areas.parent
taxonomy_category_nodes | taxonomy_category_node | CRUD | name! children<taxonomy_item_nodes.category
taxonomy_item_nodes     | taxonomy_item_node | CRUD | name! category>taxonomy_category_nodes run<runs.taxonomies
automated_tests         | test_automated | CRUD | name! package class_name component identity_hash {_TEST}
manual_tests            | test_manual  | CRUD | name! phase!>phases automation_status>list_nodes {_TEST}
gherkin_tests           | gherkin_test | CRUD | name! phase!>phases automation_status>list_nodes {_TEST}
test_suites             | test_suite   | CRUD | name! {_TEST}
test_suite_link_to_tests | test_suite_link_to_test | CRUD | test_suite!>test_suites@parent test!>tests@test order:number
automated_runs          | run_automated | RUD | test>tests@test {_RUN}
manual_runs             | run_manual   | CRUD | name! test!>tests@test native_status!>list_nodes release!>releases {_RUN}
suite_run               | run_suite    | CRUD | name! test!>test_suites@test native_status!>list_nodes release!>releases runs_in_suite<runs.parent_suite {_RUN}
run_steps               | run_step     | RU   | run>runs@parent result>list_nodes actual:memo order:number
previous_runs           | run_history  | R    | run_id:number test_id:number build_id:number run_status>list_nodes run_native_status>list_nodes run_started:date run_duration:number test_name test_class test_package is_new_failure:boolean build_name job_name
ci_servers              | ci_server    | CRUD | name! instance_id server_type url
pipelines               | pipeline     | CRUD | name! root_job_ci_id! root_job>ci_jobs jobs<ci_jobs.pipeline ci_server>ci_servers
ci_jobs                 | ci_job       | R    | ci_id ci_server>ci_servers pipeline>pipelines
ci_builds               | ci_build     | R    | ci_id build_ci_id ci_job>ci_jobs ci_server>ci_servers start_time:date duration:number status result
work_item_roots         | work_item_root | R  | children<work_items.parent
defects                 | defect       | CRUD | severity>list_nodes detected_by>workspace_users qa_owner>workspace_users run>>runs {_WORK_ITEM}
stories                 | story        | CRUD | qa_owner>workspace_users {_WORK_ITEM}
features                | feature      | CRUD | qa_owner>workspace_users {_WORK_ITEM}
epics                   | epic         | CRUD | {_WORK_ITEM}
quality_stories         | quality_story | CRUD | qa_owner>workspace_users {_WORK_ITEM}
requirements            | requirement_document | CRUD | name! test<tests.covered_requirement
tasks                   | task         | CRUD | name! phase!>phases owner!>workspace_users story>stories defect>defects quality_story>quality_stories parent>work_items@parent item_type>list_nodes release>releases estimated_hours:number
attachments             | attachment   | CRUD | name! size:number content_type owner_run_step>run_steps {_OWNERS}
comments                | comment      | CRUD | text!:memo owner_task>tasks {_OWNERS}
metadata/fields         | field_metadata | R  | label entity_name field_type required:boolean editable:boolean filterable:boolean sortable:boolean is_user_defined:boolean values:memo
metadata/entities       | entity_metadata | R | label entity_name can_create:boolean
"""  # noqa: E501 - a table: one line a type

_VERBS = {"C": "POST", "R": "GET", "U": "PUT", "D": "DELETE"}
_FIELD = re.compile(r"(\w+)(!?)(?::(\w+)|(>>?|<)(\w+)(?:\.(\w+))?)?(?:@(\w+))?")


def parse_field(text: str) -> FieldSpec:
    """Read one field of the table."""
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a field")
    name, required, scalar, arrow, target, via, column = match.groups(default="")
    kinds: dict[str, FieldKind] = {">": "reference", ">>": "references", "<": "references"}
    known: dict[str, FieldKind] = {
        "number": "number",
        "boolean": "boolean",
        "date": "date",
        "memo": "memo",
    }
    return FieldSpec(
        name=name,
        kind=kinds[arrow] if arrow else known.get(scalar, "string"),
        targets=(target,) if target else (),
        column=column,
        via=via,
        required=bool(required),
    )


def _types() -> Iterable[EntityType]:
    for line in _TABLE.strip().splitlines():
        collection, name, verbs, fields = (cell.strip() for cell in line.split("|"))
        specs = [parse_field(text) for text in (*_COMMON.split(), *fields.split())]
        yield EntityType(
            name=name,
            collection=collection,
            verbs=frozenset(_VERBS[letter] for letter in verbs),
            fields={spec.name: spec for spec in specs},
        )


TYPES: Mapping[str, EntityType] = {each.name: each for each in _types()}
"""By the name of the type."""

_BY_COLLECTION = {each.collection: each for each in TYPES.values()}
_WORK_ITEMS = ("defects", "stories", "features", "epics", "quality_stories", "work_item_roots")
_VIEWS = {
    "tests": ("test", ("automated_tests", "manual_tests", "gherkin_tests", "test_suites")),
    "runs": ("run", ("automated_runs", "manual_runs", "suite_run")),
    "work_items": ("work_item", _WORK_ITEMS),
    "taxonomy_nodes": ("taxonomy_node", ("taxonomy_item_nodes", "taxonomy_category_nodes")),
}
_ALIASES = {"application_modules": "product_areas"}

COLLECTIONS: Mapping[str, Collection] = {
    **{name: Collection(name=name, types=(each,)) for name, each in _BY_COLLECTION.items()},
    **{
        name: Collection(
            name=name, types=tuple(_BY_COLLECTION[part] for part in parts), type_name=type_name
        )
        for name, (type_name, parts) in _VIEWS.items()
    },
    **{
        alias: Collection(name=alias, types=(_BY_COLLECTION[name],))
        for alias, name in _ALIASES.items()
    },
}
"""By the name in paths."""
