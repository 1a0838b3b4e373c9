"""A manifest of an upload, and what was altered after it was made: file, manifest, subject."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import KEY, TOOLBOX, names_all

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.workshop import Workshop

_SUITE = """
import pytest

@pytest.mark.jama("PUMP-TC-1")
def test_passes(jama): jama.attach(b"flow 5 ml/h", name="curve.bin")

@pytest.mark.jama("PUMP-TC-2")
def test_fails(): assert 0, "no dial tone"
"""
_MANIFEST = "upload.intoto.json"


def _play_manifest(workshop: Workshop) -> None:
    from pytest_jama.sandbox.jama.stored_files import (  # noqa: PLC0415 (an extra)
        files_by_holder,
        store_file,
    )

    workshop.add_cases(1, 2)
    workshop.write("test_it.py", _SUITE)
    workshop.write("pump.bin", "firmware 1.0")
    workshop.pytest()
    path = workshop.folder / _MANIFEST
    make = (*TOOLBOX, "manifest", "--subject", "pump.bin", "-o", _MANIFEST)
    verify = (*TOOLBOX, "verify", "--files", _MANIFEST)
    ran = workshop.run(*make)
    first = path.read_bytes()
    workshop.run(*make)
    statement = json.loads(first)
    workshop.see(
        exit_status_of_the_manifest=ran.status,
        it_says=statement["predicate"]["result"],
        cases_it_calls_failed="  ".join(
            each for each in statement["predicate"]["failedTests"] if each.startswith(KEY)
        ),
        made_twice_it_is_the_same=path.read_bytes() == first,
        exit_status_as_it_was_made=workshop.run(*verify).status,
    )
    statement["predicate"]["result"] = "PASSED"
    path.write_text(json.dumps(statement), encoding="ascii")
    ran = workshop.run(*verify)
    workshop.see(
        exit_status_with_an_edited_manifest=ran.status,
        its_field_and_both_values_are_named=names_all(
            ran.output, "predicate.result", '"PASSED"', '"FAILED"'
        ),
    )
    path.write_bytes(first)
    workshop.write("pump.bin", "firmware 1.1")
    ran = workshop.run(*verify)
    workshop.see(
        exit_status_with_another_subject=ran.status,
        the_subject_is_named=names_all(ran.output, "DIFFERS", "pump.bin"),
    )
    workshop.write("pump.bin", "firmware 1.0")
    database = workshop.sandbox.store.database
    run = workshop.runs()[f"{KEY}-TC-1"].id
    (file,) = files_by_holder(database, [run])[run]
    store_file(
        database,
        file.attachment,
        name=file.name,
        media_type=file.media_type,
        content=b"flow 6 ml/h",
    )
    ran = workshop.run(*verify)
    workshop.see(
        exit_status_with_other_bytes_there=ran.status,
        the_file_is_named=names_all(ran.output, f"{KEY}-TC-1", "content of file curve.bin"),
    )


SCENES = (
    Scene(
        "manifest",
        "A pytest session whose test attaches a file; `pytest-jama manifest` with a subject; then "
        "`pytest-jama verify --files` of it: at once, with an edited manifest, with another "
        "subject, with other bytes in Jama.",
        _play_manifest,
        (
            Check(
                "A-30",
                "The manifest says FAILED where a case failed, names that case, and is the same "
                "each time.",
                {
                    "exit status of the manifest": 0,
                    "it says": "FAILED",
                    "cases it calls failed": "PUMP-TC-2",
                    "made twice it is the same": True,
                },
                ("M-02", "M-13"),
            ),
            Check(
                "A-31",
                "An edited manifest is found, with the field and both values.",
                {
                    "exit status as it was made": 0,
                    "exit status with an edited manifest": 1,
                    "its field and both values are named": True,
                },
                ("M-09",),
            ),
            Check(
                "A-32",
                "Software under test that is not what the manifest names is found.",
                {"exit status with another subject": 1, "the subject is named": True},
                ("M-08", "M-09"),
            ),
            Check(
                "A-33",
                "A file at a run whose bytes were replaced is found, though its size is the same.",
                {"exit status with other bytes there": 1, "the file is named": True},
                ("M-09",),
            ),
        ),
    ),
)
