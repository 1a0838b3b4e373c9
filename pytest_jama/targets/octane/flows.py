"""The flows that read: one table of what each asks for, and what it shows. Pure.

A flow is one question to one collection. What is asked for follows from the options of the command
line; `pytest_jama/targets/octane/flow_reading.py` asks.

Source: vendor's help, "Common flows and ER diagrams"; the fields are those of section 7 there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.targets.octane.query import (
    Statement,
    both,
    either,
    equals,
    is_true,
    negated,
    refers,
    refers_to_entry,
    refers_to_nothing,
)
from pytest_jama.targets.octane.wishes import FlowOption, OptionKind, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable


class ReadingFlow(NamedTuple):
    """One question to one collection.

    Attributes:
        name: The name of its command.
        text: What it shows, in a line.
        example: What may stand behind its name, as docs/octane-flows.md shows it run.
        collection: Where it asks.
        fields: What it asks for, as the server has it; those that refer say what of that is shown.
        options: What it can be told.
        condition: Makes the query of what was told.
        numbers: Which of the documented flows it covers.
    """

    name: str
    text: str
    example: str
    collection: str
    fields: tuple[str, ...]
    options: tuple[FlowOption, ...]
    condition: Callable[[Wishes], Statement]
    numbers: tuple[int, ...]


_RELEASE = FlowOption("release", "Of this release.", value="NAME", collection="releases")
_MINE = FlowOption("mine", "Only what is mine.", OptionKind.FLAG)
_SINCE = FlowOption(
    "since", "Only after that: 24h, 7d, 2026-01-05T10:00:00Z.", OptionKind.SINCE, value="TIME"
)
_TEST = FlowOption(
    "test", "Of this test, by ID or name.", value="TEST", collection="tests", is_number_id=True
)
_FAILED = FlowOption("failed", "Only those whose tests failed last.", OptionKind.FLAG)

_RUN_STATUS = "list_node.run_status."
_NATIVE_STATUS = "list_node.run_native_status."
_READY = "list_node.automation_status.ready_for_automation"


def _stories(wishes: Wishes) -> Statement:
    phase = wishes.entries("phase", "phase.story.")
    return both(wishes.named("release"), phase, wishes.mine("owner"))


def _defects(wishes: Wishes) -> Statement:
    has_module = negated(refers_to_nothing("product_areas")) if wishes.has("with-module") else None
    return both(
        has_module or Statement(),
        wishes.entries("severity", "list_node.severity."),
        wishes.named("sprint"),
        wishes.entries("phase", "phase.defect."),
        _runs_of_defects(wishes),
        wishes.mine("qa_owner"),
    )


def _runs_of_defects(wishes: Wishes) -> Statement:
    words = [word for word in ("failed", "passed") if wishes.has(f"run-{word}")]
    if len(words) > 1:
        what = "--run-failed and --run-passed exclude each other"
        raise SettingsError(Problem(what, "give one of them", "command line"))
    asked = both(
        wishes.named("test"),
        *(refers_to_entry("status", _RUN_STATUS + word) for word in words),
    )
    return refers("run", asked) if asked else asked


def _comments(wishes: Wishes) -> Statement:
    return refers("owner_test", both(equals("subtype", "test_manual"), wishes.mine("owner")))


def _planned(wishes: Wishes) -> Statement:
    return both(
        refers_to_entry("native_status", f"{_NATIVE_STATUS}planned"),
        wishes.named("release"),
        wishes.mine("default_run_by"),
    )


def _environments(wishes: Wishes) -> Statement:
    return both(wishes.named("release"), negated(refers_to_nothing("taxonomies")))


def _tests(wishes: Wishes) -> Statement:
    return both(wishes.named("user_tags", "tag"), wishes.named("product_areas", "module"))


def _failed_last(wishes: Wishes) -> Statement:
    asked = both(
        wishes.named("release"),
        refers_to_entry("status", f"{_RUN_STATUS}failed"),
        wishes.since("creation_time"),
    )
    return refers("last_runs", asked)


def _modules(wishes: Wishes) -> Statement:
    _require_failed(wishes)
    return refers("test", _failed_last(wishes)) if wishes.has("failed") else Statement()


def _features(wishes: Wishes) -> Statement:
    own = _modules(wishes)
    return either(own, refers("children", own)) if own else own


def _require_failed(wishes: Wishes) -> None:
    """Refuse what says how tests failed where nobody asks for failed ones."""
    given = [name for name in ("since", "release") if wishes.has(name)]
    if given and not wishes.has("failed"):
        remedy = "add --failed"
        raise SettingsError(
            Problem("it is about tests that failed", remedy, f"--{given[0]}"),
        )


def _history(wishes: Wishes) -> Statement:
    if not any(map(wishes.has, ("build", "run", "since"))):
        what = "the history of all runs is not asked for"
        raise SettingsError(Problem(what, "give --build, --run or --since", "command line"))
    failed = refers_to_entry("run_native_status", f"{_NATIVE_STATUS}failed")
    return both(
        wishes.numbered("build_id", "build"),
        wishes.numbered("run_id", "run"),
        Statement() if wishes.has("all") else failed,
        wishes.since("run_started"),
    )


def _fields(wishes: Wishes) -> Statement:
    return both(equals("entity_name", wishes.text("entity")), is_true("is_user_defined"))


def ready_for_automation(_wishes: Wishes) -> Statement:
    """Ask for Gherkin tests that are ready for automation."""
    return refers_to_entry("automation_status", _READY)


READING = (
    ReadingFlow(
        "stories",
        "New stories of a release; with --mine your own.",
        "--release 2.4 --mine",
        "stories",
        ("id", "name", "owner{name}", "sprint{name}"),
        (
            _RELEASE,
            FlowOption("phase", "In this phase.", OptionKind.TEXTS, "PHASE", default="new"),
            _MINE,
        ),
        _stories,
        (1,),
    ),
    ReadingFlow(
        "defects",
        "Defects by sprint, phase, severity and runs.",
        "--sprint S1 --phase opened,fixed --mine",
        "defects",
        (
            *("id", "name", "severity{name}", "phase{name}", "detected_by{name}"),
            *("product_areas{name}", "run{name}"),
        ),
        (
            FlowOption("sprint", "Of this sprint.", value="NAME", collection="sprints"),
            FlowOption("phase", "In these phases: opened,fixed.", OptionKind.TEXTS, "PHASE,..."),
            FlowOption("severity", "So severe: high,urgent.", OptionKind.TEXTS, "WORD,..."),
            FlowOption("with-module", "Only of an application module.", OptionKind.FLAG),
            FlowOption("run-failed", "Only of a run that failed.", OptionKind.FLAG),
            FlowOption("run-passed", "Only of a run that passed.", OptionKind.FLAG),
            _TEST._replace(text="Only of a run of this test, by ID or name."),
            _MINE._replace(text="Only those that I must test."),
        ),
        _defects,
        (2, 12, 13, 14),
    ),
    ReadingFlow(
        "comments",
        "Comments of manual tests.",
        "--mine",
        "comments",
        ("id", "owner_test{name}", "author{name}", "creation_time", "text"),
        (_MINE._replace(text="Only of tests that are mine."),),
        _comments,
        (3,),
    ),
    ReadingFlow(
        "planned",
        "Runs that are planned.",
        "",
        "runs",
        ("id", "name", "subtype", "test{name}", "release{name}", "default_run_by{name}"),
        (_RELEASE, _MINE),
        _planned,
        (6,),
    ),
    ReadingFlow(
        "environments",
        "Environments of the results of releases, counted.",
        "--release '2.*'",
        "runs",
        ("id", "taxonomies{name,category}", "native_status{logical_name,name}"),
        (_RELEASE._replace(is_required=True, text="Of these releases; * stands for anything."),),
        _environments,
        (7,),
    ),
    ReadingFlow(
        "tests",
        "Automated tests by tag and application module.",
        "--tag security --module 'Messag*'",
        "automated_tests",
        ("id", "package", "class_name", "name", "user_tags{name}"),
        (
            FlowOption("tag", "With this tag.", value="NAME", collection="user_tags"),
            FlowOption(
                *("module", "Of this application module; * stands for anything."),
                value="NAME",
                collection="product_areas",
            ),
        ),
        _tests,
        (8,),
    ),
    ReadingFlow(
        "failed",
        "Automated tests that failed last.",
        "--release 2.4 --since 2026-01-05T10:00:00Z",
        "automated_tests",
        ("id", "package", "class_name", "name", "last_runs"),
        (_RELEASE, _SINCE),
        _failed_last,
        (9,),
    ),
    ReadingFlow(
        "modules",
        "Application modules, or those whose tests failed last.",
        "--failed --since 2026-01-05T10:00:00Z",
        "product_areas",
        ("id", "name"),
        (_FAILED, _RELEASE, _SINCE),
        _modules,
        (10,),
    ),
    ReadingFlow(
        "features",
        "Features, or those whose tests failed last.",
        "--failed --since 2026-01-05T10:00:00Z",
        "features",
        ("id", "name", "parent{name}"),
        (
            _FAILED._replace(
                text="Only those whose tests, or those of their stories, failed last."
            ),
            _RELEASE,
            _SINCE,
        ),
        _features,
        (11,),
    ),
    ReadingFlow(
        "history",
        "Failed runs by the history of runs.",
        "--build 17",
        "previous_runs",
        (
            *("id", "run_started", "test_name", "run_native_status{name}", "build_name"),
            *("is_new_failure", "run_id"),
        ),
        (
            FlowOption(
                *("build", "Of this build, by ID or name."),
                value="BUILD",
                collection="ci_builds",
                is_number_id=True,
                needs_id=True,
            ),
            FlowOption(
                *("run", "Of this run, by ID or name."),
                value="RUN",
                collection="runs",
                is_number_id=True,
                needs_id=True,
            ),
            _SINCE,
            FlowOption("all", "Those that did not fail, too.", OptionKind.FLAG),
        ),
        _history,
        (17,),
    ),
    ReadingFlow(
        "fields",
        "Fields that users have defined for an entity.",
        "run_automated",
        "metadata/fields",
        ("name", "label", "field_type", "required", "values"),
        (
            FlowOption(
                *("entity", "The entity, as metadata call it: run_automated, defect, story."),
                is_required=True,
                is_argument=True,
            ),
        ),
        _fields,
        (24,),
    ),
)
"""The flows that only read, in the order of the help."""
