"""The steps that runs of a document have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_tables import NewEntity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.result_document import Element


def store_steps(tables: EntityTables, runs: Iterable[tuple[int, Element]], *, user: int) -> None:
    """Let runs have the steps of their elements, in the place of those before.

    Args:
        tables: Where to.
        runs: The number of each run, and its element.
        user: The number of who makes them.
    """
    for run, element in runs:
        new = list(_steps(tables, run, element))
        if new:
            tables.database.execute(
                "DELETE FROM entities WHERE parent = ? AND type = 'run_step'", (run,)
            )
            tables.insert(new, author=user)


def _steps(tables: EntityTables, run: int, element: Element) -> Iterator[NewEntity]:
    steps = (step for each in element.children if each.name == "steps" for step in each.children)
    for order, step in enumerate(steps, start=1):
        status = step.attributes["status"].lower()
        error = step.find("error_message")
        fields: dict[str, Any] = {
            "name": step.attributes["name"],
            "order": order,
            "result": tables.listed(f"list_node.run_native_status.{status}"),  # any word may come
            "actual": None if error is None else error.text,
        }
        yield NewEntity(type="run_step", parent=run, fields=fields)
