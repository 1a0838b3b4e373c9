"""What every front-end says when hundreds of things go wrong at once: little, and what counts."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.report.summary_layout import AT_MOST, SENTENCE
from pytest_jama.sandbox.faults import RandomFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.harness import Repository

MANY = 40
BODIES = (
    "assert False, 'the pump was louder than the standard allows it to be'",
    "pass",
    "pytest.skip('no bench')",
    "raise RuntimeError('broken')",
)
OURS = re.compile(r"^(?:[A-Za-z ]{10} | {11})\S")
"""A line of a summary: its label in ten columns, or what is said below one."""


@pytest.fixture(scope="module")
def outputs(make_repository: Callable[[], Repository]) -> Mapping[str, str]:
    """What each front-end prints of one session in which everything goes wrong many times."""
    repository = make_repository()
    for number in range(1, MANY + 1):
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", _tests())
    repository.write("test_broken.py", "import nothing_there")
    keys = [f"  test_it.py::test_dead_{number}: KEY-TC-{number}\n" for number in range(1, MANY)]
    settings = "project: KEY\nplan: Release 1\ncycle: Build 1\ntests:\n" + "".join(keys)
    repository.write("jama.yaml", settings)
    faults = repository.sandbox.faults
    refused = RandomFault("403", path="/testruns/*", probability=0.3, seed=3)
    locked = RandomFault("locked", path="/testruns/*", probability=0.3, seed=4)
    words = ["-q", "--tb=no", "--continue-on-collection-errors", "--junitxml=out.xml"]
    commands: Mapping[str, Callable[[], int]] = {
        "junit-uploader": partial(junit_uploader, ["out.xml"]),
        "dry run": partial(junit_uploader, ["out.xml", "--dry-run"]),
        "no upload": partial(junit_uploader, ["out.xml", "--no-upload"]),
        "upload": partial(toolbox, ["upload"]),
        "prepare": partial(toolbox, ["prepare", "--no-collect"]),
        "quiet": partial(junit_uploader, ["out.xml", "--quiet"]),
    }
    with faults.during(refused), faults.during(locked):
        printed = {"pytest": repository.pytest_here(*words, "-p", "no:warnings").printed}
        for name, command in commands.items():
            printed[name] = repository.run_here(command).printed
    return printed


def _tests() -> str:
    lines = ["import pytest"]
    for number in range(1, MANY + 1):
        body = BODIES[number % len(BODIES)]
        lines += [f"@pytest.mark.jama('KEY-TC-{number}')", f"def test_{number}(): {body}"]
        lines += [f"@pytest.mark.jama('KEY-TC-9{number:04}')", f"def test_gone_{number}(): pass"]
        lines += [f"def test_free_{number}(): assert {number} % 3"]
        lines += [f"def test_bad_{number}(request):"]
        lines += [f"    request.node.user_properties.append(('jama', 'KEY-TC {number}'))"]
    return "\n".join(lines)


FRONT_ENDS = ("pytest", "junit-uploader", "dry run", "no upload", "upload", "prepare", "quiet")


def summary_of(output: str) -> list[str]:
    """Return the lines of a summary, but for the changes of a dry run."""
    lines = [line for line in output.splitlines() if OURS.match(line)]
    return [line for line in lines if not line.startswith("would ")]


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_summary_has_at_most_20_lines(outputs: Mapping[str, str], name: str) -> None:
    lines = summary_of(outputs[name])
    assert len(lines) <= AT_MOST
    assert len(lines) > 1


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_no_sentence_is_above_200_characters(outputs: Mapping[str, str], name: str) -> None:
    without_links = (re.sub(r" https?://\S+$", "", line) for line in summary_of(outputs[name]))
    assert [line for line in without_links if len(line) > 11 + SENTENCE] == []


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_nothing_is_said_twice(outputs: Mapping[str, str], name: str) -> None:
    lines = summary_of(outputs[name])
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", ["pytest", "junit-uploader", "no upload", "upload"])
def test_what_is_left_out_is_counted_with_a_way_to_see_it(
    outputs: Mapping[str, str], name: str
) -> None:
    assert re.search(r"^more +.*case \d+.* \(list with -v\)$", outputs[name], re.MULTILINE)


def test_each_kind_of_trouble_is_named(outputs: Mapping[str, str]) -> None:
    labels = {line[:10].rstrip() for line in summary_of(outputs["pytest"])}
    assert labels >= {
        "plan",
        "cycle",
        "sent",
        "unresolved",
        "NOT LINKED",
        "more",
        "journal",
        "next",
    }
    assert labels & {"REFUSED", "LOCKED"}  # which request meets which fault is not certain


def test_failed_run_is_shown_with_its_link(outputs: Mapping[str, str]) -> None:
    assert re.search(r"^case .* http\S+/perspective\.req\?docId=\d+&projectId=\d+$",
                     outputs["pytest"], re.MULTILINE)  # fmt: skip


@pytest.mark.parametrize("name", ["pytest -q", "pytest --jama-dry-run", "quiet", "prepare"])
@pytest.mark.usefixtures("quick_children")
def test_server_out_of_reach_is_said_before_it_is_given_up(
    repository: Repository, name: str
) -> None:
    repository.case(1)
    repository.write("test_it.py", LINKED)
    repository.pytest_here("--jama-no-upload", "--junitxml=out.xml", "-p", "no:warnings")
    repository.write("jama.yaml", f"{PLACES}upload: {{give_up_after: 1s}}\n")
    commands: Mapping[str, Callable[[], int]] = {
        "quiet": partial(junit_uploader, ["out.xml", "--quiet"]),
        "prepare": partial(toolbox, ["prepare"]),
    }
    nowhere = {"JAMA_URL": "http://127.0.0.1:9"}
    if name in commands:
        output = repository.run_here(commands[name], environment=nowhere).output
    else:
        output = repository.pytest_here(name.split()[1], environment=nowhere).output
    told, _, given_up = output.partition("nothing succeeded at http://127.0.0.1:9")
    assert re.search(
        r"^jama: cannot reach http://127\.0\.0\.1:9: connection failed \(.*\); "
        r"trying until \d\d:\d\d:\d\d$",
        told,
        re.MULTILINE,
    )
    assert given_up.count("cannot reach") == 0


LINKED = """
    import pytest
    @pytest.mark.jama("KEY-TC-1")
    def test_it(request): request.node.user_properties.append(("jama", "KEY-TC-1"))
