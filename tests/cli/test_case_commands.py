"""`pytest-jama cases`: what Jama has beside the tests, and new test cases for them."""

from __future__ import annotations

import csv
import io
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.cli import main
from pytest_jama.cli.cases.made_cases import MadeCases, ending_lines
from pytest_jama.sandbox.faults.base import NO_EFFECT, Effect
from pytest_jama.sandbox.faults.interception import Answer
from pytest_jama.sandbox.faults.random_fault import RandomFault
from pytest_jama.targets.jama.case_home import NewCase
from pytest_jama.targets.jama.wire import Item
from tests.harness import CYCLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.sandbox.faults.base import IncomingRequest, Judge
    from pytest_jama.sandbox.faults.interception import InterceptedRequest
    from tests.cli.upload_world import World

pytestmark = pytest.mark.usefixtures("quick_children")

SUITE = """
import unittest

import pytest

def test_known(): raise SystemExit("it ran")

@pytest.mark.parametrize("volume", [1, 2])
def test_priming(volume, jama):
    '''The pump is primed.

    Without a bubble.

    Steps:
        1. Start -> it runs
    '''
    with jama.step(2, "Stop", expected="it stops"):
        raise SystemExit("it ran")

@pytest.mark.jama(None)
def test_of_no_case(): raise SystemExit("it ran")

class TestLegacy(unittest.TestCase):
    def test_it(self): raise SystemExit("it ran")

@pytest.mark.stress
def test_stress(): raise SystemExit("it ran")
"""

SETTINGS = """\
# kept
project: KEY
plan: Release 1
cycle: "Build ${NEVER_SET}"
tests:
  test_pump.py::test_known: KEY-TC-1 # known
"""

PRIMING, LEGACY = "test_pump.py::test_priming", "test_pump.py::TestLegacy::test_it"
REPORT = """
<testsuite><testcase classname="menu" name="asks for a code"><properties>
<property name="jama_step" value="2"/></properties></testcase>
<testcase classname="menu" name="of no case"><properties><property name="jama" value="none"/>
</properties></testcase></testsuite>
"""


TWO = """
<testsuite><testcase classname="a" name="one"/><testcase classname="a" name="two"/></testsuite>
"""


