from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import OutOfReachError, RefusedError
from pytest_jama.targets.octane.query import equals, refers_to_id
from pytest_jama.targets.octane.written_entities import Search, WrittenEntity, by_name
from tests.targets.octane.entity_scripts import Asked, asked, made, page, rows, wrong
from tests.targets.octane.octane_scripts import error
from tests.targets.scripted import DROP, Reply, gives

if TYPE_CHECKING:
    from pytest_jama.targets.octane.entities import Entities
    from tests.targets.octane.conftest import MakeLab, OpenEntities


def _ids(entities: Entities, **more: Any) -> list[str]:
    return [row["id"] for row in entities.list("things", fields="id", **more)]


def test_a_short_list_takes_one_request(entities_of: OpenEntities) -> None:
    entities, server = entities_of(page(*rows(1, 2)))
    assert _ids(entities, query=equals("name", "a b")) == ["1", "2"]
    assert asked(server) == [Asked("GET", "/things", "name EQ ^a b^", limit=1000)]


def test_a_list_is_read_to_the_end_that_the_server_counts(entities_of: OpenEntities) -> None:
    entities, server = entities_of(page(*rows(1, 2), total=3), page(*rows(3), total=3))
    assert _ids(entities) == ["1", "2", "3"]
    assert [each.offset for each in asked(server)] == [0, 2]


def test_a_list_whose_count_is_capped_is_read_until_an_empty_page(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(
        page(*rows(1, 2), total=2, is_capped=True),
        page(*rows(3), total=2, is_capped=True),
        page(total=2, is_capped=True),
    )
    assert _ids(entities) == ["1", "2", "3"]
    assert [each.offset for each in asked(server)] == [0, 2, 3]


def test_a_list_without_a_count_is_read_until_an_empty_page(entities_of: OpenEntities) -> None:
    entities, server = entities_of(gives(200, {"data": rows(1)}), gives(200, {"data": []}))
    assert _ids(entities) == ["1"]
    assert len(asked(server)) == 2


def test_a_server_that_passes_over_the_offset_ends_the_list(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(page(*rows(1, 2), total=9, is_capped=True))
    assert _ids(entities) == ["1", "2"]


def test_an_entity_that_slid_to_the_next_page_comes_once(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(page(*rows(1, 2), total=4), page(*rows(2, 3), total=4))
    assert _ids(entities) == ["1", "2", "3"]


def test_rows_without_ids_are_told_apart_by_what_they_say(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(gives(200, {"data": [{"name": "a"}, {"name": "b"}]}))
    assert [row["name"] for row in entities.list("metadata/fields", fields="name")] == ["a", "b"]


def test_no_more_is_asked_for_than_is_wanted(entities_of: OpenEntities) -> None:
    entities, server = entities_of(page(*rows(1, 2), total=9))
    assert _ids(entities, most=2) == ["1", "2"]
    assert [(each.limit, each.offset) for each in asked(server)] == [(2, 0)]


@pytest.mark.parametrize("way", ["400", "clamp"])
def test_a_server_with_smaller_pages_is_read_to_the_end(make_lab: MakeLab, way: str) -> None:
    lab = make_lab(page_limit_count=50, page_default_count=20, over_page_limit=way)
    for number in range(45):
        lab.store.add("milestones", name=f"m{number}")
    entities = lab.entities()
    assert len(list(entities.list("milestones", fields="id"))) == 45
    assert len(list(entities.list("milestones", fields="id", most=30))) == 30
    assert [each.status for each in lab.sandbox.requests].count(400) == (way == "400")


def test_pages_come_in_an_order_so_that_none_overlaps_another(entities_of: OpenEntities) -> None:
    entities, server = entities_of(page(*rows(1), total=2), page(*rows(2), total=2))
    assert _ids(entities) == ["1", "2"]
    lists = [line for line in server.lines if "/things?" in line]
    assert ["order_by=id" in line for line in lists] == [True, True]


@pytest.mark.parametrize("words", ["limit 1000 is over 500", "bad parameter", ""])
def test_a_server_that_refuses_large_pages_in_any_words_is_read_by_pages_of_its_own(
    entities_of: OpenEntities, words: str
) -> None:
    entities, server = entities_of(
        error(400, words), page(*rows(1), total=2), page(*rows(2), total=2)
    )
    assert _ids(entities) == ["1", "2"]
    assert [each.limit for each in asked(server)] == [1000, 0, 0]


def test_what_is_wrong_without_a_limit_too_is_told(entities_of: OpenEntities) -> None:
    entities, server = entities_of(error(400, "the query is not one"))
    with pytest.raises(RefusedError, match="the query is not one"):
        _ids(entities)
    assert [each.limit for each in asked(server)] == [1000, 0]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no list"),
        pytest.param({"data": {"id": "1"}}, id="an object"),
        pytest.param({"data": ["1"]}, id="rows that are none"),
    ],
)
def test_what_is_not_a_list_is_refused(entities_of: OpenEntities, body: Any) -> None:
    entities, _ = entities_of(gives(200, body))
    with pytest.raises(RefusedError, match="GET /things: the answer has another form"):
        _ids(entities)


def test_one_entity_is_read_with_the_fields_that_are_named(entities_of: OpenEntities) -> None:
    entities, server = entities_of(gives(200, {"id": "7", "name": "x"}))
    assert entities.get("things", 7, fields="id,name") == {"id": "7", "name": "x"}
    assert server.lines[-1].endswith("/things/7?fields=id%2Cname")


def test_entities_are_made_in_one_request_and_keep_their_order(entities_of: OpenEntities) -> None:
    entities, server = entities_of(made(11, 12))
    sent = [{"name": "n11"}, {"name": "n12"}]
    found = entities.create("things", sent, search=by_name("n*"))
    assert found == (WrittenEntity("11"), WrittenEntity("12"))
    assert asked(server) == [Asked("POST", "/things", body={"data": sent})]


def test_of_several_entities_the_refused_one_is_told_and_the_others_are_made(
    entities_of: OpenEntities,
) -> None:
    entities, _ = entities_of(made(11, 13, errors=[wrong(1)]))
    found = entities.create("things", [{"name": f"n{each}"} for each in (11, 12, 13)], search=ALL)
    assert found == (
        WrittenEntity("11"),
        WrittenEntity("", "the name is taken"),
        WrittenEntity("13"),
    )


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(made(errors=[wrong(0)]), id="409 with errors"),
        pytest.param(gives(201, {"data": [], "errors": [wrong(0)]}), id="201 with errors"),
        pytest.param(
            gives(201, {"data": [], "errors": [{"description": "the name is taken"}]}),
            id="without a place",
        ),
        pytest.param(error(409, "the name is taken"), id="409 with one error"),
    ],
)
def test_one_entity_that_is_not_made_is_a_refusal(entities_of: OpenEntities, reply: Reply) -> None:
    entities, server = entities_of(reply)
    with pytest.raises(RefusedError, match="POST /things: the name is taken") as caught:
        entities.create_one("things", {"name": "x"}, search=by_name("x"))
    assert caught.value.http_status == 409
    assert len(asked(server)) == 1


