"""All flows of the command line: what each is called, can be told, and does."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.targets.octane.flow_bulk import CLOSINGS, add_test_tasks, close_done
from pytest_jama.targets.octane.flow_files import attach_file, take_gherkin
from pytest_jama.targets.octane.flow_reading import read_flow
from pytest_jama.targets.octane.flow_writes import make_suite, plan_suite, run_manually
from pytest_jama.targets.octane.flows import READING
from pytest_jama.targets.octane.wishes import FlowOption, OptionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.targets.octane.flow_reading import Desk
    from pytest_jama.targets.octane.flow_rows import FlowRows


class Flow(NamedTuple):
    """One command.

    Attributes:
        name: Its name.
        text: What it does, in a line.
        example: What may stand behind its name, as docs/octane-flows.md shows it run.
        options: What it can be told.
        run: Does it.
        numbers: Which of the documented flows it covers.
    """

    name: str
    text: str
    example: str
    options: tuple[FlowOption, ...]
    run: Callable[[Desk], FlowRows]
    numbers: tuple[int, ...]


_YES = FlowOption("yes", "Do it; without it the plan is only shown.", OptionKind.FLAG)
_RELEASE = FlowOption("release", "For this release.", value="NAME", collection="releases")
_STATUSES = "passed, failed, blocked, skipped, not_completed or planned"

WRITING = (
    Flow(
        "attach",
        "Attach a file to a manual test or to a run.",
        'gauge.png --test "By hand" --in-script',
        (
            FlowOption(*("file", "The file.", OptionKind.FILE), is_required=True, is_argument=True),
            FlowOption(
                *("test", "To this test, by ID or name."),
                value="TEST",
                collection="tests",
                is_number_id=True,
            ),
            FlowOption("run", "To the run with this ID.", value="RUN"),
            FlowOption("in-script", "Name it in the script of the test, too.", OptionKind.FLAG),
        ),
        attach_file,
        (4,),
    ),
    Flow(
        "gherkin",
        "Gherkin tests that are ready for automation.",
        "--scripts features",
        (
            FlowOption(
                *("scripts", "Write their scripts into this folder.", OptionKind.FOLDER),
                value="FOLDER",
            ),
            FlowOption("mark", "Set their automation status: automated.", value="STATUS"),
            _YES,
        ),
        take_gherkin,
        (5,),
    ),
    Flow(
        "run-manually",
        "Make a run of a manual test, or set one and its steps.",
        '"By hand" --release 2.4',
        (
            FlowOption(
                *("test", "The test, by ID or name."),
                collection="tests",
                is_number_id=True,
                is_argument=True,
            ),
            _RELEASE,
            FlowOption("status", f"{_STATUSES}; a new run is planned.", value="STATUS"),
            FlowOption("run", "Set this run, which is there already.", value="RUN"),
            FlowOption(
                *("step", "Set a step of it: 2=failed; several times.", OptionKind.TEXTS),
                value="NUMBER=STATUS",
            ),
        ),
        run_manually,
        (18,),
    ),
    Flow(
        "suite",
        "Make a test suite of tests, or add tests to it.",
        'Regression "By hand" "Pump starts"',
        (
            FlowOption("name", "The name of the suite.", is_required=True, is_argument=True),
            FlowOption(
                *("tests", "The tests, by ID or name.", OptionKind.TEXTS),
                is_required=True,
                is_argument=True,
            ),
        ),
        make_suite,
        (19,),
    ),
    Flow(
        "plan",
        "Plan a run of a test suite.",
        "Regression --release 2.4 --run-by me",
        (
            FlowOption(
                *("suite", "The suite, by ID or name."),
                collection="test_suites",
                is_required=True,
                is_argument=True,
            ),
            _RELEASE,
            FlowOption(
                *("run-by", "Who is to run it: me, or a user by ID or name."),
                value="USER",
                collection="workspace_users",
            ),
        ),
        plan_suite,
        (20,),
    ),
    Flow(
        "add-test-tasks",
        'Give stories without a "Test" task one.',
        "--release 2.4 --yes",
        (_RELEASE, _YES),
        add_test_tasks,
        (21,),
    ),
    Flow(
        "close-done",
        "Set stories or features to done whose parts are.",
        "stories --yes",
        (
            FlowOption(*("what", f"{' or '.join(CLOSINGS)}."), is_required=True, is_argument=True),
            _RELEASE,
            _YES,
        ),
        close_done,
        (22, 23),
    ),
)
"""The flows that make or change something, in the order of the help."""

FLOWS: Mapping[str, Flow] = MappingProxyType(
    {
        **{
            each.name: Flow(
                *(each.name, each.text, each.example, each.options),
                *(partial(read_flow, each), each.numbers),
            )
            for each in READING
        },
        **{each.name: each for each in WRITING},
    }
)
"""By name; the pushing of results (15, 16) has commands of its own, and 25 is not public."""
