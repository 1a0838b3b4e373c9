"""What is written in bulk says of each entity what became of it, also when something breaks off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.octane.flow_bulk import Intent, run_bulk
from pytest_jama.targets.octane.flow_files import script_name, with_attachment
from pytest_jama.targets.octane.flow_rows import plain_text, shown, word_of
from pytest_jama.targets.octane.written_entities import WrittenEntity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Entities = Sequence[Mapping[str, Any]]


def _intents(count: int) -> list[Intent]:
    return [
        Intent({"id": str(number), "name": f"story {number}"}, "done", {"id": str(number)})
        for number in range(count)
    ]


def _take_all(some: Entities) -> list[WrittenEntity]:
    return [WrittenEntity(str(each["id"])) for each in some]


def test_a_plan_writes_nothing() -> None:
    def write(_: Entities) -> list[WrittenEntity]:
        raise AssertionError("it was only to be planned")

    found = run_bulk(_intents(2), write, is_agreed=False)
    assert [row["state"] for row in found.rows] == ["planned", "planned"]
    assert found.is_complete


def test_some_may_be_refused_while_others_are_done() -> None:
    def write(some: Entities) -> list[WrittenEntity]:
        done = _take_all(some)
        return [done[0], WrittenEntity("", "the phase is not allowed"), done[2]]

    found = run_bulk(_intents(3), write, is_agreed=True)
    assert [(row["state"], row["why"]) for row in found.rows] == [
        ("done", ""),
        ("refused", "the phase is not allowed"),
        ("done", ""),
    ]
    assert (found.is_complete, found.notes) == (False, ("1 of 3 changes not made",))


def test_a_batch_that_is_refused_stops_no_other() -> None:
    sizes: list[int] = []

    def write(some: Entities) -> list[WrittenEntity]:
        sizes.append(len(some))
        if len(sizes) == 1:
            raise RefusedError("PUT /stories: 403 Forbidden", http_status=403)
        return _take_all(some)

    found = run_bulk(_intents(401), write, is_agreed=True)
    states = [row["state"] for row in found.rows]
    assert sizes == [200, 200, 1]
    assert states == ["refused"] * 200 + ["done"] * 201
    assert found.stopped is None


def test_what_comes_after_a_server_is_out_of_reach_is_not_sent() -> None:
    batches: list[int] = []

    def write(some: Entities) -> list[WrittenEntity]:
        batches.append(len(some))
        if len(batches) > 1:
            raise OutOfReachError("PUT /stories: no answer")
        return _take_all(some)

    found = run_bulk(_intents(500), write, is_agreed=True)
    assert [row["state"] for row in found.rows] == ["done"] * 200 + ["not sent"] * 300
    assert isinstance(found.stopped, OutOfReachError)
    assert batches == [200, 200]


def test_references_are_shown_by_name_and_without_one_by_id() -> None:
    several = {"total_count": 2, "data": [{"id": "1", "name": "a"}, {"type": "run", "id": "2"}]}
    assert shown(several) == ["a", "2"]
    assert shown({"id": "3", "full_name": "Ann"}) == "Ann"
    assert shown({"total_count": 0, "data": []}) == []
    assert shown(None) is None


def test_the_word_of_an_entry_is_the_end_of_its_logical_name() -> None:
    assert word_of({"id": "1055", "logical_name": "list_node.run_native_status.failed"}) == "failed"
    assert word_of({"id": "list_node.run_native_status.passed"}) == "passed"
    assert word_of(None) == ""


def test_rich_text_becomes_a_line() -> None:
    html = "<html><body><p>one</p><div>two &lt; 3<br/>four</div></body></html>"
    assert plain_text(html) == "one two < 3 four"


def test_scripts_have_harmless_names_and_different_ones() -> None:
    names = [script_name({"id": str(i), "name": n}) for i, n in enumerate(["../x", "..", "", "x"])]
    assert names == ["0-x.feature", "1-test.feature", "2-test.feature", "3-x.feature"]


def test_an_attachment_becomes_the_last_step_of_a_script() -> None:
    assert with_attachment("- Open\n", "a.png", "7") == "- Open\n- See the attachment a.png (ID 7)"
    assert with_attachment("", "a.png", "7") == "- See the attachment a.png (ID 7)"
