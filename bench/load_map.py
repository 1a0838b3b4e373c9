"""Run in the environment `jama`: load a jama.yaml, match test IDs, or time both.

Usage: ``load_map.py TASK JAMA_YAML TEST_IDS``. All tasks import the same, so that the instructions
of ``nothing`` can be taken off. ``time`` prints medians in seconds as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

import pytest_jama.config.map_entries  # noqa: F401 (else imported while the time is running)
from pytest_jama.config import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_jama.config import Settings

REPEATS = 11


def load(file: Path) -> Settings:
    """Load the settings as ``--jama --jama-no-upload`` does."""
    return load_settings(
        start=file.parent,
        file=file,
        flags={},
        environ={},
        needs_target=False,
    ).settings


def load_with_yaml(file: Path) -> object:
    """Load the same file into dicts and strings, with the fastest loader of PyYAML."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def time_tasks(file: Path, ids: list[str]) -> dict[str, float]:
    """Return the medians of the tasks, done in turns."""
    settings = load(file)
    tasks: dict[str, Callable[[], object]] = {
        "ours": lambda: load(file),
        "yaml": lambda: load_with_yaml(file),
        "match": lambda: [settings.tests.find(test_id) for test_id in ids],
    }
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(REPEATS):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def main(task: str, file: Path, test_ids: Path) -> None:
    """Do one task."""
    if task == "ours":
        load(file)
    elif task == "yaml":
        load_with_yaml(file)
    elif task == "time":
        json.dump(time_tasks(file, test_ids.read_text(encoding="utf-8").split()), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
