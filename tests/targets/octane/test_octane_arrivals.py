from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.errors import RefusedError
from pytest_jama.core.results import Outcome
from pytest_jama.targets.octane.arrivals import read_back
from pytest_jama.targets.octane.document import build_documents
from pytest_jama.targets.octane.document_head import BuildIds, DocumentHead
from pytest_jama.targets.octane.run_element import SentTest
from pytest_jama.targets.octane.server_runs import find_moment_ms
from pytest_jama.targets.octane.taken_documents import describe_gaps, is_due
from tests.every import every
from tests.targets.octane.entity_scripts import asked, page
from tests.targets.octane.octane_lab import result
from tests.targets.octane.octane_scripts import error
from tests.targets.octane.pushed_documents import hand_in

if TYPE_CHECKING:
    from pytest_jama.core.results import TestResult
    from tests.targets.octane.conftest import MakeLab, OpenEntities
    from tests.targets.octane.octane_lab import OctaneLab

BUILD = {"server": "lab-ci", "job": "nightly", "id": "42", "create": True}
IDS = BuildIds("lab-ci", "nightly", "42")


def _push(lab: OctaneLab, results: list[TestResult], head: DocumentHead) -> tuple[SentTest, ...]:
    """Let the stand-in take results; return what was sent."""
    documents = build_documents(results, head)
    for document in documents:
        assert hand_in(lab.entities().client, document) == "success"
    lab.sandbox.clear_requests()
    return tuple(test for document in documents for test in document.tests)


def _results(count: int = 3) -> list[TestResult]:
    outcomes = (Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED)
    return [
        result(f"tests/test_a.py::test_{at}", outcomes[at % 3], started=1_767_607_200.4 + at)
        for at in range(count)
    ]


def test_all_runs_are_found_without_a_build(octane: OctaneLab) -> None:
    sent = _push(octane, _results(), DocumentHead())
    found = read_back(octane.entities(), sent, build=None)
    assert found.gaps == ()
    ids = {each["id"] for each in octane.store.all("automated_runs")}
    assert set(found.run_ids) == {test.test_id for test in sent}
    assert set(found.run_ids.values()) == ids
    assert octane.asked == ["GET automated_runs"]


