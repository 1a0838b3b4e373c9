"""`upload: {when: during}`: a head start that changes nothing of what a session comes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_jama.sandbox.faults import Effect, IncomingRequest
from tests.e2e.resuming import upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Finished, Repository

CASES = 8

HEAD = """
import pathlib, pytest, time

def wait_for(count):
    "Let other tests wait until so many runs were written."
    journals = pathlib.Path(".jama").glob("*.jsonl")
    journal = max(journals, key=lambda path: path.stat().st_mtime_ns)
    for _ in range(1000):
        if journal.read_text().count('"line":"receipt"') >= count:
            return
        time.sleep(0.02)
"""


class Scene(NamedTuple):
    """A session in which something is sent early.

    Attributes:
        suite: Its tests.
        arguments: Of pytest.
        conftest: Its hooks.
        settings: More of jama.yaml.
        early: How many runs are written before the last test, at least.
    """

    suite: str
    arguments: tuple[str, ...] = ()
    conftest: str = ""
    settings: str = ""
    early: int = 1


MIXED = """
@pytest.mark.jama("KEY-TC-1")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_three(number): assert number != 2, "two"

@pytest.mark.jama("KEY-TC-2")
def test_passes(jama):
    jama.note("seen")
    with jama.step(1): pass
    with jama.step(2): pass

@pytest.mark.jama("KEY-TC-2", step=3)
def test_step(jama): jama.attach(b"a picture", name="line.txt")

@pytest.mark.jama("KEY-TC-3")
def test_skips(): pytest.skip("later")

@pytest.mark.jama("KEY-TC-3")
@pytest.mark.xfail
def test_is_expected_to_fail(): assert 0

@pytest.mark.jama("KEY-TC-4")
@pytest.mark.xfail(strict=True)
def test_passes_unexpectedly(): pass

@pytest.fixture
def broken_teardown():
    yield
    raise RuntimeError("stuck")

@pytest.mark.jama("KEY-TC-5")
def test_late(broken_teardown): pass

def test_of_no_case(): assert 0

