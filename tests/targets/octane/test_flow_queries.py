"""Each documented flow asks exactly what is written down of it; odd names cannot change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.errors import SettingsError
from pytest_jama.targets.octane.flow_bulk import CLOSINGS, done_by_parts
from pytest_jama.targets.octane.flow_table import FLOWS
from pytest_jama.targets.octane.flows import READING, ready_for_automation
from pytest_jama.targets.octane.wishes import Wishes, read_moment
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW_S = 1_767_693_600.0
"""2026-01-06T10:00:00Z."""

FAILED = "status EQ {logical_name EQ ^list_node.run_status.failed^}"
LATELY = "creation_time GT ^2026-01-05T10:00:00Z^"
LAST = f"last_runs EQ {{{FAILED};{LATELY}}}"


def _query(name: str, given: Mapping[str, str | bool | tuple[str, ...]]) -> str:
    flow = next(each for each in READING if each.name == name)
    options = {option.name: option for option in flow.options}
    return str(flow.condition(Wishes(given, options, NOW_S)))


@every(
    "name, given, query",
    [
        pytest.param(
            "stories",
            {"release": "2.4", "mine": True},
            "release EQ {name EQ ^2.4^};phase EQ {logical_name EQ ^phase.story.new^};"
            "owner EQ {id EQ [current_user]}",
            id="1",
        ),
        pytest.param(
            "defects",
            {"sprint": "S1", "phase": ("opened,fixed",), "mine": True},
            "sprint EQ {name EQ ^S1^};phase EQ {logical_name IN ^phase.defect.opened^,"
            "^phase.defect.fixed^};qa_owner EQ {id EQ [current_user]}",
            id="2",
        ),
        pytest.param(
            "comments",
            {"mine": True},
            "owner_test EQ {subtype EQ ^test_manual^;owner EQ {id EQ [current_user]}}",
            id="3",
        ),
        pytest.param(
            "planned",
            {},
            "native_status EQ {logical_name EQ ^list_node.run_native_status.planned^}",
            id="6",
        ),
        pytest.param(
            "environments",
            {"release": "732.*"},
            "release EQ {name EQ ^732.*^};!taxonomies EQ {null}",
            id="7",
        ),
        pytest.param(
            "tests",
            {"tag": "security", "module": "Messag*"},
            "user_tags EQ {name EQ ^security^};product_areas EQ {name EQ ^Messag*^}",
            id="8",
        ),
        pytest.param(
            "failed",
            {"release": "2.4", "since": "24h"},
            f"last_runs EQ {{release EQ {{name EQ ^2.4^}};{FAILED};{LATELY}}}",
            id="9",
        ),
        pytest.param("modules", {"failed": True, "since": "24h"}, f"test EQ {{{LAST}}}", id="10"),
        pytest.param(
            "features",
            {"failed": True, "since": "24h"},
            f"test EQ {{{LAST}}}||children EQ {{test EQ {{{LAST}}}}}",
            id="11",
        ),
        pytest.param(
            "defects",
            {"severity": ("high,urgent",), "phase": ("opened",), "with-module": True},
            "!product_areas EQ {null};severity EQ {logical_name IN ^list_node.severity.high^,"
            "^list_node.severity.urgent^};phase EQ {logical_name EQ ^phase.defect.opened^}",
            id="12",
        ),
        pytest.param(
            "defects",
            {"phase": ("closed",), "run-failed": True, "test": "1113"},
            "phase EQ {logical_name EQ ^phase.defect.closed^};"
            f"run EQ {{test EQ {{id EQ 1113}};{FAILED}}}",
            id="13",
        ),
        pytest.param(
            "defects",
            {"phase": ("fixed",), "run-passed": True, "test": "1113"},
            "phase EQ {logical_name EQ ^phase.defect.fixed^};run EQ {test EQ {id EQ 1113};"
            "status EQ {logical_name EQ ^list_node.run_status.passed^}}",
            id="14",
        ),
        pytest.param(
            "history",
            {"build": "1035"},
            "build_id EQ 1035;"
            "run_native_status EQ {logical_name EQ ^list_node.run_native_status.failed^}",
            id="17-build",
        ),
        pytest.param(
            "history",
            {"run": "1000", "since": "24h"},
            "run_id EQ 1000;run_native_status EQ {logical_name EQ "
            "^list_node.run_native_status.failed^};run_started GT ^2026-01-05T10:00:00Z^",
            id="17-run",
        ),
        pytest.param(
            "fields",
            {"entity": "run_automated"},
            "entity_name EQ ^run_automated^;is_user_defined EQ true",
            id="24",
        ),
    ],
)
def test_a_documented_flow_asks_what_is_written_down_of_it(
    name: str, given: dict[str, str | bool | tuple[str, ...]], query: str
) -> None:
    assert _query(name, given) == query


def test_what_closes_stories_and_features_asks_what_is_written_down_of_it() -> None:
    done = "^phase.story.done^"
    completed = "phase EQ {logical_name EQ ^phase.task.completed^}"
    assert done_by_parts(CLOSINGS["stories"]) == (
        f"!phase EQ {{logical_name EQ {done}}};child_task EQ {{{completed}}};"
        f"!child_task EQ {{!{completed}}}"
    )
    assert done_by_parts(CLOSINGS["features"]) == (
        "!phase EQ {logical_name EQ ^phase.feature.done^};"
        f"children EQ {{phase EQ {{logical_name EQ {done}}}}};"
        f"!children EQ {{!phase EQ {{logical_name EQ {done}}}}}"
    )


def test_gherkin_tests_are_asked_for_by_their_status() -> None:
    assert ready_for_automation(Wishes({})) == (
        "automation_status EQ {logical_name EQ ^list_node.automation_status.ready_for_automation^}"
    )


@every(
    "name, given, part",
    [
        ("planned", {"mine": True}, ";default_run_by EQ {id EQ [current_user]}"),
        ("comments", {}, "owner_test EQ {subtype EQ ^test_manual^}"),
        ("stories", {"phase": "inprogress"}, "{logical_name EQ ^phase.story.inprogress^}"),
        ("stories", {"phase": "phase.story.own"}, "{logical_name EQ ^phase.story.own^}"),
        ("failed", {"release": "id:1001"}, "release EQ {id EQ 1001};"),
        ("failed", {"release": "name:id:1"}, "release EQ {name EQ ^id:1^};"),
        ("failed", {"release": "2026"}, "release EQ {id EQ 2026||name EQ ^2026^};"),
        ("defects", {"test": "test_pump"}, "run EQ {test EQ {name EQ ^test_pump^}}"),
        ("history", {"build": "1", "all": True}, "build_id EQ 1"),
        ("features", {}, ""),
    ],
)
def test_options_combine(
    name: str, given: dict[str, str | bool | tuple[str, ...]], part: str
) -> None:
    assert part in _query(name, given)


@every(
    "name, given, said",
    [
        ("modules", {"since": "24h"}, "--since: it is about tests that failed; add --failed"),
        ("defects", {"run-failed": True, "run-passed": True}, "exclude each other"),
        ("history", {}, "give --build, --run or --since"),
        ("failed", {"since": "lately"}, "'lately' is not a time"),
        ("failed", {"since": "99999999w"}, "is not a time"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    name: str, given: dict[str, str | bool | tuple[str, ...]], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        _query(name, given)


@every(
    "text, ago_s",
    [
        *(("90s", 90), ("1.5h", 5400), ("30 m", 1800), ("7d", 604_800), ("1w", 604_800)),
        *(("2026-01-05T10:00:00Z", 86_400), ("2026-01-05", 122_400)),
        ("2026-01-05T11:00:00+01:00", 86_400),
    ],
)
def test_a_time_is_how_long_ago_or_a_moment(text: str, ago_s: float) -> None:
    assert read_moment(text, now_s=NOW_S) == NOW_S - ago_s


@given(st.text(min_size=1).filter(lambda text: not text.startswith(("id:", "name:"))))
def test_no_name_gets_out_of_its_text(name: str) -> None:
    query = _query("failed", {"release": f"name:{name}"})
    inner = query.removeprefix("last_runs EQ {release EQ {name EQ ^")
    text = inner.removesuffix(f"^}};{FAILED}}}")
    assert "^" not in text
    assert not any(
        character in "\"'()" and (index == 0 or text[index - 1] != "\\")
        for index, character in enumerate(text)
    )


def test_every_documented_flow_that_is_public_has_a_command() -> None:
    by_reporting = {15, 16}
    covered = {number for flow in FLOWS.values() for number in flow.numbers}
    assert covered | by_reporting == set(range(1, 25))
