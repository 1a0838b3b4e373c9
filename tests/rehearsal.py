"""Examples in a copy, and what a sandbox holds after they ran against it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_jama.sandbox.jama.store import Store
from pytest_jama.sandbox.jama.stored_files import content_of, files_by_holder

if TYPE_CHECKING:
    from pytest_jama.sandbox.jama.model import Node

EXAMPLES = Path(__file__).parents[1] / "examples"
STATE = "state.sqlite"
PROJECT = "PUMP"


def copy_example(name: str, target: Path) -> Path:
    """Copy a folder below examples/ into a folder, so that nothing is written into the checkout."""
    return Path(shutil.copytree(EXAMPLES / name, target / Path(name).name))


def stored_runs(folder: Path) -> dict[int, Node]:
    """Return the runs of the only cycle of the only plan, by the number of their case."""
    with Store(folder / STATE) as store:
        (plan,) = store.plans(PROJECT)
        (cycle,) = store.cycles(plan.id)
        return {int(run.case_key.rpartition("-")[2]): run for run in store.runs(cycle.id)}


def stored_files(folder: Path, number: int) -> list[bytes]:
    """Return the content of the files of the run of a case."""
    run = stored_runs(folder)[number]
    with Store(folder / STATE) as store:
        files = files_by_holder(store.database, [run.id]).get(run.id, ())
        return [content_of(store.database, file) for file in files]