def test_more_entities_than_one_request_may_have_are_made_by_several(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(made(*range(1, 201)), made(201))
    sent = [{"name": f"n{each}"} for each in range(1, 202)]
    assert len(entities.create("things", sent, search=ALL)) == 201
    assert [len(each.body["data"]) for each in asked(server)] == [200, 1]


ALL = Search(equals("name", "*"))


def test_after_a_lost_answer_an_entity_that_was_made_is_not_made_again(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(DROP, page(*rows(11)))
    assert entities.create_one("things", {"name": "n11"}, search=by_name("n11")) == "11"
    assert [each.method for each in asked(server)] == ["POST", "GET"]


def test_after_a_lost_answer_a_list_may_show_the_entity_late(entities_of: OpenEntities) -> None:
    entities, server = entities_of(DROP, page(), page(), page(*rows(11)))
    assert entities.create_one("things", {"name": "n11"}, search=by_name("n11")) == "11"
    assert [each.method for each in asked(server)] == ["POST", "GET", "GET", "GET"]


def test_after_a_lost_answer_an_entity_that_is_not_there_is_made_again(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(DROP, *[page()] * 5, made(12))
    assert entities.create_one("things", {"name": "n12"}, search=by_name("n12")) == "12"
    assert [each.method for each in asked(server)] == ["POST", *["GET"] * 5, "POST"]


def test_of_a_lost_answer_only_the_entities_that_are_missing_are_made_again(
    entities_of: OpenEntities,
) -> None:
    entities, server = entities_of(DROP, *[page(*rows(11))] * 5, made(12))
    sent = [{"name": "n11"}, {"name": "n12"}]
    found = entities.create("things", sent, search=ALL)
    assert found == (WrittenEntity("11"), WrittenEntity("12"))
    assert asked(server)[-1].body == {"data": [{"name": "n12"}]}


def test_an_answer_that_does_not_say_what_was_made_is_a_lost_one(entities_of: OpenEntities) -> None:
    entities, server = entities_of(gives(201, {}), page(*rows(11)))
    assert entities.create_one("things", {"name": "n11"}, search=by_name("n11")) == "11"
    assert [each.method for each in asked(server)] == ["POST", "GET"]


def test_an_entity_that_had_the_name_before_is_not_taken_for_the_new_one(
    entities_of: OpenEntities,
) -> None:
    entities, _ = entities_of(DROP, page(*rows(5, 11, name="Night")))
    search = by_name("Night", known=["5"])
    assert entities.create_one("things", {"name": "Night"}, search=search) == "11"


def test_what_the_search_finds_by_its_wildcard_is_compared(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(page({"id": "1", "name": "aXb"}, {"id": "2", "name": "a^b"}))
    (found,) = entities.look("things", [{"name": "a^b"}], by_name("a^b"))
    assert found == WrittenEntity("2")


def test_two_alike_entities_are_found_as_two(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(
        page({"id": "1", "test": {"id": "7"}}, {"id": "2", "test": {"id": "7"}})
    )
    search = Search(
        refers_to_id("suite", 3),
        fields="id,test",
        is_same=lambda sent, row: bool(sent["test"] == row["test"]["id"]),
    )
    found = entities.look("links", [{"test": "7"}, {"test": "7"}, {"test": "7"}], search)
    assert [each.entity_id for each in found] == ["1", "2", ""]


def test_a_creation_that_is_never_answered_ends(entities_of: OpenEntities) -> None:
    replies = [each for _ in range(3) for each in (DROP, *[page()] * 5)]
    entities, server = entities_of(*replies)
    with pytest.raises(
        OutOfReachError, match=r"POST /things: .*it was looked for and is not there"
    ):
        entities.create_one("things", {"name": "x"}, search=by_name("x"))
    assert [each.method for each in asked(server)].count("POST") == 3


def test_several_entities_are_changed_by_one_request(entities_of: OpenEntities) -> None:
    entities, server = entities_of(made(1, 2))
    sent = [{"id": "1", "phase": "x"}, {"id": "2", "phase": "x"}]
    assert entities.change("things", sent) == (WrittenEntity("1"), WrittenEntity("2"))
    assert asked(server) == [Asked("PUT", "/things", body={"data": sent})]


def test_of_several_changes_the_refused_one_is_told(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(made(2, errors=[wrong(0, "no right")]))
    found = entities.change("things", [{"id": "1"}, {"id": "2"}])
    assert found == (WrittenEntity("", "no right"), WrittenEntity("2"))


def test_a_change_without_an_answer_of_its_form_is_refused(entities_of: OpenEntities) -> None:
    entities, _ = entities_of(made(7), made(7))
    with pytest.raises(RefusedError, match="PUT /things: the answer has another form"):
        entities.change("things", [{"id": "1"}, {"id": "2"}])


def test_one_entity_is_changed_by_a_bare_object(entities_of: OpenEntities) -> None:
    entities, server = entities_of(gives(200, {"id": "5"}))
    entities.change_one("things", 5, {"name": "y"})
    assert asked(server) == [Asked("PUT", "/things/5", body={"name": "y"})]


def test_a_change_is_sent_again_when_its_answer_is_lost(entities_of: OpenEntities) -> None:
    entities, server = entities_of(DROP, gives(200, {"id": "5"}))
    entities.change_one("things", 5, {"name": "y"})
    assert [each.method for each in asked(server)] == ["PUT", "PUT"]


def test_the_script_of_a_test_is_read_and_replaced(entities_of: OpenEntities) -> None:
    entities, server = entities_of(
        gives(200, {"script": "- step"}), gives(200, {}), gives(200, {"script": None})
    )
    assert entities.script(9) == "- step"
    entities.set_script(9, "- other", comment="why")
    assert entities.script(9) == ""
    body = {"script": "- other", "comment": "why", "revision_type": "Minor"}
    assert asked(server)[1] == Asked("PUT", "/tests/9/script", body=body)