"""
PLACES = "project: KEY\nplan: Release 1\ncycle: Build 1\n"

SELECTION = """
    import pytest
    @pytest.mark.jama("KEY-TC-1")
    class TestPump:
        def test_one(self): pass
        @pytest.mark.stress
        def test_two(self): pass
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_option_that_deselects_is_named_with_the_case_that_lacks_tests(
    repository: Repository, workers: tuple[str, ...]
) -> None:
    repository.case(1)
    repository.write("test_it.py", SELECTION)
    repository.write("pytest.ini", "[pytest]\naddopts = -m 'not stress'\nmarkers = stress: x\n")
    assert (
        "incomplete 1 test deselected by -m 'not stress' (addopts in pytest.ini); "
        f"without it this case cannot be PASSED: {repository.key}-TC-1\n"
    ) in repository.pytest_here(*workers).summary


def test_narrower_keys_are_said_with_v(repository: Repository) -> None:
    for number in (1, 2):
        repository.case(number)
    repository.write("test_it.py", "def test_one(): pass\ndef test_two(): pass")
    keys = "tests:\n  test_it.py: KEY-TC-1\n  test_it.py::test_two: KEY-TC-2\n"
    repository.write("jama.yaml", f"project: KEY\nplan: Release 1\ncycle: Build 1\n{keys}")
    key = repository.key
    said = f"narrower   {key}-TC-1 is without 1 test that a narrower key gives to {key}-TC-2\n"
    verbose = repository.pytest_here("-v", "--junitxml=out.xml")
    assert said in verbose.summary
    assert said in repository.run_here(partial(junit_uploader, ["-v", "out.xml"])).output
    assert "narrower" not in repository.pytest_here().summary


def test_who_has_locked_a_run_is_named_with_one_thing_to_do(repository: Repository) -> None:
    repository.case(1)
    repository.start_cycle()
    repository.sandbox.store.set_lock(repository.runs()[f"{repository.key}-TC-1"].id)
    repository.write("test_it.py", LINKED)
    finished = repository.pytest_here()
    (line,) = (each for each in finished.summary.splitlines() if each.startswith("LOCKED "))
    assert ": locked by Tess Ter (tess): PATCH " in line
    assert line.count("; ") == 1
    assert "; have it unlocked in Jama, then report again http" in line
