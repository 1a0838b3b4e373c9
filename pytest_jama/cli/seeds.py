"""What ``pytest-jama sandbox`` begins with: from settings files, seed files, ``--case``."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_jama.cli.sandbox_options import parse_case
from pytest_jama.config import Settings, load_settings
from pytest_jama.config.settings_files import label_of
from pytest_jama.config.yaml_file import PlainFile, read_plain
from pytest_jama.core.cases import RefKind
from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.sandbox.jama.seed_file import KEYS, SeedError, SeedFile, read_seed
from pytest_jama.sandbox.jama.seeding import owner_of, plant
from pytest_jama.sandbox.jama.store import DEMO_KEY, seed_demo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from pytest_jama.cli.sandbox_options import SandboxOptions
    from pytest_jama.core.cases import CaseRef
    from pytest_jama.sandbox.jama.store import Store


class _ReadSeed(NamedTuple):
    """A seed file and where it says what."""

    file: PlainFile
    seed: SeedFile


def seed_store(store: Store, options: SandboxOptions) -> str:
    """Create what the files of ``--seed`` describe or refer to, and the cases of ``--case``.

    Returns:
        The key of the project.

    Raises:
        SettingsError: When a file or a case reference is wrong.
    """
    if not options.seeds and not options.cases:
        seed_demo(store)
        return DEMO_KEY
    plain = [(file, read_plain(file, label_of(file, Path.cwd()))) for file in options.seeds]
    seeds = [_read(each) for _, each in plain if KEYS & each.values.keys()]
    settings = [_load(file) for file, each in plain if not KEYS & each.values.keys()]
    named = next((each.project for each in settings), "")
    key = _project_key(named, seeds)
    name = next((each.seed.project.name for each in seeds if each.seed.project), "")
    store.add_project(key, name or None, id=named if isinstance(named, int) else None)
    for each in seeds:
        with _told(each.file):
            plant(store, each.seed, project=key)
    _add_cases(store, _steps_by_ref(options, settings), key, is_named=named == key)
    return key


def _project_key(named: str | int, seeds: Iterable[_ReadSeed]) -> str:
    """Return the project of the settings, else that of the first seed file that names one."""
    if named and isinstance(named, str):
        return named
    described = (each.seed.project.key for each in seeds if each.seed.project)
    return next(described, f"P{named}" if named else DEMO_KEY)


def _steps_by_ref(options: SandboxOptions, settings: Iterable[Settings]) -> dict[CaseRef, int]:
    steps_by_ref = dict.fromkeys(map(parse_case, options.cases), options.steps)
    for each in settings:
        for link in each.tests.links():
            steps = steps_by_ref.get(link.case_ref, 0)
            steps_by_ref[link.case_ref] = max(steps, link.step or 0)
    return steps_by_ref


def _add_cases(
    store: Store, steps_by_ref: Mapping[CaseRef, int], key: str, *, is_named: bool
) -> None:
    # Document keys first: the sandbox gives the next free key to a case that has only an ID.
    for ref in sorted(steps_by_ref, key=lambda ref: ref.kind is not RefKind.DOCUMENT_KEY):
        owner = key
        if is_named and ref.kind is RefKind.DOCUMENT_KEY:
            owner = owner_of(ref.text) or key
        store.add_project(owner)
        store.add_case(owner, **_name_of(ref), steps=steps_by_ref[ref])


def _name_of(ref: CaseRef) -> Mapping[str, Any]:
    """Return the argument of the store that names a case."""
    if ref.kind is RefKind.API_ID:
        return {"id": int(ref.text)}
    name = "document_key" if ref.kind is RefKind.DOCUMENT_KEY else "global_id"
    return {name: ref.text}


def _load(file: Path) -> Settings:
    return load_settings(
        start=file.parent,
        file=file,
        flags={},
        environ=os.environ,
        needs_target=False,
        unused=Settings.model_fields.keys() - {"project"},
    ).settings


def _read(file: PlainFile) -> _ReadSeed:
    with _told(file):
        return _ReadSeed(file, read_seed(file.values))


@contextmanager
def _told(file: PlainFile) -> Generator[None]:
    """Turn mistakes of a seed file into problems with file and line."""
    try:
        yield
    except SeedError as exc:
        mistakes = [(file.find_line(each.path), each) for each in exc.mistakes]
        problems = (
            Problem(each.message, each.remedy, f"{file.label}:{line}")
            for line, each in sorted(mistakes, key=lambda pair: pair[0])
        )
        raise SettingsError(*problems) from exc