class Cases:
    """A repository with one test that has a case, and the commands in it."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.repository = world.repository
        self.key = self.repository.key
        self.faults = self.repository.sandbox.faults
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, command: str, *arguments: str) -> int:
        self.repository.sandbox.clear_requests()
        status = main(["cases", command, *arguments])
        self.out, self.err = self._capsys.readouterr()
        return status

    def create(self, *arguments: str) -> int:
        return self("create", "--set", "Test Cases", *arguments, "--", "-m", "not stress")

    def create_two(self) -> int:
        """Create cases for the two tests of a report, which takes less time than a collection."""
        report = self.repository.write("two.xml", TWO)
        return self("create", "--set=Test Cases", "--yes", "--junit", str(report))

    def document(self, command: str, *arguments: str) -> dict[str, Any]:
        assert self(command, "--json", *arguments) == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found

    def names(self) -> list[str]:
        return [case.fields["name"] for case in self.repository.sandbox.store.cases(self.key)]

    def map(self) -> str:
        text = (self.repository.folder / "jama.yaml").read_text("utf-8")
        return text.replace(self.key, "KEY").removeprefix(SETTINGS)

    @property
    def writes(self) -> list[str]:
        asked = (f"{each.method} {each.path}" for each in self.repository.sandbox.requests)
        return [each for each in asked if not each.startswith("GET") and "/oauth/" not in each]


@pytest.fixture
def cases(world: World, capsys: pytest.CaptureFixture[str]) -> Cases:
    world.repository.write("test_pump.py", SUITE)
    world.repository.write("pytest.ini", "[pytest]\nmarkers = stress\n")
    world.repository.write("jama.yaml", SETTINGS)
    return Cases(world, capsys)


def test_create_first_says_what_it_would_do(cases: Cases) -> None:
    assert cases.create() == 0, cases.err

    first, *new, last = cases.out.splitlines()
    assert f"2 test cases in {cases.key}-SET-1 'Test Cases', as 'Test Case' (TC)" in first
    assert new == [
        f"  new      The pump is primed: {PRIMING} (2 tests), 2 steps",
        f"  new      Legacy: it: {LEGACY}",
    ]
    assert last == "nothing    is written; with --yes it is done"
    assert (cases.map(), cases.writes, len(cases.names())) == ("", [], 3)


def test_create_makes_the_cases_and_puts_their_keys_into_the_map(cases: Cases) -> None:
    assert cases.create("--yes") == 0, cases.err

    assert cases.map() == f"  {PRIMING}: KEY-TC-4\n  {LEGACY}: KEY-TC-5\n"
    primed = cases.repository.sandbox.store.cases(cases.key)[3]
    assert primed.fields["name"] == "The pump is primed"
    assert primed.fields["description"].startswith("<p>Without a bubble.</p>")
    assert [tuple(step.values())[:2] for step in primed.fields["testCaseSteps"]] == [
        ("Start", "it runs"),
        ("Stop", "it stops"),
    ]

    assert cases.create("--yes") == 0
    assert "every test has a test case" in cases.out
    assert cases.writes == []


def test_a_command_that_was_broken_off_is_finished_by_the_next_one(cases: Cases) -> None:
    assert cases.create_two() == 0
    cases.repository.write("jama.yaml", SETTINGS)  # the first one came so far

    assert cases.create_two() == 0, cases.err

    assert f"{cases.key}-TC-4 says that it is for a.one: it is linked" in cases.out
    assert cases.map() == "  a.one: KEY-TC-4\n  a.two: KEY-TC-5\n"
    assert (cases.writes, len(cases.names())) == ([], 5)


def test_what_was_created_before_jama_failed_is_linked(cases: Cases) -> None:
    fault = RandomFault("403", method="POST", path="/items", after=1)
    with cases.faults.during(fault):
        assert cases.create_two() == 1

    assert "REFUSED" in cases.out
    assert "created    1 test case\n" in cases.out
    assert "  a.one: KEY-TC-4\n" in cases.map()
    assert "a.two" not in cases.map()


class Outage:
    """A server that is gone when it has created one case."""

    def judge(self) -> Judge:
        """Let it all be until then."""
        refuse = RandomFault("503-bare").judge()
        created: list[str] = []

        def judge(arrival: IncomingRequest) -> Effect:
            if created:
                return refuse(arrival)
            if arrival.method == "POST" and arrival.path == "/items":
                created.append(arrival.path)
            return NO_EFFECT

        return judge


def test_an_outage_is_said_once_and_what_was_created_is_linked(cases: Cases) -> None:
    settings = f"{SETTINGS}upload: {{give_up_after: 0.2s, rate: 1000}}\n"
    cases.repository.write("jama.yaml", settings)
    with cases.faults.during(Outage()):
        assert cases.create_two() == 3, cases.out

    assert cases.out.count("ERROR") == 1
    assert "NOT DONE   1 test case not created" in cases.out
    assert "  a.one: " in cases.map()


def test_keys_that_cannot_be_asked_for_are_api_ids(cases: Cases) -> None:
    fault = RandomFault("403", method="GET", path="/items/*/children", after=2)
    with cases.faults.during(fault):
        assert cases.create_two() == 1

    (made,) = (
        case.id
        for case in cases.repository.sandbox.store.cases(cases.key)
        if case.fields["name"] == "One"
    )
    assert f"  a.one: {made}\n" in cases.map()


def test_a_case_of_the_same_name_is_neither_taken_nor_doubled(cases: Cases) -> None:
    store = cases.repository.sandbox.store
    store.add_case(cases.key, f"{cases.key}-TC-9", name="One")

    assert cases.create_two() == 1

    assert f"EXISTS     {cases.key}-TC-9 has the name 'One'" in cases.out
    assert cases.map() == "  a.two: KEY-TC-10\n"


def test_the_next_command_brings_new_cases_into_a_cycle_that_has_none_of_them(
    cases: Cases,
) -> None:
    settings = SETTINGS.replace('"Build ${NEVER_SET}"', "Build 17")
    cases.repository.write("jama.yaml", settings)
    assert main(["prepare", "--no-collect"]) == 0
    assert cases.create_two() == 0
    (line,) = (each for each in cases.out.splitlines() if each.startswith("next "))
    command = line.split("`")[1]

    assert "a cycle that exists has no runs of new cases" in line
    assert main(["prepare", "--no-collect"]) == 1
    assert main([*command.replace("NAME", "Build18").split()[1:], "--no-collect"]) == 0


def test_of_cases_for_one_test_it_is_said_which_is_linked_and_which_to_delete() -> None:
    twins = [
        Item(id=number, key=f"P-TC-{number}", name="One", type_id=26, project_id=1)
        for number in (4, 5)
    ]
    made = MadeCases(drafts=[NewCase("a.one", "One")], created={"a.one": 5}, twins={"a.one": twins})

    said = [line.text for line in ending_lines(made, is_agreed=True) if line.label == "TWICE"]

    assert "another command made one at the same time" in said[0]
    assert said[0].endswith("the oldest, P-TC-4, is linked: delete P-TC-5")


UNNAMEABLE = """
<testsuite><testcase classname="a" name="x[*]"/><testcase classname="a" name="x[3*4]"/>
<testcase classname="a" name="adds 2 * 2"/><testcase classname="a" name="x[b]"/>
<testcase classname="m.n" name="y"/><testcase classname="m/n" name="y"/></testsuite>
"""


def test_a_test_that_no_key_means_alone_is_refused_before_anything_is_created(
    cases: Cases,
) -> None:
    report = cases.repository.write("odd.xml", UNNAMEABLE)
    arguments = ("--set=Test Cases", "--per=parameter", "--junit", str(report))

    assert cases("create", *arguments) == 1
    assert "REFUSED    a.x[*] and 2 more: a key of the map with `*` stands for other" in cases.out
    assert "REFUSED    m.n.y and 1 more: to the map, two tests have this name" in cases.out

    assert cases("create", "--yes", "--json", *arguments) == 1
    found = json.loads(cases.out)["cases"]
    assert [case["test"] for case in found if case["state"] != "refused"] == ["a.x[b]"]
    assert all(case["reason"] for case in found if case["state"] == "refused")
    assert cases.map() == "  a.x[b]: KEY-TC-4\n"
    assert len(cases.writes) == 1


def test_nothing_is_created_where_a_marker_cannot_be_read(cases: Cases) -> None:
    wrong = "import pytest\n@pytest.mark.jama('nonsense')\ndef test_it(): pass\n"
    cases.repository.write("test_wrong.py", wrong)

    assert cases.create("--yes") == 1

    assert "'nonsense' is not a case reference" in cases.out
    assert cases.writes == []


def test_create_says_as_json_what_became_of_each_test(cases: Cases) -> None:
    found = cases.document("create", "--set=Test Cases", "--per=parameter", "--yes")

    assert [(case["test"], case["state"], case["key"]) for case in found["cases"]] == [
        (f"{PRIMING}[1]", "created", f"{cases.key}-TC-4"),
        (f"{PRIMING}[2]", "created", f"{cases.key}-TC-5"),
        (LEGACY, "created", f"{cases.key}-TC-6"),
        ("test_pump.py::test_stress", "created", f"{cases.key}-TC-7"),
    ]
    assert found["written"].endswith("jama.yaml")
    assert found["cases"][0]["name"] == "The pump is primed [1]"


def test_reports_take_the_place_of_the_collection(cases: Cases) -> None:
    report = cases.repository.write("report.xml", REPORT)

    assert cases("create", "--set=Test Cases", "--yes", "--junit", str(report)) == 0, cases.err

    (made,) = cases.repository.sandbox.store.cases(cases.key)[3:]
    assert made.fields["name"] == "asks for a code"
    assert [step["action"] for step in made.fields["testCaseSteps"]] == ["Step 1", "Step 2"]
    assert cases.map() == "  menu.asks for a code: KEY-TC-4\n"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["create", "--field", "Region"], "--field 'Region' is not LABEL=VALUE"),
        (["list", "--all", "--plan=Release 1"], "give one of --plan, --set, --filter and --all"),
        (["list", "--json", "--csv"], "give --json or --csv"),
        (["list", "--junit"], "--junit needs the reports"),
        (["list", "--no-collect", "--", "tests"], "--no-collect does not ask it"),
        (
            ["list", "--no-collect", "--plan=Relaese 1"],
            "no test plan 'Relaese 1'; did you mean 'Release 1'? a session or `pytest-jama",
        ),
        (["list", "--no-collect", "--set=Test Csaes"], "'Test Cases'?"),
    ],
    ids=["field", "sources", "formats", "no report", "not asked", "plan", "set"],
)
def test_what_is_given_wrong_is_refused_with_what_to_do(
    arguments: list[str], said: str, cases: Cases
) -> None:
    assert cases(*arguments) == 2
    assert said in cases.err


def test_a_folder_without_settings_has_no_map_to_write(
    cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cases.repository.folder / "jama.yaml").unlink()
    monkeypatch.setenv("JAMA_PROJECT", cases.key)

    assert cases.create("--yes") == 2
    assert "there is no jama.yaml to write the keys into; make one" in cases.err


def _run_all(cases: Cases, **statuses: str) -> None:
    """Give the runs of the cycle these statuses, by the number of their case."""
    store = cases.repository.sandbox.store
    for run in cases.repository.runs().values():
        number = run.fields["name"].rpartition("-")[2]
        if number in statuses:
            fields = {**run.fields, "testRunStatus": statuses[number]}
            store.database.update("nodes", {"fields": json.dumps(fields)}, id=run.id)


def test_list_tells_steps_tests_and_the_last_verdict(cases: Cases) -> None:
    store = cases.repository.sandbox.store
    _run_all(cases, **{"1": "FAILED", "2": "PASSED"})
    plan = store.plans(cases.key)[0].id
    store.add_cycle(plan, "Build 2")
    _run_all(cases, **{"2": "FAILED"})

    found = cases.document("list", "--no-collect")

    told = [(each["verdict"], each["cycle"], each["tests"]) for each in found["cases"]]
    assert told == [("FAILED", CYCLE, 1), ("FAILED", "Build 2", 0), ("NOT_RUN", "Build 2", 0)]
    assert found["cases"][0]["linked"] == ["test_pump.py::test_known"]
    assert sum(each.path == "/testruns" for each in cases.repository.sandbox.requests) <= 1


def test_list_is_a_table_of_the_plan_and_counts_collected_tests(cases: Cases) -> None:
    assert cases("list") == 0, cases.err

    head, columns, first, *_ = cases.out.splitlines()
    assert head == "cases      test plan 'Release 1': 3 test cases, 1 with a test"
    assert columns.split() == ["KEY", "NAME", "STEPS", "TESTS", "VERDICT", "CYCLE"]
    assert first.split()[0] == f"{cases.key}-TC-1"


def test_list_as_csv_is_harmless_to_a_spreadsheet(cases: Cases) -> None:
    store = cases.repository.sandbox.store
    store.add_case(cases.key, f"{cases.key}-TC-7", name='=cmd|"x"!A1', steps=2)

    assert cases("list", "--no-collect", "--csv", "--set", f"{cases.key}-SET-1") == 0, cases.err

    rows = list(csv.DictReader(io.StringIO(cases.out)))
    assert [(row["name"], row["steps"]) for row in rows][-1] == ('\'=cmd|"x"!A1', "2")
    assert "4 test cases" in cases.err


def test_unlinked_tells_tests_without_a_case_and_cases_without_a_test(cases: Cases) -> None:
    found = cases.document("unlinked", "--", "-m", "not stress")

    assert found["tests"] == [f"{PRIMING}[1]", f"{PRIMING}[2]", LEGACY]
    assert [case["key"] for case in found["cases"]] == [f"{cases.key}-TC-{n}" for n in (2, 3)]
    assert "1 deselected test not looked at" in cases.err

    assert cases("unlinked", "--require=linked", "--no-collect") == 1
    assert f"case  {cases.key}-TC-2" in cases.out


class Filters:
    """A server that has a filter: the stand-in has none."""

    def __init__(self, answers: Mapping[str, list[dict[str, Any]]]) -> None:
        self._answers = answers

    def judge(self) -> Judge:
        """Answer what is about filters."""

        def judge(arrival: IncomingRequest) -> Effect:
            rows = self._answers.get(arrival.path)
            if rows is None:
                return NO_EFFECT
            page = {"startIndex": 0, "resultCount": len(rows), "totalResults": len(rows)}
            body = json.dumps({"meta": {"status": "OK", "pageInfo": page}, "data": rows}).encode()

            async def act(exchange: InterceptedRequest) -> None:
                await exchange.answer(Answer(status=200, headers=(), body=b"").with_body(body))

            return Effect(act=act)

        return judge


def test_list_takes_the_cases_that_a_filter_finds(cases: Cases) -> None:
    def item(item_id: int, type_id: int) -> dict[str, Any]:
        return {"id": item_id, "itemType": type_id, "fields": {"name": f"Item {item_id}"}}

    answers = {
        "/filters": [{"id": 7, "name": "Mine"}, {"id": 8, "name": "Others"}],
        "/filters/7/results": [item(900, 26), item(901, 24)],
    }
    with cases.faults.during(Filters(answers)):
        found = cases.document("list", "--no-collect", "--filter=Mine")
        assert cases("list", "--no-collect", "--filter=Mien") == 2

    assert [case["name"] for case in found["cases"]] == ["Item 900"]
    assert "did you mean 'Mine'?" in cases.err


def test_jama_out_of_reach_is_said_as_such(cases: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "wrong")

    assert cases("list", "--no-collect", "--json") == 3
    assert json.loads(cases.out)["exit_status"] == 3


def test_half_a_pair_of_credentials_is_named(cases: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMA_CLIENT_SECRET", "")

    assert cases("list", "--no-collect") == 2
    assert "JAMA_CLIENT_ID is set, but JAMA_CLIENT_SECRET is not" in cases.err


class StopAt:
    """Interrupts this process when a creation arrives."""

    def judge(self) -> Judge:
        """Let it be processed."""

        def judge(arrival: IncomingRequest) -> Effect:
            if arrival.method == "POST" and arrival.path == "/items":
                signal.raise_signal(signal.SIGINT)
            return NO_EFFECT

        return judge


def test_what_was_created_before_an_interrupt_is_linked(cases: Cases) -> None:
    with cases.faults.during(StopAt()):
        assert cases.create_two() == 1

    assert "interrupted: what was begun may have been created" in cases.out
    cases.repository.write("jama.yaml", SETTINGS)
    assert cases.create_two() == 0, cases.err
    assert len(cases.names()) == len(set(cases.names())) == 5


def test_a_plan_that_is_not_there_yet_is_told_with_where_it_is_named(
    cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMA_PLAN", "Release 2")

    assert cases("list", "--no-collect") == 2
    assert "environment JAMA_PLAN: project" in cases.err
    assert "--all takes all cases of the project" in cases.err
