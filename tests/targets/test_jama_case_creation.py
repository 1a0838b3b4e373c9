"""New test cases at a server that loses answers, shows things late, or wants more of them."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_jama.core.errors import RefusedError, SettingsError
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from pytest_jama.sandbox.faults.random_fault import RandomFault
from pytest_jama.sandbox.jama import accounts
from pytest_jama.sandbox.jama.item_types import FieldDefinition
from pytest_jama.targets.jama.case_creation import CaseMaker
from pytest_jama.targets.jama.case_home import NewCase, find_home
from pytest_jama.targets.jama.case_places import cases_of_container
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.places import get_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from pytest_jama.targets.jama.case_home import CaseHome
    from pytest_jama.targets.jama.wire import Item
    from tests.targets.conftest import MakeWorld
    from tests.targets.jama_world import JamaWorld
    from tests.targets.scripted import FakeTime

SET = "Test Cases"
ONE = NewCase(
    'test_it.py::test_x["a" & <b>]',
    "Priming & <more>",
    "It takes 5 ml.\n\nQuickly <b>.",
    (("open <it>\nslowly", "it opens"), ("close it", "")),
)
TWO = NewCase("test_it.py::test_y", "Stops")


class Making:
    """A project with a set for test cases, and what creates some there."""

    def __init__(self, world: JamaWorld, time: FakeTime) -> None:
        world.store.add_case(world.key)
        self.world = world
        api = open_api(world.settings(), clocks=time.clocks, read_timeout_s=2.0)
        self.connection = api.connection
        self.client = JamaClient(api)
        self.project = get_project(self.client, world.key, ())
        self.waits: list[str] = []

    def home(self, *cases: NewCase, container: str | None = SET, **more: Any) -> CaseHome:
        type_name, given = more.pop("type_name", None), more.pop("given", {})
        return find_home(
            self.client, self.project, container, type_name=type_name, given=given, cases=cases
        )

    def maker(self, **more: Any) -> CaseMaker:
        return CaseMaker(self.client, self.home(**more), on_wait=self.waits.append)

    def items(self) -> list[Item]:
        cases = cases_of_container(self.client, self.project, SET).cases
        return [item for item in cases if "Automated test" in item.description]

    def field(self, label: str, kind: str = "STRING", **more: Any) -> str:
        name = f"{label.lower().replace(' ', '_')}$26"
        field = FieldDefinition(name, kind, label=label, **more)
        accounts.add_custom_field(self.world.store.database, "TC", field)
        return name


@pytest.fixture
def making(world: JamaWorld, fake_time: FakeTime) -> Iterator[Making]:
    making = Making(world, fake_time)
    with closing(making.connection):
        yield making


@pytest.fixture
def apart(make_world: MakeWorld, fake_time: FakeTime) -> Iterator[Making]:
    """The same in a sandbox of its own, whose item types may be changed."""
    making = Making(make_world(), fake_time)
    with closing(making.connection):
        yield making


class DoneAndRefused(NamedTuple):
    """Creations that are done, and answered as though they were not."""

    status: int

    def judge(self) -> Judge:
        """Meet the first one."""
        left = [self.status]

        async def act(exchange: InterceptedRequest) -> None:
            answer = await exchange.process()
            body = json.dumps({"meta": {"status": "Busy", "message": "later"}}).encode()
            await exchange.answer(replace(answer, status=self.status).with_body(body))

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method == "POST" and arrival.path == "/items" and left:
                left.clear()
                return Effect(act=act)
            return NO_EFFECT

        return judge


class ShownLate(NamedTuple):
    """Lists of what is in the set that show nothing.

    Attributes:
        times: How many.
    """

    times: int

    def judge(self) -> Judge:
        """Meet the first ones."""
        left = [*range(self.times)]

        async def act(exchange: InterceptedRequest) -> None:
            answer = await exchange.process()
            page = {"startIndex": 0, "resultCount": 0, "totalResults": 0}
            body = json.dumps({"meta": {"status": "OK", "pageInfo": page}, "data": []})
            await exchange.answer(answer.with_body(body.encode()))

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.path.endswith("/children") and left:
                left.pop()
                return Effect(act=act)
            return NO_EFFECT

        return judge


class Rewritten(NamedTuple):
    """Descriptions that an editor of rich text has put in order."""

    def judge(self) -> Judge:
        """Meet all that is read."""
        changes = (("  ", " "), ("&quot;", r"\""), (">http://x", r"><a href=\"x\">http://x</a>"))

        async def act(exchange: InterceptedRequest) -> None:
            answer = await exchange.process()
            text = answer.body.decode()
            for old, new in changes:
                text = text.replace(old, new)
            await exchange.answer(answer.with_body(text.encode()))

        return lambda arrival: Effect(act=act) if arrival.method == "GET" else NO_EFFECT


ALIKE = (
    *("x y", "x  y", " x y", "x y ", "x\ty", "x\xa0y", "X y"),
    *("<b>", "<i>", "&lt;b&gt;", "&amp;lt;b&amp;gt;", '"', "''", "&quot;"),
    *(
        "\xe9",
        "e\u0301",
        "e",
        "http://x",
        ">http://x",
        "a--b",
        "a\u2013b",
        "x" * 9_000 + "1",
        "x" * 9_000 + "2",
    ),
)
"""Parameters that are alike, or one and the same, when rich text is shown."""


@pytest.mark.parametrize("fault", [None, Rewritten()], ids=["as sent", "rewritten"])
def test_tests_whose_names_are_alike_have_each_its_own_case(
    fault: Rewritten | None, making: Making
) -> None:
    cases = [NewCase(f"test_it.py::test_x[{text}]", f"X {n}") for n, text in enumerate(ALIKE)]
    maker = making.maker()
    created = {case.test: maker.create(case) for case in cases}

    with making.world.sandbox.faults.during(*filter(None, (fault,))):
        found = making.maker().find_made(cases)
        seen = maker.look_back(cases, created)

    assert {test: [item.id for item in items] for test, items in found.items()} == {
        test: [made] for test, made in created.items()
    }
    assert seen.twins == {}


def test_a_lost_case_is_not_taken_for_an_earlier_one_where_there_are_no_descriptions(
    making: Making,
) -> None:
    home = making.home()
    fields = tuple(field for field in home.item_type.fields if field.name != "description")
    home = replace(home, item_type=replace(home.item_type, fields=fields))
    maker = CaseMaker(making.client, home, on_wait=making.waits.append)
    first = maker.create(NewCase("t::x[a b]", "X[a b]"))
    lost = RandomFault("drop-after", method="POST", path="/items", times=1)
    with making.world.sandbox.faults.during(lost):
        second = maker.create(NewCase("t::x[a  b]", "X[a  b]"))

    assert second > first


def test_what_a_docstring_says_of_another_test_does_not_make_it_that_of_the_other(
    making: Making,
) -> None:
    copied = NewCase(
        't::x[Automated test: "t::z"]', "X", 'Was:\n\nAutomated test: "test_it.py::test_y"\n'
    )
    maker = making.maker()
    made = maker.create(copied)

    found = maker.find_made([copied, TWO, NewCase("t::z", "Z")])

    assert {test: [item.id for item in items] for test, items in found.items()} == {
        copied.test: [made]
    }


def test_a_case_has_name_description_steps_and_says_which_test_it_is_for(making: Making) -> None:
    made = making.maker().create(ONE)

    (item,) = making.items()
    assert (item.id, item.name) == (made, "Priming & <more>")
    assert "<p>It takes 5 ml.</p>" in item.description
    assert "Quickly &lt;b&gt;." in item.description
    assert ": &quot;test_it.py::test_x[&#x27;a&#x27; &amp;" in item.description
    assert [step["action"] for step in item.steps] == ["open &lt;it&gt;<br />slowly", "close it"]
    assert item.steps[0]["expectedResult"] == "it opens"


LOST = {
    kind: RandomFault(kind, method="POST", path="/items", times=1)
    for kind in ("drop-after", "reset-after", "empty", "truncate")
} | {str(status): DoneAndRefused(status) for status in (429, 500, 503, 504)}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_case_whose_answer_is_lost_is_found_and_not_created_again(
    fault: RandomFault | DoneAndRefused, making: Making
) -> None:
    maker = making.maker()
    with making.world.sandbox.faults.during(fault):
        made = [maker.create(case) for case in (ONE, TWO)]

    assert [item.id for item in making.items()] == made


def test_a_case_that_is_shown_late_is_waited_for(making: Making) -> None:
    lost = RandomFault("drop-after", method="POST", path="/items", times=1)
    maker = making.maker()
    with making.world.sandbox.faults.during(lost, ShownLate(5)):
        made = maker.create(ONE)

    assert [item.id for item in making.items()] == [made]
    assert any("not known whether test case" in why for why in making.waits)


def test_a_case_that_was_not_created_is_created_again(making: Making) -> None:
    fault = RandomFault("drop-before", method="POST", path="/items", times=1)
    with making.world.sandbox.faults.during(fault):
        making.maker().create(ONE)

    assert len(making.items()) == 1


def test_cases_of_an_earlier_command_are_known_again_though_the_search_lags(
    make_world: MakeWorld, fake_time: FakeTime
) -> None:
    making = Making(make_world(search_lag_s=3_600.0), fake_time)
    with closing(making.connection):
        made = making.maker().create(ONE)
        other = NewCase('test_it.py::test_x["a" & <b>', "the beginning of a name is another test")

        found = making.maker().find_made([ONE, TWO, other])

    assert {test: [item.id for item in items] for test, items in found.items()} == {
        ONE.test: [made]
    }


def test_a_lie_is_seen_and_of_twins_the_oldest_is_taken(making: Making) -> None:
    maker = making.maker()
    with making.world.sandbox.faults.during(
        RandomFault("lie", method="POST", path="/items", times=1)
    ):
        lie = maker.create(TWO)
    first, second = maker.create(ONE), making.maker().create(ONE)

    seen = maker.look_back([ONE, TWO], {ONE.test: second, TWO.test: lie})

    assert {test: item.id for test, item in seen.items.items()} == {ONE.test: first}
    assert [item.id for item in seen.twins[ONE.test]] == [first, second]


def test_what_required_fields_lack_is_said_with_label_and_values(apart: Making) -> None:
    database = apart.world.store.database
    risk = accounts.add_pick_list(database, "Risk", ("Low", "High"))
    apart.field("Risk class", "LOOKUP", pick_list=risk, required=True)
    apart.field("Sites", "MULTI_LOOKUP", pick_list=risk, required=True)
    apart.field("Count", "INTEGER", required=True)
    apart.field("Optional")

    with pytest.raises(SettingsError) as caught:
        apart.home(ONE, given={"Risk class": "Medium", "Cuont": "3"})

    risk_class, typo, sites, count = map(str, caught.value.problems)
    assert "'Medium' is not an option of 'Risk class'" in risk_class
    assert "did you mean 'Count'" in typo
    assert "need a value of 'Sites' (sites$26): some of 'Low', 'High'" in sites
    assert "need a value of 'Count' (count$26): a number" in count
    assert "--field 'Count=...'" in count


def test_values_are_sent_as_their_fields_have_them(apart: Making) -> None:
    database = apart.world.store.database
    risk = accounts.add_pick_list(database, "Risk", ("Low", "High"))
    low, high = risk.options
    apart.field("Risk class", "LOOKUP", pick_list=risk, required=True)
    apart.field("Sites", "MULTI_LOOKUP", pick_list=risk)
    apart.field("Count", "INTEGER")
    apart.field("Checked", "BOOLEAN")
    given = {"Risk class": "High", "Sites": ["Low", "High"], "Count": "3", "Checked": "yes"}

    home = apart.home(given=given)

    assert dict(home.values) == {
        "risk_class$26": high,
        "sites$26": [low, high],
        "count$26": 3,
        "checked$26": True,
    }
    CaseMaker(apart.client, home, on_wait=apart.waits.append).create(TWO)
    assert len(apart.items()) == 1


def test_the_type_is_that_of_the_set_also_for_a_folder_in_it(apart: Making) -> None:
    store = apart.world.store
    automated = accounts.add_item_type(
        store.database, "ATC", name="Automated", category="TEST_CASE"
    )
    store.add_set(apart.world.project_id, ["Nightly", "Pump"], of=automated)

    home = apart.home(container="Pump")

    assert (home.item_type.key, home.container.name) == ("ATC", "Pump")
    CaseMaker(apart.client, home, on_wait=apart.waits.append).create(TWO)


@pytest.mark.parametrize(
    "given, said",
    [
        ({"container": None}, "name it with --set=KEY; there are "),
        ({"container": "Test Case"}, "did you mean "),
        ({"container": "Reqs"}, "is for items of type 'Requirement'"),
        ({"type_name": "ATC"}, "is for test cases of type 'Test Case'"),
        ({"container": "KEY-TC-1"}, "does not hold other items"),
        ({"container": "Open"}, "name one of them with --type: "),
        ({"container": "Open", "type_name": "XX"}, "no type of test cases 'XX'"),
    ],
    ids=["no set", "misspelt", "requirements", "other type", "a case", "several", "no type"],
)
def test_a_place_that_does_not_fit_is_refused_with_what_there_is(
    given: dict[str, Any], said: str, apart: Making
) -> None:
    store = apart.world.store
    accounts.add_item_type(store.database, "ATC", name="Automated", category="TEST_CASE")
    store.add_set(apart.world.project_id, ["Reqs"], of=24)
    store.add_items(apart.world.key, "SET", "Open")

    named = {name: value and value.replace("KEY", apart.world.key) for name, value in given.items()}
    with pytest.raises(SettingsError) as caught:
        apart.home(**named)

    assert said in str(caught.value)


def test_a_refusal_of_jama_is_passed_on(apart: Making) -> None:
    maker = apart.maker()
    apart.field("Region", required=True)

    with pytest.raises(RefusedError, match="Region"):
        maker.create(TWO)
