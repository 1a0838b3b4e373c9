"""The flows that make or change something: one table, and what each does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.targets.octane.flow_reading import find_named, find_one
from pytest_jama.targets.octane.flow_rows import FlowRows, name_of
from pytest_jama.targets.octane.list_entries import entry, reference_to, signed_in_user
from pytest_jama.targets.octane.query import Statement, both, equals, refers_to_id
from pytest_jama.targets.octane.wishes import FlowOption, require_run_id
from pytest_jama.targets.octane.written_entities import Search, by_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.targets.octane.entities import Entities
    from pytest_jama.targets.octane.flow_reading import Desk

NATIVE_STATUS = "list_node.run_native_status."

_TEST = FlowOption("tests", "", collection="tests", is_number_id=True, is_argument=True)


class _Test(NamedTuple):
    """A test that something is made for.

    Attributes:
        reference: The reference to it.
        name: Its name.
    """

    reference: Mapping[str, str]
    name: str


def run_manually(desk: Desk) -> FlowRows:
    """Make a run of a manual or Gherkin test; or set the status of a run and of its steps.

    Raises:
        SettingsError: When options do not fit together.
        TargetError: When the server does not answer, or refuses it.
    """
    wishes = desk.wishes
    if wishes.has("run") == wishes.has("test"):
        what = "it is either about a new run of a TEST or about a run that is there"
        raise SettingsError(Problem(what, "give TEST or --run, one of them", "command line"))
    if wishes.has("run"):
        return _set_run(desk, require_run_id(wishes.text("run")))
    if wishes.has("step"):
        what = "steps are there when a run is"
        raise SettingsError(Problem(what, "give --run, too", "--step"))
    return _make_run(desk)


def _make_run(desk: Desk) -> FlowRows:
    entities, wishes = desk.entities, desk.wishes
    release = {"type": "release", "id": find_one(desk, "release")}
    test = _read_test(entities, find_one(desk, "test"))
    status = wishes.text("status") or "planned"
    run = {
        "name": test.name,
        "test": test.reference,
        "native_status": entry(entities, "list_node", NATIVE_STATUS + status),
        "release": release,
    }
    of_test = both(equals("name", test.name), refers_to_id("test", test.reference["id"]))
    run_id = _create_new(entities, "manual_runs", run, of_test)
    row = {"id": run_id, "name": test.name, "status": status}
    return FlowRows(("id", "name", "status"), (row,))


def _create_new(
    entities: Entities, collection: str, entity: Mapping[str, Any], like_it: Statement
) -> str:
    """Make one more of what there may be others of; a lost answer leads to none of those."""
    known = frozenset(
        str(row["id"]) for row in entities.list(collection, fields="id", query=like_it)
    )
    return entities.create_one(collection, entity, search=Search(like_it, known=known))


def _read_test(entities: Entities, test_id: str) -> _Test:
    found = entities.get("tests", test_id, fields="id,name,subtype")
    kind = str(found.get("subtype") or found.get("type") or "test")
    return _Test({"type": kind, "id": test_id}, str(found.get("name")))


def _set_run(desk: Desk, run_id: str) -> FlowRows:
    """Set the status of a run, and of those of its steps that are named."""
    entities, wishes = desk.entities, desk.wishes
    if not (wishes.has("status") or wishes.has("step")):
        what = "nothing is to be set"
        raise SettingsError(Problem(what, "give --status or --step", "--run"))
    changes = _step_changes(entities, run_id, read_steps(wishes.texts("step")))
    refused = [each for each in entities.change("run_steps", changes) if each.error]
    notes = tuple(f"a step was not set: {each.error}" for each in refused)
    status = wishes.text("status")
    if status:
        native = entry(entities, "list_node", NATIVE_STATUS + status)
        entities.change_one("manual_runs", run_id, {"native_status": native})
    row = {"id": run_id, "status": status or None, "steps": len(changes) - len(refused)}
    return FlowRows(("id", "status", "steps"), (row,), notes, is_complete=not refused)


def read_steps(texts: Sequence[str]) -> Mapping[int, str]:
    """Return the statuses of steps by their numbers.

    Args:
        texts: Each as ``2=passed``.

    Raises:
        SettingsError: When one is something else.
    """
    steps: dict[int, str] = {}
    for text in texts:
        number, _, status = text.partition("=")
        if not (number.isascii() and number.isdigit() and int(number) and status):
            what = f"{text!r} is not the status of a step"
            raise SettingsError(Problem(what, "write NUMBER=STATUS, as 2=passed", "--step"))
        steps[int(number)] = status
    return steps


def _step_changes(
    entities: Entities, run_id: str, steps: Mapping[int, str]
) -> list[Mapping[str, Any]]:
    """Return what is sent to set the steps of a run, which are numbered from 1.

    Raises:
        SettingsError: When the run has no step of such a number.
    """
    if not steps:
        return []
    rows = entities.list("run_steps", fields="id", query=refers_to_id("run", run_id))
    ids = [str(row["id"]) for row in rows]
    beyond = max(steps)
    if beyond > len(ids):
        what = f"run {run_id} has {len(ids)} steps, so step {beyond} is not there"
        remedy = "servers may make the steps when the run is first opened: open it once"
        raise SettingsError(Problem(what, remedy, "--step"))
    return [
        {"id": ids[number - 1], "result": entry(entities, "list_node", NATIVE_STATUS + status)}
        for number, status in steps.items()
    ]


def make_suite(desk: Desk) -> FlowRows:
    """Make a test suite of tests; one that is there is kept, and gets the tests that it lacks.

    Raises:
        TargetError: When the server does not answer, or refuses it.
    """
    entities, name = desk.entities, desk.wishes.text("name")
    wanted = [find_named(entities, _TEST, each) for each in _each(desk, "tests")]
    tests = {test_id: _read_test(entities, test_id) for test_id in dict.fromkeys(wanted)}
    suite_id, is_new = _get_suite(entities, name)
    there = set() if is_new else _linked(entities, suite_id)
    links = [_link(suite_id, test) for test_id, test in tests.items() if test_id not in there]
    of_suite = Search(refers_to_id("test_suite", suite_id), "id,test", _has_same_test)
    made = entities.create("test_suite_link_to_tests", links, search=of_suite)
    refused = [each.error for each in made if each.error]
    notes = [] if is_new else [f"the suite {name!r} was there already (ID {suite_id})"]
    notes += [f"a test was not added: {error}" for error in refused]
    row = {
        "id": suite_id,
        "name": name,
        "state": "created" if is_new else "kept",
        "added": len(made) - len(refused),
        "there": len(tests) - len(links),
    }
    return FlowRows(tuple(row), (row,), tuple(notes), is_complete=not refused)


def _each(desk: Desk, name: str) -> tuple[str, ...]:
    """Return the values of an argument that may be given several times, commas and all."""
    given = desk.wishes.given.get(name)
    return given if isinstance(given, tuple) else ()


def _get_suite(entities: Entities, name: str) -> tuple[str, bool]:
    """Return the ID of the suite of that name, and whether it is new."""
    search = by_name(name)
    (found,) = entities.look("test_suites", [{"name": name}], search)
    if found.entity_id:
        return found.entity_id, False
    return entities.create_one("test_suites", {"name": name}, search=search), True


def _linked(entities: Entities, suite_id: str) -> set[str]:
    query = refers_to_id("test_suite", suite_id)
    rows = entities.list("test_suite_link_to_tests", fields="id,test", query=query)
    return {str(row["test"]["id"]) for row in rows if isinstance(row.get("test"), dict)}


def _link(suite_id: str, test: _Test) -> Mapping[str, Any]:
    suite = {"type": "test_suite", "id": suite_id}
    return {"test_suite": suite, "test": test.reference}


def _has_same_test(sent: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    test = found.get("test")
    return isinstance(test, dict) and str(test.get("id")) == sent["test"]["id"]


def plan_suite(desk: Desk) -> FlowRows:
    """Plan a run of a test suite.

    Raises:
        TargetError: When the server does not answer, or refuses it.
    """
    entities, wishes = desk.entities, desk.wishes
    suite_id = find_one(desk, "suite")
    release_id = find_one(desk, "release")
    test = _read_test(entities, suite_id)
    run = {
        "name": test.name,
        "test": {"type": "test_suite", "id": suite_id},
        "native_status": entry(entities, "list_node", f"{NATIVE_STATUS}planned"),
        "release": {"type": "release", "id": release_id},
        **_run_by(desk, wishes.text("run-by")),
    }
    of_suite = both(equals("name", test.name), refers_to_id("test", suite_id))
    run_id = _create_new(entities, "suite_run", run, of_suite)
    made = entities.get("suite_run", run_id, fields="id,name,runs_in_suite")
    several = made.get("runs_in_suite")
    runs = several.get("data") if isinstance(several, dict) else None
    row = {
        "id": run_id,
        "name": name_of(made),
        "runs": [str(each.get("id")) for each in runs or [] if isinstance(each, dict)],
    }
    return FlowRows(tuple(row), (row,))


def _run_by(desk: Desk, who: str) -> Mapping[str, Any]:
    if not who:
        return {}
    if who == "me":
        user = signed_in_user(desk.entities)
        return {"default_run_by": reference_to("workspace_user", user)}
    user_id = find_named(desk.entities, desk.wishes.options["run-by"], who)
    return {"default_run_by": {"type": "workspace_user", "id": user_id}}