def test_all_runs_are_found_by_their_build(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    sent = _push(octane, _results(), DocumentHead(build=IDS))
    found = read_back(octane.entities(), sent, build=IDS)
    assert found.gaps == ()
    ids = {each["id"] for each in octane.store.all("automated_runs")}
    assert set(found.run_ids.values()) == ids
    assert octane.asked == ["GET ci_builds", "GET previous_runs"]


def test_a_run_that_was_left_out_is_missed(octane: OctaneLab) -> None:
    sent = _push(octane, _results(), DocumentHead())
    lost = SentTest(
        "tests/test_a.py::lost", "", "tests", "test_a", "lost", "Passed", 1_767_607_200_400
    )
    (gap,) = read_back(octane.entities(), (*sent, lost), build=None).gaps
    assert str(gap) == "tests/test_a.py::lost: sent Passed, the server has nothing"
    assert gap.facts() == {
        "test": "tests/test_a.py::lost",
        "what": "run",
        "sent": "Passed",
        "now": None,
        "why": "",
    }


def test_a_run_with_another_status_is_a_gap(octane: OctaneLab) -> None:
    test, *others = _push(octane, _results(), DocumentHead())
    changed = [test._replace(status="Failed"), *others]
    (gap,) = read_back(octane.entities(), changed, build=None).gaps
    assert str(gap) == f"{test.test_id}: sent Failed, the server has passed"


def test_a_run_of_yesterday_is_not_that_of_today(octane: OctaneLab) -> None:
    octane.find(build=BUILD)
    sent = _push(octane, _results(1), DocumentHead(build=IDS))
    later = [test._replace(started_ms=test.started_ms + 5_000) for test in sent]
    (gap,) = read_back(octane.entities(), later, build=IDS).gaps
    assert (gap.now, gap.why) == ("", "a run of another time is there")


def test_what_a_later_session_replaced_is_found_in_the_history(octane: OctaneLab) -> None:
    first = _push(octane, _results(), DocumentHead())
    _push(octane, [each._replace(started=1_767_800_000.0) for each in _results()], DocumentHead())
    assert read_back(octane.entities(), first, build=None).gaps == ()
    assert octane.asked == ["GET automated_runs", "GET previous_runs"]


def test_very_many_runs_take_a_request_for_each_thousand(octane: OctaneLab) -> None:
    results = [
        result(f"t.py::test_{at}", started=1_767_607_200.0 + at / 100) for at in range(2_500)
    ]
    sent = _push(octane, results, DocumentHead())
    assert read_back(octane.entities(), sent, build=None).gaps == ()
    assert octane.asked == ["GET previous_runs"] * 3


def test_a_part_of_very_many_runs_takes_only_the_requests_of_that_part(
    octane: OctaneLab,
) -> None:
    results = [
        result(f"t.py::test_{at:05}", started=1_767_607_200.0 + at % 7) for at in range(6_500)
    ]
    sent = _push(octane, results, DocumentHead())
    assert read_back(octane.entities(), sent[5_000:], build=None).gaps == ()
    assert octane.asked == ["GET previous_runs"] * 2


def test_beside_very_many_runs_of_others_some_are_asked_for_by_name(octane: OctaneLab) -> None:
    sent = _push(octane, _results(), DocumentHead())
    others = [result(f"o.py::test_{at}", started=1_767_607_200.5 + at % 2) for at in range(2_100)]
    _push(octane, others, DocumentHead())
    assert read_back(octane.entities(), sent, build=None).gaps == ()
    assert octane.asked == ["GET automated_runs"] * 4
    assert "test EQ {name IN ^test_0^,^test_1^,^test_2^}" in str(octane.sandbox.requests[-1].query)


def test_names_that_are_too_long_for_one_address_are_asked_for_apart(
    octane: OctaneLab,
) -> None:
    results = [result(f"t.py::test_{at}_{'漢' * 200}", started=1_767_607_200.0) for at in range(3)]
    sent = _push(octane, results, DocumentHead())
    others = [result(f"o.py::test_{at}", started=1_767_607_200.5) for at in range(2_100)]
    _push(octane, others, DocumentHead())
    assert read_back(octane.entities(), sent, build=None).gaps == ()
    assert octane.asked == ["GET automated_runs"] * 6


HOSTILE = [
    "test_x[a^b]",
    'test_x[it\'s ("odd") \\ here]',
    "test_x[a*b]",
    "test_x[ blanks ]",
    "test_x[two\nlines\tand a tab]",
    "test_x[<&>;||{},!]",
    "test_x[\x1b[31mred\x00]",
    "test_x[\ud83d]",
    "test_x[Prüfung 漢字 😀]",
    "test_x[1.5]",
    f"test_x[{'😀' * 300}]",
    f"test_x[{'😀' * 299}]",
    "test_x[trailing ] ",
]


def test_runs_with_hostile_names_are_found_however_they_are_asked_for(octane: OctaneLab) -> None:
    results = [
        result(f"pkg.x/tests/t.py::TestX::{name}", started=1_767_607_200.0 + at / 10)
        for at, name in enumerate(HOSTILE)
    ]
    sent = _push(octane, results, DocumentHead())
    assert len(sent) == len(HOSTILE)
    assert read_back(octane.entities(), sent, build=None).gaps == ()
    others = [result(f"o.py::test_{at}", started=1_767_607_200.5) for at in range(2_100)]
    _push(octane, others, DocumentHead())
    assert read_back(octane.entities(), sent, build=None).gaps == ()
    assert [each for each in octane.asked if each != "GET automated_runs"] == []


def test_a_server_that_does_not_sort_backwards_is_asked_otherwise(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(error(400, "order_by"), page(_run()))
    assert read_back(entities, [TEST], build=None).gaps == ()
    assert len(asked(server)) == 2


def test_a_build_that_is_not_shown_is_passed_over(octane: OctaneLab) -> None:
    sent = _push(octane, _results(), DocumentHead())
    assert read_back(octane.entities(), sent, build=IDS).gaps == ()
    assert octane.asked == ["GET ci_builds", "GET automated_runs"]


@pytest.mark.parametrize("forbidden", ["automated_runs", "previous_runs", "ci_builds"])
def test_one_kind_that_may_not_be_read_is_passed_over(make_lab: MakeLab, forbidden: str) -> None:
    lab = make_lab(forbidden_names=forbidden)
    sent = _push(lab, _results(), DocumentHead())
    assert read_back(lab.entities(), sent, build=IDS).gaps == ()


def test_where_nothing_may_be_read_it_is_refused(make_lab: MakeLab) -> None:
    lab = make_lab(forbidden_names="automated_runs,previous_runs")
    sent = _push(lab, _results(), DocumentHead())
    with pytest.raises(RefusedError, match=r"automated_runs: 403"):
        read_back(lab.entities(), sent, build=None)


def test_a_server_that_fails_is_not_one_without_runs(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(error(409, "locked"))
    with pytest.raises(RefusedError, match=r"automated_runs: 409"):
        read_back(entities, [TEST], build=None)


TEST = SentTest("t.py::x", "", "", "t", "x", "Passed", 1_767_607_200_400)


def _run(**given: Any) -> dict[str, Any]:
    """Return a row of `automated_runs` as present servers write it."""
    return {
        "id": "7",
        "started": "2026-01-05T10:00:00Z",
        "native_status": {"type": "list_node", "id": "list_node.run_native_status.passed"},
        "test": {
            "type": "test_automated",
            "id": "1",
            "package": None,
            "class_name": "t",
            "name": "x",
        },
        **given,
    }


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="status by its ID"),
        pytest.param(
            {
                "native_status": {
                    "id": "1002",
                    "logical_name": "list_node.run_native_status.passed",
                }
            },
            id="status with a number",
        ),
        pytest.param({"native_status": "Passed"}, id="status as a word"),
        pytest.param({"started": "2026-01-05T10:00:00.400Z"}, id="with milliseconds"),
        pytest.param({"started": "2026-01-05T10:00:01Z"}, id="rounded up"),
        pytest.param({"started": "2026-01-05T12:00:00.4+0200"}, id="another time zone"),
        pytest.param({"started": 1_767_607_200_400}, id="a number"),
        pytest.param({"started": None}, id="without a time"),
        pytest.param({"started": "soon"}, id="a time that is none"),
        pytest.param({"id": 7}, id="the ID as a number"),
    ],
)
def test_a_run_is_recognized_however_the_server_writes_it(
    entities_of: OpenEntities, given: dict[str, Any]
) -> None:
    entities, server = entities_of(page(_run(**given)))
    found = read_back(entities, [TEST], build=None)
    assert (found.gaps, dict(found.run_ids)) == ((), {"t.py::x": "7"})
    (request,) = asked(server)
    assert request.query == "started GE ^2026-01-05T09:59:59Z^;started LE ^2026-01-05T10:00:02Z^"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"test": {"name": "x", "class_name": "u"}}, id="another class"),
        pytest.param({"test": {"name": "y", "class_name": "t"}}, id="another name"),
        pytest.param(
            {"test": {"name": "x", "class_name": "t", "package": "p"}}, id="another package"
        ),
        pytest.param({"test": None}, id="no test"),
        pytest.param({"started": "2026-01-05T10:00:02Z"}, id="another time"),
    ],
)
def test_a_run_of_another_test_or_time_does_not_count(
    entities_of: OpenEntities, given: dict[str, Any]
) -> None:
    entities, _ = entities_of(page(_run(**given)), page())
    assert len(read_back(entities, [TEST], build=None).gaps) == 1


