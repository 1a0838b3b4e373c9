"""The cycle that a user names for a report, or whose cases are selected: one that is there."""

from __future__ import annotations

from contextlib import closing
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError, Problem, SettingsError
from pytest_jama.core.text import counted, quoted
from pytest_jama.core.verdicts import Verdict
from pytest_jama.targets.jama.case_texts import open_client
from pytest_jama.targets.jama.named_creation import named
from pytest_jama.targets.jama.places import active_plans, find_cycle, find_plan, get_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_jama.config import Settings
    from pytest_jama.core.port import Observer
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Cycle, TestPlan

ORIGIN = "--cycle"


def find_plans(client: JamaClient, project: str | int, wanted: Mapping[str, str]) -> list[TestPlan]:
    """Return the test plan of an ID, or all of a name; archived ones only when all are.

    Args:
        client: Reads from Jama.
        project: The key or ID of the project.
        wanted: See `identity_of`.

    Raises:
        SettingsError: When there is none.
        TargetError: As `HttpApi.send` does.
    """
    if "id" in wanted:
        plan = client.find_plan(int(wanted["id"]))
        if plan is None:
            raise _unknown(f"there is no test plan with the API ID {wanted['id']}", "--plan")
        return [plan]
    plans = list(client.plans(get_project(client, project, ()).id))
    found = active_plans(plans, wanted["name"])
    if not found:
        what = f"project {project} has no test plan {quoted(wanted['name'])}"
        raise _unknown(what, "--plan", wanted["name"], (plan.name for plan in plans))
    return found


def get_cycle(client: JamaClient, wanted: Mapping[str, str], plans: Sequence[TestPlan]) -> Cycle:
    """Return the one test cycle of an ID, or of a name in some plans.

    Args:
        client: Reads from Jama.
        wanted: See `identity_of`.
        plans: Where a name is looked for.

    Raises:
        SettingsError: When there is none, or several.
        TargetError: As `HttpApi.send` does.
    """
    if "id" in wanted:
        return _by_id(client, int(wanted["id"]))
    name = wanted["name"]
    listed = [(plan, cycle) for plan in plans for cycle in client.cycles(plan.id)]
    chosen = {cycle.id for cycle in named(name, (cycle for _, cycle in listed))}
    found = [(plan, cycle) for plan, cycle in listed if cycle.id in chosen]
    if not found:
        where = ", ".join(dict.fromkeys(map(_shown, plans)))
        what = f"there is no test cycle {quoted(name)} in {where}"
        raise _unknown(what, ORIGIN, name, (cycle.name for _, cycle in listed))
    if len(found) > 1:
        several = "; ".join(f"id:{cycle.id} in {_shown(plan)}" for plan, cycle in found)
        what = f"{len(found)} test cycles are named {quoted(name)}: {several}"
        raise SettingsError(Problem(what, "name one of them by its ID", ORIGIN))
    return found[0][1]


def _by_id(client: JamaClient, cycle_id: int) -> Cycle:
    cycle = client.find_cycle(cycle_id)
    if cycle is not None:
        return cycle
    plan = client.find_plan(cycle_id)
    what = f"there is no test cycle with the API ID {cycle_id}"
    raise _unknown(f"{what}: that is {_shown(plan)}" if plan else what, ORIGIN)


def _shown(plan: TestPlan) -> str:
    return f"test plan {quoted(plan.name)} (id:{plan.id})" if plan.name else f"test plan {plan.id}"


def _unknown(what: str, origin: str, name: str = "", known: Iterable[str] = ()) -> SettingsError:
    """Say that something is not there, and which names are most like it."""
    alike = get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.5) if name else []
    remedy = f"did you mean {' or '.join(map(quoted, alike))}?" if alike else _LOOK
    return SettingsError(Problem(what, remedy, origin))


_LOOK = "look in Jama how it is named; without --plan only the plans of the journals are looked in"


def choose_cases(
    settings: Settings, *, only_not_passed: bool, observer: Observer
) -> tuple[frozenset[str], str]:
    """Return the names of the test cases that have a run in the cycle, and which these are.

    It is the cycle that an upload would write into. Nothing is created.

    Args:
        settings: All settings.
        only_not_passed: Whether cases are left out of which all runs are passed.
        observer: Told of each request that is made again.

    Returns:
        Document key, global ID and API ID of each case; and words for them.

    Raises:
        NotUsableError: When there is no such cycle or case, or not all of them are told.
        TargetError: As `HttpApi.send` does.
    """
    client = open_client(settings)
    client.api.connection.tell(observer)
    with closing(client.api.connection):
        cycle = _cycle_of_settings(client, settings)
        listed = client.run_lists.with_case_names(cycle)
        names_of = client.run_lists.case_names
    where = f"test cycle {quoted(cycle.name)}"
    if listed.missing:
        missing = counted(listed.missing, "test run")
        raise NotUsableError(f"Jama does not list {missing} of {where}; try again")
    cases = {run.case_id for run in listed.runs}
    chosen = {
        run.case_id
        for run in listed.runs
        if not only_not_passed or run.status != Verdict.PASSED.value
    }
    told = f"test cases with a run in {where} ({len(chosen)})"
    if only_not_passed:
        told = f"test cases not PASSED in {where} ({len(chosen)} of {len(cases)})"
    if not chosen:
        why = "all test cases are PASSED" if cases else "no test case has a run"
        raise NotUsableError(f"{why} in {where}: there is nothing to select")
    nameless = chosen - names_of.keys()
    if nameless:
        what = f"Jama does not tell the keys of {counted(len(nameless), 'test case')} in {where}"
        raise NotUsableError(f"{what}; select test cases by name: KEY,KEY")
    names = {name for case in chosen for name in (*names_of[case], str(case)) if name}
    return frozenset(names), told


def _cycle_of_settings(client: JamaClient, settings: Settings) -> Cycle:
    project = get_project(client, settings.project, ())
    plan = find_plan(client, project, settings.plan, warn=lambda _: None)
    cycle = find_cycle(client, plan, settings.cycle, warn=lambda _: None)
    if cycle is not None:
        return cycle
    kind, name = ("cycle", settings.cycle.name) if plan else ("plan", settings.plan.name)
    what = f"there is no test {kind} {quoted(name or '')} yet"
    raise NotUsableError(f"{what}; `pytest-jama prepare` makes it, with a run of each test case")
