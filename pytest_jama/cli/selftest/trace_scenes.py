"""Requirements traced to test cases, tests and what Jama shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_jama.cli.selftest.scene import Check, Scene
from pytest_jama.cli.selftest.workshop import KEY, TOOLBOX, TWO_TESTS

if TYPE_CHECKING:
    from pytest_jama.cli.selftest.workshop import Workshop


def _play_trace(workshop: Workshop) -> None:
    workshop.add_cases(1, 2, 3)
    store = workshop.sandbox.store
    names = ("shown", "failed", "without test", "without case", "with a passed part", "the part")
    requirements = dict(zip(names, store.add_items(KEY, "REQ", *names), strict=True))
    cases = [workshop.case(number).id for number in (1, 2, 3)]
    store.relate(
        (requirements["shown"], cases[0]),
        (requirements["failed"], cases[0]),
        (requirements["failed"], cases[1]),
        (requirements["without test"], cases[2]),
        (requirements["with a passed part"], requirements["the part"]),
        (requirements["the part"], cases[0]),
    )
    workshop.write("test_it.py", TWO_TESTS)
    workshop.pytest()
    workshop.sandbox.clear_requests()
    ran = workshop.run(*TOOLBOX, "trace", "-o", "trace.json")
    asked = [each.path for each in workshop.sandbox.requests]
    traced = json.loads((workshop.folder / "trace.json").read_text(encoding="utf-8"))
    workshop.see(
        exit_status=ran.status,
        it_says_complete=traced["complete"],
        its_writes=workshop.count_writes(),
        requests_of_relationships=asked.count("/relationships"),
        exit_status_where_it_must_be_complete=workshop.run(
            *TOOLBOX, "trace", "--require", "complete"
        ).status,
        **{each["name"]: each["rank"] for each in traced["requirements"]},
    )
    run = workshop.runs()[f"{KEY}-TC-1"]
    store.set_status(run.id, "FAILED")
    workshop.run(*TOOLBOX, "trace", "-o", "later.json")
    later = json.loads((workshop.folder / "later.json").read_text(encoding="utf-8"))
    rank = next(each["rank"] for each in later["requirements"] if each["name"] == "shown")
    workshop.see(rank_when_jama_shows_failed=rank)


SCENES = (
    Scene(
        "trace",
        "Six requirements, three test cases, two tests; `pytest-jama trace`, and once more after "
        "another user has entered FAILED.",
        _play_trace,
        (
            Check(
                "A-40",
                "A requirement is shown only where a test of its cases passed, also through "
                "another requirement below it.",
                {"shown": "shown", "the part": "shown", "with a passed part": "shown"},
                ("M-01",),
            ),
            Check(
                "A-41",
                "A requirement without a case, without a test or with a failure is named as that.",
                {"without case": "no_case", "without test": "no_test", "failed": "failed"},
                ("M-01", "M-02"),
            ),
            Check(
                "A-42",
                "With a gap the trace is not complete, and `--require complete` exits with 1.",
                {
                    "exit status": 0,
                    "it says complete": False,
                    "exit status where it must be complete": 1,
                },
                ("M-13",),
            ),
            Check(
                "A-43",
                "A requirement is not shown any more when Jama shows another status.",
                {"rank when jama shows failed": "open"},
                ("M-01", "M-09"),
            ),
            Check(
                "A-44",
                "It reads lists, two pages of relationships here, and writes nothing.",
                {"its writes": 0, "requests of relationships": 2},
                ("M-14",),
            ),
        ),
    ),
)
