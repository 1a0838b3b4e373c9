"""What servers, reports, files and variables say is printed harmless by every front-end."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pytest

from junit_uploader.cli import main as junit_uploader
from pytest_jama.cli import main as toolbox
from pytest_jama.sandbox.faults import Effect, IncomingRequest
from tests.harness import PYTEST, unfolded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.harness import Finished, Repository

    Make = Callable[[], Repository]

pytestmark = pytest.mark.usefixtures("quick_children")

HOSTILE = (
    "::error::a\u202eb\n::set-output name=x::y\r\n\x1b[31m\x1b]8;;http://e\x07##vso[task.x]"
    "\x85  ::c::\u2028##[error]\x9b2J\u200b#\x1b[0m#teamcity[x] [red] :smile: '; touch gone; '"
)
IN_XML = "".join(each for each in HOSTILE if each not in "\x1b\x07")
"""XML cannot hold some; a line break in an attribute is written as a reference."""


def twin(text: str) -> str:
    """Return a text of as many words that is harmless."""
    return re.sub(r"[^ -~]|[:#\[\]']", "x", re.sub(r"[\n\r\t\x85\u2028]", " ", text))


def assert_harmless(output: str) -> None:
    """No line does anything to a terminal or a CI system."""
    assert [each for each in set(output) - {"\n"} if not each.isprintable()] == []
    assert re.search(r"##\w*\[|^\s*::", output, re.MULTILINE) is None


class Refusing:
    """Refuses each update with a message, or everything.

    Args:
        message: What the server says.
        methods: Which requests are refused.
    """

    def __init__(self, message: str, *methods: str) -> None:
        self._message = message
        self._methods = methods

    def judge(self) -> Callable[[IncomingRequest], Effect]:
        def judge(arrival: IncomingRequest) -> Effect:
            is_refused = arrival.method in self._methods and "oauth" not in arrival.path
            return Effect(status=400, message=self._message) if is_refused else Effect()

        return judge


def prepare(repository: Repository, text: str) -> None:
    """Let everything that is named be named so; one case is unknown."""
    said = json.dumps(text)  # of YAML and of Python, too
    for number in (1, 2, 3):
        name = f"{repository.key}-TC-{number}"
        repository.sandbox.store.add_case(repository.key, name, name=text, steps=number == 3)
    repository.write(
        "jama.yaml",
        f"project: KEY\nplan: {said}\ncycle: '${{BRANCH_OF_TEST}}'\n"
        f"tests: {{{said}: KEY-TC-1, test_it.py::test_missing: KEY-TC-1}}\n"
        # One at a time: how often runs that go at once are refused depends on the moment.
        "upload: {concurrency: 1}\n",
    )
    repository.write(
        "test_it.py",
        f"""
        import pytest

        @pytest.mark.jama("KEY-TC-1")
        @pytest.mark.parametrize("x", [1], ids=[{said}])
        def test_parameter(x, jama):
            jama.note({said})
            raise AssertionError({said})

        @pytest.mark.jama("KEY-TC-2")
        def test_skipped():
            pytest.skip({said})

        @pytest.mark.jama("KEY-TC-3")
        def test_step(jama):
            try:
                with jama.step(1):
                    raise ValueError({said})
            except ValueError:
                pass

        @pytest.mark.jama("KEY-TC-404")
        def test_unknown_case(): pass

        def test_without_case(): assert 0
        """,
    )
    repository.write(
        "conftest.py",
        f"""
        def adjust_verdict(verdict):
            raise RuntimeError({said})
        """,
    )


def pytest_session(repository: Repository, text: str, *flags: str) -> Finished:
    environment = {"BRANCH_OF_TEST": text, "GITHUB_REF_NAME": text, "BUILD_URL": text}
    return repository.pytest_here("-p", "no:cacheprovider", *flags, environment=environment)


def our_part(finished: Finished) -> str:
    """Return what is ours of the output of pytest: header, progress and summary."""
    lines = finished.output.split("\n")
    return "\n".join([each for each in lines if each.startswith("jama:")] + [finished.summary])


@pytest.mark.parametrize(
    "flags", [(), ("-v",), ("--jama-dry-run",), ("--jama-no-upload",)], ids=str
)
def test_session_of_pytest_prints_nothing_harmful(
    flags: tuple[str, ...], make_repository: Make
) -> None:
    shown = []
    for text in (twin(HOSTILE), HOSTILE):
        repository = make_repository()
        prepare(repository, text)
        with repository.sandbox.faults.during(Refusing(text, "PATCH")):
            finished = pytest_session(repository, text, *flags)
        shown.append(our_part(finished))
        assert "KEY-TC-1".replace("KEY", repository.key) in finished.summary
    harmless, hostile = shown
    assert_harmless(hostile)
    # What is written out is longer, and a summary has only so much room.
    assert unfolded(hostile).count("\n") <= unfolded(harmless).count("\n")


def test_session_without_a_terminal_prints_nothing_harmful(repository: Repository) -> None:
    prepare(repository, HOSTILE)
    finished = pytest_session(repository, HOSTILE, "-p", "no:terminal", "--log-level=DEBUG")
    assert "Jama Connect" in finished.output
    assert_harmless(finished.output)


def test_session_that_cannot_start_says_so_in_its_lines(make_repository: Make) -> None:
    counts = []
    for text in (twin(HOSTILE), HOSTILE):
        repository = make_repository()
        said = json.dumps(text)
        repository.write("jama.yaml", f"project: KEY\n{said}: 1\nplan: {{{said}: {said}}}\n")
        repository.write("test_it.py", "def test(): pass")
        finished = repository.pytest_here()
        _, _, ours = finished.output.partition("pytest-jama cannot start:")
        assert_harmless(ours)
        counts.append(unfolded(finished.output).count("\n"))
    assert counts[0] == counts[1]


COMMANDS = [
    ["upload", "-v"],
    ["upload", "-vv"],
    ["upload", "--dry-run"],
    ["upload", "--json"],
    ["upload", "--plan={}"],
    ["upload", "{}"],
    ["upload", "--{}"],
    ["upload", "--config={}"],
    ["upload", "--url={}"],
    ["prepare", "--no-collect"],
    ["prepare", "--", "{}"],
    ["prepare", "--dry-run"],
    ["lock"],
    ["lock", "--", "--{}"],
    ["lock", "--junit", "{}.xml"],
    ["{}"],
    ["sandbox", "--case={}"],
    ["sandbox", "--fault={}"],
    ["sandbox", "--knob={}"],
    ["sandbox", "--port=0", "--", "{}"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_prints_nothing_harmful(command: Sequence[str], make_repository: Make) -> None:
    counts = []
    # Both exist before the first command: ``-vv`` shows each page of the list of projects.
    for repository, text in [(make_repository(), text) for text in (twin(HOSTILE), HOSTILE)]:
        prepare(repository, text)
        if command[0] == "upload":  # only that reads journals
            pytest_session(repository, text, "--jama-no-upload")
        words = [word.replace("{}", text) for word in command]
        with repository.sandbox.faults.during(Refusing(text, "PATCH")):
            finished = repository.run_here(
                partial(toolbox, words), environment={"BRANCH_OF_TEST": text}
            )
        assert finished.output
        assert_harmless(finished.output)
        counts.append(unfolded(finished.output).count("\n"))
    # What pytest prints is shown line by line, and it quotes its arguments as they are.
    assert counts[1] <= counts[0] or "--" in command


def report(text: str) -> str:
    """Return a report in which everything that has a name has this one."""
    said = quoteattr(text, {each: f"&#{ord(each)};" for each in text if each < " "})
    link = '<properties><property name="jama" value="KEY-TC-{}"/></properties>'
    return (
        f"<testsuite name={said} hostname={said}>"
        f"<testcase classname={said} name={said} file={said}>{link.format(1)}"
        f"<failure message={said}>{text.replace('<', '&lt;')}</failure></testcase>"
        f"<testcase classname='c' name={said}><properties><property name='jama' value={said}/>"
        "</properties></testcase>"
        f"<testcase name={said} time={said}>{link.format(404)}<skipped message={said}/></testcase>"
        "</testsuite>"
    )


FLAGS = [
    ["--list"],
    ["--list", "--json"],
    ["-v"],
    ["-vv", "--json"],
    ["--dry-run"],
    ["--no-upload"],
    ["--list", "--{}"],
    ["--plan={}", "--commit={}"],
    ["--config={}"],
]


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_uploader_prints_nothing_harmful(flags: Sequence[str], make_repository: Make) -> None:
    heads = []
    for text in (twin(IN_XML), IN_XML):
        repository = make_repository()
        prepare(repository, text)
        # A file name has no slash and is not too long.
        path = repository.folder / (text.replace("/", "")[:60] + ".xml")
        path.write_text(report(text).replace("KEY", repository.key), encoding="utf-8")
        broken = path.with_name(f"{path.stem} broken.xml")
        broken.write_text(f"<{text}", encoding="utf-8")
        words = [*(word.replace("{}", text) for word in flags), path.name, broken.name]
        with repository.sandbox.faults.during(Refusing(text, "PATCH")):
            finished = repository.run_here(
                partial(junit_uploader, words), environment={"BRANCH_OF_TEST": text}
            )
        assert_harmless(finished.output)
        heads.append({line.split(" ")[0] for line in unfolded(finished.output).splitlines()})
    # No line that it began itself; where one has less room, a kind may be counted with others.
    assert heads[1] <= heads[0] | {"more", "unlinked"}


def test_damaged_journals_of_hostile_names_print_nothing_harmful(repository: Repository) -> None:
    prepare(repository, HOSTILE)
    pytest_session(repository, HOSTILE, "--jama-no-upload")
    (journal,) = (repository.folder / ".jama").glob("*.jsonl")
    hostile = repository.folder / f"{HOSTILE.replace('/', '')[:60]}.jsonl"
    first, *lines = journal.read_text(encoding="utf-8").split("\n")
    hostile.write_text("\n".join([first, HOSTILE, *lines]), encoding="utf-8")
    for words in (["upload", "-v", hostile.name], ["upload", "--json", hostile.name]):
        with repository.sandbox.faults.during(Refusing(HOSTILE, "PATCH")):
            finished = repository.run_here(partial(toolbox, words))
        assert "DAMAGED" in finished.output or '"unusable"' in finished.output
        assert_harmless(finished.output)


def test_command_behind_next_finishes_the_upload_of_a_hostile_folder(
    repository: Repository,
) -> None:
    prepare(repository, "said")
    folder = HOSTILE.replace("/", "")[:100]
    with (repository.folder / "jama.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"journal: {json.dumps(folder)}\n")
    finished = pytest_session(repository, "said", "--jama-no-upload")
    (command,) = re.findall(r"^next +(pytest-jama upload .*)", finished.output, re.MULTILINE)
    assert_harmless(command)
    command = command.replace("pytest-jama", f"{sys.executable} -m pytest_jama", 1)
    resumed = repository.run(["bash", "-c", command])
    assert resumed.status == 1, resumed.output  # the fourth case is unknown
    assert repository.statuses()[1] == "FAILED"
    assert not Path(repository.folder, "gone").exists()


def test_sandbox_shows_the_runs_of_a_hostile_cycle_harmless(repository: Repository) -> None:
    repository.write(
        "jama.yaml",
        f"project: KEY\nplan: x\ncycle: {json.dumps(HOSTILE)}\ntests: {{test_it.py: KEY-TC-1}}\n",
    )
    repository.write("test_it.py", "def test_it(): pass\n")
    command = [sys.executable, "-m", "pytest_jama", "sandbox", "--seed", "jama.yaml", "--"]
    finished = repository.run([*command, *PYTEST, "-p", "no:cacheprovider"])
    assert f"{repository.key}-TC-1" in finished.output.rpartition("Jama Connect")[2]
    assert r":\x3aerror::a\u202eb\n" in finished.output.rpartition("journal")[2]
    assert_harmless(finished.output)