def test_of_two_environments_the_run_with_the_status_that_was_sent_counts(
    entities_of: OpenEntities,
) -> None:
    failed = {"logical_name": "list_node.run_native_status.failed"}
    entities, _ = entities_of(page(_run(id="6", native_status=failed), _run()))
    assert dict(read_back(entities, [TEST], build=None).run_ids) == {"t.py::x": "7"}


def test_runs_that_show_late_are_looked_for_again(entities_of: OpenEntities) -> None:
    entities, server = entities_of(page(), page(), page(_run()))
    assert read_back(entities, [TEST], build=None, waits_s=(1.0, 2.0)).gaps == ()
    assert len(asked(server)) == 3


def test_without_runs_nothing_is_asked(entities_of: OpenEntities) -> None:
    entities, server = entities_of(page())
    assert read_back(entities, [], build=None).gaps == ()
    assert asked(server) == []


@given(st.integers(0, 4_000_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_read_in_any_time_zone(moment_ms: int, offset_min: int) -> None:
    zone = timezone(timedelta(minutes=offset_min))
    written = datetime.fromtimestamp(moment_ms // 1000, zone).replace(
        microsecond=moment_ms % 1000 * 1000
    )
    assert find_moment_ms(written.isoformat(timespec="milliseconds")) == moment_ms


@every("value", [None, True, "", "2026-01-05", "2026-13-05T10:00:00Z", "2026-01-05T10:00:00 Z", {}])
def test_what_is_no_moment_is_none(value: object) -> None:
    assert find_moment_ms(value) is None


@every(
    "runs, covers_items, skip_errors, expected",
    [
        pytest.param(1_000, False, False, True, id="one request"),
        pytest.param(1_001, False, False, False, id="more than one request"),
        pytest.param(50_000, True, False, True, id="a run may be left out"),
        pytest.param(50_000, True, True, False, id="runs are taken without what is missing"),
    ],
)
def test_runs_are_read_back_where_one_may_be_lost_or_it_costs_little(
    *, runs: int, covers_items: bool, skip_errors: bool, expected: bool
) -> None:
    assert is_due(runs=runs, covers_items=covers_items, skip_errors=skip_errors) is expected


def test_gaps_are_told_in_a_line(octane: OctaneLab) -> None:
    sent = [TEST._replace(test_id=f"t{at}", name=f"t{at}") for at in range(7)]
    gaps = read_back(octane.entities(), sent, build=None).gaps
    told = "; ".join(f"t{at}: sent Passed, the server has nothing" for at in range(5))
    assert describe_gaps(gaps, of=9) == f"7 of 9 runs not there as sent: {told}; and 2 more"
    assert describe_gaps((), of=9) == ""
