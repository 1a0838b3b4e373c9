"""Project, plan and cycle: found by ID or exact name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.errors import NotUsableError, RefusedError
from pytest_jama.core.plan import Place
from pytest_jama.targets.jama.named_creation import N, named
from pytest_jama.targets.jama.paging import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Literal

    from pytest_jama.config.models import Settings
    from pytest_jama.config.place_settings import CycleSettings, PlanSettings
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.targets.jama.client import JamaClient
    from pytest_jama.targets.jama.wire import Cycle, Project, TestPlan

    Warn = Callable[[str], None]


PLANNED_ID = 0
"""Stands for the ID of what a dry run does not create."""

_LISTED_AT_MOST = 150
"""Finding a project in a longer list may take more requests than asking for one of its items."""


def get_project(client: JamaClient, wanted: str | int, refs: Sequence[CaseRef]) -> Project:
    """Return the project that has this key or ID.

    Args:
        client: Reads from Jama.
        wanted: Project key, compared exactly, or API ID.
        refs: Cases that are in it; they help to find it among very many.

    Raises:
        NotUsableError: When there is none, or it is a folder of projects.
    """
    if isinstance(wanted, int):
        project = client.find_project(wanted)
        if project is None:
            why = f"there is no project with the API ID {wanted}; check `project`"
            raise NotUsableError(why, setting="project")
        if project.is_folder:
            why = f"project {wanted} is a folder of projects; name a project in it"
            raise NotUsableError(why, setting="project")
        return project
    return _project_by_key(client, wanted, refs)


def find_plan(
    client: JamaClient, project: Project, wanted: PlanSettings, *, warn: Warn
) -> TestPlan | None:
    """Return the test plan, or None when it has to be created.

    Args:
        client: Reads from Jama.
        project: Where it is.
        wanted: Its ID or exact name, and whether it may be created.
        warn: Told about an ambiguous name and an archived plan.

    Raises:
        NotUsableError: When there is none and none may be created.
    """
    plan = _plan_by_id(client, project, wanted.id) if wanted.id else None
    if plan is None:
        plans = active_plans(client.plans(project.id), wanted.name)
        plan = pick_oldest(plans, "test plan", warn=warn)
    if plan is None and not wanted.create:
        raise NotUsableError(
            f"project {project.key} has no test plan {wanted.name!r}, "
            "and `plan: {create: false}` forbids to create it",
            setting="plan",
        )
    if plan is None and wanted.add == "none":
        raise NotUsableError(
            f"project {project.key} has no test plan {wanted.name!r}, and `plan: {{add: none}}` "
            "puts no test case into a new one; correct the name, or prepare the plan in Jama",
            setting="plan",
        )
    if plan and plan.is_archived:
        warn(
            f"test plan {plan.name!r} is archived: "
            "its results do not count for the status of the test cases",
        )
    return plan


def active_plans(plans: Iterable[TestPlan], name: str | None) -> list[TestPlan]:
    """Return the plans of that name; archived ones only when all are."""
    found = named(name, plans)
    return [plan for plan in found if not plan.is_archived] or found


def find_cycle(
    client: JamaClient, plan: TestPlan | None, wanted: CycleSettings, *, warn: Warn
) -> Cycle | None:
    """Return the test cycle, or None when it has to be created.

    Args:
        client: Reads from Jama.
        plan: Where it is; None for a plan that does not exist yet.
        wanted: Its ID or exact name, and whether it may be created.
        warn: Told about an ambiguous name.

    Raises:
        NotUsableError: When there is none and none may be created.
    """
    if wanted.id:
        return _cycle_by_id(client, plan, wanted.id)
    cycles = client.cycles(plan.id) if plan else ()
    cycle = pick_oldest(named(wanted.name, cycles), "test cycle", warn=warn)
    if cycle is None and not wanted.create:
        where = f"test plan {plan.name!r}" if plan else "a test plan that does not exist yet"
        raise NotUsableError(
            f"{where} has no test cycle {wanted.name!r}, "
            "and `cycle: {create: false}` forbids to create it",
            setting="cycle",
        )
    return cycle


def pick_oldest(named_alike: Iterable[N], kind: str, *, warn: Warn) -> N | None:
    """Return the one with the lowest ID of several with the same name.

    Args:
        named_alike: All that have the name.
        kind: What they are, for the warning.
        warn: Told when there are several.
    """
    found = sorted(named_alike, key=lambda each: each.id)
    if not found:
        return None
    oldest, *others = found
    if others:
        ids = ", ".join(str(each.id) for each in others)
        warn(
            f"{len(found)} {kind}s are named {oldest.name!r}: "
            f"the oldest is used, ID {oldest.id}; the others are {ids}",
        )
    return oldest


def show_place(
    kind: Literal["plan", "cycle"],
    settings: Settings,
    place: TestPlan | Cycle | None,
    plan: TestPlan | None,
    project: Project,
) -> Place:
    """Return a plan or cycle for display, with the page of the plan's runs in Jama.

    Source: addresses that users of hosted Jama quote in public; a cycle's own is not known.
    """
    wanted = settings.plan if kind == "plan" else settings.cycle
    if place is None or plan is None or place.id == PLANNED_ID:
        return Place(kind, place.name if place else wanted.name or "")
    page = f"testPlans/{plan.id}" + ("/testRuns" if kind == "cycle" else "")
    link = f"{settings.url}/perspective.req#/{page}?projectId={project.id}"
    return Place(kind, place.name, place.id, link)


def link_of_run(url: str, run_id: int, project_id: int | None) -> str:
    """Return the address at which Jama shows a test run.

    Source: an address of any item by its API ID that users quote in public; see docs/jama.md.

    Args:
        url: The server.
        run_id: The API ID of the run.
        project_id: That of its project.
    """
    return f"{url}/perspective.req?docId={run_id}&projectId={project_id}"


def _project_by_key(client: JamaClient, key: str, refs: Sequence[CaseRef]) -> Project:
    seen: list[str] = []
    for projects, total in client.projects():
        project = next((each for each in projects if each.key == key and not each.is_folder), None)
        if project is None and not seen and (total or 0) > _LISTED_AT_MOST:
            project = _project_of_cases(client, key, refs)
        if project is not None:
            return project
        seen += [each.key for each in projects]
    why = f"there is no project with the key {key!r}; {_key_remedy(key, seen)}"
    raise NotUsableError(why, setting="project")


def _project_of_cases(client: JamaClient, key: str, refs: Sequence[CaseRef]) -> Project | None:
    """Find a project by one of its items: Jama has no search for projects.

    Source: Jama REST API cookbook; a document key begins with the key of the project.
    """
    texts = [ref.text for ref in refs if ref.text.startswith(f"{key}-")][:PAGE_SIZE]
    try:
        items = client.items_by_key(None, texts) if texts else ()
        item = next((item for item in items if item.key in texts), None)
        project = client.find_project(item.project_id) if item and item.project_id else None
    except RefusedError:
        return None  # the list shows it, too
    return project if project and project.key == key else None


def _plan_by_id(client: JamaClient, project: Project, plan_id: int) -> TestPlan:
    plan = client.find_plan(plan_id)
    if plan is None:
        why = f"there is no test plan with the API ID {plan_id}; check `plan`"
        raise NotUsableError(why, setting="plan")
    if plan.project_id not in (None, project.id):
        raise NotUsableError(
            f"test plan {plan_id} ({plan.name!r}) is not in project {project.key}; "
            "check `plan` and `project`",
            setting="plan",
        )
    return plan


def _cycle_by_id(client: JamaClient, plan: TestPlan | None, cycle_id: int) -> Cycle:
    cycle = client.find_cycle(cycle_id)
    if cycle is None:
        why = f"there is no test cycle with the API ID {cycle_id}; check `cycle`"
        raise NotUsableError(why, setting="cycle")
    if plan is None or cycle.plan_id not in (None, plan.id):
        where = f"test plan {plan.name!r}" if plan else "the test plan, which does not exist yet"
        raise NotUsableError(
            f"test cycle {cycle_id} ({cycle.name!r}) is not in {where}; check `plan` and `cycle`",
            setting="cycle",
        )
    return cycle


def _key_remedy(wanted: str, seen: list[str]) -> str:
    alike = next((key for key in seen if key and key.casefold() == wanted.casefold()), None)
    if alike:
        return f"did you mean {alike!r}?"
    return "check `project`, and that the user of the credentials may see it"