@pytest.mark.jama("KEY-TC-6")
def test_last(): wait_for(1)
"""

SCENES = {
    "outcomes of all kinds": Scene(MIXED, settings="verdicts: {skipped: BLOCKED}"),
    "attempts": Scene(
        """
        attempts = []

        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.flaky(reruns=2)
        def test_flaky():
            attempts.append(1)
            assert len(attempts) > 2

        @pytest.mark.jama("KEY-TC-2")
        def test_last(): wait_for(1)
        """,
    ),
    "-x": Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_some(number):
            wait_for(1)
            assert number < 2

        @pytest.mark.jama("KEY-TC-3")
        def test_never(): pass
        """,
        ("-x",),
    ),
    "Ctrl-C in a test": Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        @pytest.mark.parametrize("number", [1, 2])
        def test_some(number):
            wait_for(1)
            if number == 2: raise KeyboardInterrupt

        @pytest.mark.jama("KEY-TC-3")
        def test_never(): pass
        """,
    ),
    "deselected": Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.parametrize("number", [1, 2, 13])
        def test_some(number): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_13(): wait_for(1)

        @pytest.mark.jama("KEY-TC-3")
        def test_other(): pass
        """,
        ("-k", "13"),
    ),
    "known from the map alone": Scene(
        """
        def test_there(): pass
        def test_last(): wait_for(1)
        """,
        settings="""
        tests:
          test_it.py::test_there: KEY-TC-1
          test_it.py::test_last: KEY-TC-2
          test_gone.py::test_gone: [KEY-TC-1, KEY-TC-3]
        """,
    ),
    "a second name of a case": Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        def test_key(): pass

        @pytest.mark.jama("API-TC-1")
        def test_id(): assert 0

        @pytest.mark.jama("KEY-TC-2")
        def test_between(): pass

        @pytest.mark.jama("KEY-TC-3")
        def test_last(): wait_for(2)
        """,
        early=2,
    ),
    "cases named while tests run": Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        def test_second(record_property):
            wait_for(1)
            record_property("jama", "KEY-TC-1")
            assert 0

        @pytest.mark.jama("KEY-TC-2")
        def test_last(): pass
        """,
    ),
    "hooks": Scene(
        """
        def test_hooked(): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_marked(): pass

        @pytest.mark.jama("KEY-TC-3")
        def test_last(): wait_for(2)
        """,
        conftest="""
        import dataclasses
        from pytest_jama import hookimpl
        from pytest_jama.core.verdicts import Verdict

        @hookimpl
        def find_case_refs(result):
            return ["KEY-TC-1"] if "hooked" in result.test_id else None

        @hookimpl
        def adjust_verdict(verdict):
            with open("asked.txt", "a") as file:
                file.write(f"{verdict.case_ref}\\n")
            if str(verdict.case_ref) == "KEY-TC-2":
                return dataclasses.replace(verdict, verdict=Verdict.BLOCKED)
        """,
        early=2,
    ),
    "a file that cannot be collected": Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_last(): wait_for(1)
        """,
        ("--continue-on-collection-errors",),
        settings="""
        tests:
          test_broken.py: [KEY-TC-1, KEY-TC-3]
        """,
    ),
    "a test that runs twice": Scene(
        """
        runs = []

        @pytest.mark.jama("KEY-TC-1")
        def test_twice():
            runs.append(1)
            if len(runs) == 2: wait_for(1)
            assert len(runs) < 2
        """,
        ("--keep-duplicates", "test_it.py", "test_it.py"),
    ),
}


@pytest.fixture
def repository(make_repository: Callable[[], Repository]) -> Repository:
    """A repository with eight cases."""
    repository = make_repository()
    for number in range(1, CASES + 1):
        repository.case(number, steps=3 * (number == 2))
    repository.start_cycle()
    return repository


def prepare(repository: Repository, scene: Scene) -> None:
    api_id = repository.sandbox.store.cases(repository.key)[0].id
    repository.write("conftest.py", scene.conftest)
    if "test_broken" in scene.settings:
        repository.write("test_broken.py", "import nothing_of_that_name\n")
    suite = scene.suite.replace("API-TC-1", str(api_id))
    path = repository.write("test_it.py", suite)
    path.write_text(HEAD + path.read_text(encoding="utf-8"), encoding="utf-8")


def write(repository: Repository, scene: Scene, *, when: str) -> None:
    """Write a session that sends at the end, or during, into a cycle of its own."""
    head = f"project: KEY\nplan: Release 1\ncycle: Build {when}\nupload: {{when: {when}}}\n"
    path = repository.write("jama.yaml", scene.settings)
    settings = head.replace("KEY", repository.key) + path.read_text(encoding="utf-8")
    path.write_text(settings, encoding="utf-8")
    waits = scene.suite if when == "during" else scene.suite.replace("wait_for(", "bool(")
    prepare(repository, scene._replace(suite=waits))


def conduct(repository: Repository, scene: Scene, *, when: str, way: tuple[str, ...]) -> Finished:
    """Let a session send at the end, or during."""
    write(repository, scene, when=when)
    return repository.pytest_here("-p", "no:cacheprovider", *scene.arguments, *way)


def stored(repository: Repository) -> dict[str, Any]:
    """Return what the runs of the last cycle say; times and durations differ by nature."""
    return {
        key: (run.status, run.steps, _NUMBERS.sub("0", str(run.actual_results)))
        for key, run in repository.runs().items()
    }


_NUMBERS = re.compile(r"session \S+, checksum \w+|[\d.:-]+")


def told(finished: Finished) -> list[str]:
    """Return the summary without what differs by nature."""
    lines = [
        re.sub(r"\d{5,}\S*|\(id \d+\)|#\S+", "0", each) for each in finished.summary.splitlines()
    ]
    return [each.replace("Build end", "B").replace("Build during", "B") for each in lines]


@pytest.mark.parametrize("name", SCENES)
def test_a_session_comes_to_the_same_during_and_at_its_end(
    repository: Repository, name: str
) -> None:
    scene = SCENES[name]
    seen = []
    for when in ("end", "during"):
        finished = conduct(repository, scene, when=when, way=())
        seen.append((finished.status, stored(repository), told(finished)))
    (at_end, during) = seen
    assert during[:2] == at_end[:2]
    early = [line for line in during[2] if line.startswith("early")]
    again = [line for line in during[2] if "while tests ran;" in line]
    assert [line for line in during[2] if line not in (*early, *again)] == at_end[2]
    asked = repository.folder / "asked.txt"
    assert not asked.is_file() or len(asked.read_text().split()) == 2 * 3  # once for each case
    kinds = [line["line"] for line in repository.journal()]
    before_the_last_test = kinds[: len(kinds) - kinds[::-1].index("result")]
    assert before_the_last_test.count("receipt") >= scene.early


def test_tests_capture_nothing_of_what_is_sent_meanwhile(repository: Repository) -> None:
    scene = Scene(
        """
        import logging

        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_last(caplog, capfd):
            caplog.set_level(logging.DEBUG)
            wait_for(1)
            logging.getLogger("mine").debug("told")
            # The sandbox is in this process, too: some python-multipart logs the forms it reads.
            records = [each for each in caplog.records if each.module != "multipart"]
            assert [record.message for record in records] == ["told"]
            assert capfd.readouterr() == ("", "")
        """
    )
    arguments = ("--log-file=all.log", "--log-file-level=DEBUG", "--log-level=DEBUG")
    finished = conduct(repository, scene._replace(arguments=arguments), when="during", way=())
    assert finished.status == 0, finished.output
    log = (repository.folder / "all.log").read_text(encoding="utf-8")
    assert log.index("PATCH /rest/v1/testruns/") < log.index("told")


@pytest.mark.parametrize("mode", ["--jama-dry-run", "--jama-no-upload"])
def test_where_nothing_is_sent_nothing_is_sent_early(repository: Repository, mode: str) -> None:
    scene = Scene(MIXED.replace("wait_for(1)", "pass"), (mode,))
    finished = conduct(repository, scene, when="during", way=())
    assert not {"POST", "PATCH"} & {
        each.method for each in finished.requests if not each.path.endswith("/token")
    }
    assert not {"receipt", "creation"} & {line["line"] for line in repository.journal()}


def test_a_session_that_sends_at_its_end_has_nothing_of_it(repository: Repository) -> None:
    suite = """
        import sys, threading, pytest

        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_last():
            assert not [each for each in threading.enumerate() if "jama" in each.name]
            assert not {"pytest_jama.session.early", "requests"} & sys.modules.keys()
    """
    repository.write("test_it.py", suite)
    finished = repository.pytest(imports_anew=True)
    assert finished.status == 0, finished.output


def test_the_client_is_loaded_before_the_workers_have_results(repository: Repository) -> None:
    conftest = """
        import pathlib, pytest, sys

        class First:
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_runtest_logreport(self, report):
                if not pathlib.Path("loaded.txt").exists():
                    loaded = "requests" in sys.modules
                    pathlib.Path("loaded.txt").write_text(str(loaded))
                return (yield)

        def pytest_configure(config):
            if not hasattr(config, "workerinput"):
                config.pluginmanager.register(First())
    """
    write(repository, Scene(MIXED.replace("wait_for(1)", "pass"), conftest=conftest), when="during")
    finished = repository.pytest("-n", "2", imports_anew=True)
    assert "early" in finished.summary
    assert (repository.folder / "loaded.txt").read_text() == "True"


def test_a_target_that_cannot_do_it_gets_everything_at_the_end(repository: Repository) -> None:
    conftest = """
        from pytest_jama import hookimpl
        from pytest_jama.targets.jama.target import make_jama_target

        class AtTheEnd:
            def __init__(self, target):
                self.plan, self.push, self.close = target.plan, target.push, target.close

        @hookimpl
        def make_target(name, settings):
            return AtTheEnd(make_jama_target(settings))
    """
    scene = Scene(MIXED.replace("wait_for(1)", "pass"), conftest=conftest)
    finished = conduct(repository, scene, when="during", way=())
    assert "warning    the target 'jama' takes nothing while tests run" in finished.summary
    assert "sent       5 of 5 test runs" in finished.summary
    assert "early" not in finished.summary


class Meanwhile:
    """Another user changes the first run when it was written, before it is read.

    Args:
        repository: Has it.
        is_refused: Whether the second run takes nothing.
    """

    def __init__(self, repository: Repository, *, is_refused: bool) -> None:
        self._repository = repository
        self._effect = Effect(status=400, message="not now") if is_refused else Effect()

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        """Look at each request before it is answered."""

        def judge(arrival: IncomingRequest) -> Effect:
            first, second, *_ = self._repository.runs().values()
            if arrival.method == "GET" and first.status == "PASSED":
                self._repository.sandbox.store.set_status(first.id, "BLOCKED")
            is_of_second = arrival.path.endswith(f"/{second.id}")
            return self._effect if is_of_second and arrival.method != "GET" else Effect()

        return judge


@pytest.mark.parametrize("is_refused", [False, True], ids=["else well", "another one is refused"])
def test_no_later_upload_replaces_what_a_person_wrote_after_it_was_sent(
    repository: Repository, is_refused: bool
) -> None:
    scene = Scene(
        """
        @pytest.mark.jama("KEY-TC-1")
        def test_first(): pass

        @pytest.mark.jama("KEY-TC-2")
        def test_last(): wait_for(1)
        """
    )
    with repository.sandbox.faults.during(Meanwhile(repository, is_refused=is_refused)):
        finished = conduct(repository, scene, when="during", way=())
    assert "another user changed it since, so it is left alone" in finished.summary
    assert (finished.status, "next  " in finished.summary) == (8 * is_refused, is_refused)
    (journal,) = repository.folder.glob(".jama/*.jsonl")
    later = upload(repository, str(journal))
    assert [run.status for run in repository.runs().values()][:2] == ["BLOCKED", "PASSED"]
    assert (later.status, later.count_requests("PATCH")) == (0, int(is_refused)), later.output
    assert "another user changed it since, so it is left alone" in later.output
