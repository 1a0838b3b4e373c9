"""When something does not arrive: nothing is hidden, nothing else is lost."""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING

import pytest

from pytest_jama.sandbox.faults import FailNext
from pytest_jama.sandbox.jama.knobs import Knobs
from pytest_jama.sandbox.jama.server import Sandbox
from tests.e2e.resuming import upload
from tests.harness import Repository

if TYPE_CHECKING:
    from pathlib import Path

THREE = """
import pytest

@pytest.mark.jama("KEY-TC-1")
def test_one(): pass

@pytest.mark.jama("KEY-TC-2")
def test_two(): pass

@pytest.mark.jama("KEY-TC-3")
def test_three(): pass
"""


def prepare(repository: Repository) -> None:
    for number in (1, 2, 3):
        repository.case(number)
    repository.start_cycle()
    repository.write("test_it.py", THREE)


@pytest.fixture
def three(repository: Repository) -> Repository:
    """Three cases with runs, and a passing test of each."""
    prepare(repository)
    return repository


def add_settings(repository: Repository, text: str) -> None:
    path = repository.folder / "jama.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def run_id(repository: Repository, number: int) -> int:
    return repository.runs()[f"{repository.key}-TC-{number}"].id


def test_locked_run_is_left_alone_and_the_others_are_sent(three: Repository) -> None:
    three.sandbox.store.set_lock(run_id(three, 2))
    finished = three.pytest_here()
    assert finished.status == 8
    assert three.statuses() == {1: "PASSED", 2: "NOT_RUN", 3: "PASSED"}
    assert f"LOCKED     {three.key}-TC-2" in finished.summary
    assert not [each for each in finished.requests if "lock" in each.path and each.method != "GET"]


def test_refused_run_does_not_stop_the_others(three: Repository) -> None:
    path = f"/testruns/{run_id(three, 1)}"
    for method in ("PATCH", "PUT"):  # what the first refuses, the second may take
        three.sandbox.fail_next(20, 400, method=method, path=path)
    finished = three.pytest_here()
    assert finished.status == 8
    assert three.statuses() == {1: "NOT_RUN", 2: "PASSED", 3: "PASSED"}
    assert f"REFUSED    {three.key}-TC-1" in finished.summary


def test_refused_custom_field_is_one_line_for_all_runs(three: Repository) -> None:
    add_settings(three, "\nrun: {fields: {nobody_knows$37: 1}}\n")
    finished = three.pytest_here()
    assert "sent       3 of 3 test runs" in finished.summary
    assert finished.summary.count("field nobody_knows$37 not stored") == 1


def test_custom_fields_and_assignee_are_written(three: Repository) -> None:
    field = three.sandbox.store.add_run_field("build")
    add_settings(three, f"\nrun: {{assigned_to: me, fields: {{{field}: '17'}}}}\n")
    finished = three.pytest_here()
    run = three.runs()[f"{three.key}-TC-1"]
    assert run.custom_fields[field] == "17", finished.output
    assert run.assigned_to is not None


def test_stale_run_is_a_warning_with_both_versions(three: Repository) -> None:
    first = three.sandbox.store.cases(three.key)[0]
    version = three.sandbox.store.bump_case_version(first.id)
    finished = three.pytest_here()
    assert finished.status == 0
    assert f"from version {first.version} of the test case" in finished.summary
    assert f"at version {version} now" in finished.summary


def test_throttled_requests_are_repeated(three: Repository) -> None:
    add_settings(three, "\nupload: {rate: 50}\n")
    with three.sandbox.faults.during(FailNext(count=2, status=429, retry_after_s=0)):
        finished = three.pytest_here()
    assert finished.status == 0
    assert set(three.statuses().values()) == {"PASSED"}


def test_run_that_reads_back_differently_is_a_mismatch(tmp_path: Path) -> None:
    knobs = Knobs(status_rule="inprogress_until_complete")
    with Sandbox(knobs=knobs) as sandbox:
        repository = Repository(tmp_path, sandbox, "M")
        repository.case(1, steps=3)
        repository.start_cycle()
        repository.write(
            "test_it.py",
            """
            import pytest
            @pytest.mark.jama("KEY-TC-1")
            def test_it(jama):
                with jama.step(1): assert 0
            """,
        )
        finished = repository.pytest_here()
    assert "intended FAILED, Jama stores INPROGRESS" in finished.summary, finished.output


def test_expired_token_is_renewed(tmp_path: Path) -> None:
    with Sandbox(knobs=Knobs(token_lifetime_s=0.5)) as sandbox:
        repository = Repository(tmp_path, sandbox, "T")
        prepare(repository)
        finished = repository.pytest_here()
    assert finished.status == 0, finished.output


def test_context_path_is_kept(tmp_path: Path) -> None:
    with Sandbox(context_path="/contour") as sandbox:
        repository = Repository(tmp_path, sandbox, "C")
        prepare(repository)
        finished = repository.pytest_here()
        assert set(repository.statuses().values()) == {"PASSED"}, finished.output


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
def test_journal_that_cannot_be_written_costs_no_results(
    three: Repository, workers: list[str]
) -> None:
    three.write(".jama", "a file where the folder belongs")
    finished = three.pytest_here(*workers)
    assert finished.status == 0
    assert set(three.statuses().values()) == {"PASSED"}
    assert "journal    incomplete: " in finished.summary


def test_journal_that_cannot_be_written_fails_a_session_that_only_writes_it(
    three: Repository,
) -> None:
    three.write(".jama", "a file where the folder belongs")
    assert three.pytest_here("--jama-no-upload").status == 8


BROKEN_HOOKS = {
    "find_case_refs(result)": ("in hook find_case_refs: KeyError: 'broken'", 8),
    "adjust_verdict(verdict)": ("in hook adjust_verdict: KeyError: 'broken'", 8),
    "make_target(name)": ("NOT SENT   the upload broke off: KeyError: 'broken'", 8),
    "upload_finished(report)": ("in hook upload_finished: KeyError: 'broken'", 0),
    "adjust_verdict(case)": ("Argument(s) {'case'} are declared", 8),
    "adjust_verdicts(verdict)": ("unknown hook 'adjust_verdicts'", 8),
}


@pytest.mark.parametrize("hook", BROKEN_HOOKS)
def test_broken_hook_is_named_and_costs_only_itself(three: Repository, hook: str) -> None:
    said, status = BROKEN_HOOKS[hook]
    three.write(
        "conftest.py",
        f"""
        from pytest_jama import hookimpl
        @hookimpl
        def {hook}: raise KeyError("broken")
        """,
    )
    three.write("test_it.py", THREE + "\ndef test_free(): pass\n")
    finished = three.pytest_here()
    assert said in finished.summary, finished.output
    assert finished.status == status
    assert "INTERNALERROR" not in finished.output
    assert set(three.statuses().values()) == {"NOT_RUN" if "NOT SENT" in said else "PASSED"}


def test_report_that_another_plugin_broke_costs_only_its_test(three: Repository) -> None:
    three.write(
        "conftest.py",
        """
        import pytest
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if item.name == "test_two":
                report.duration = "soon"
            return report
        """,
    )
    finished = three.pytest_here()
    assert "in pytest_runtest_logreport: TypeError" in finished.summary, finished.output
    assert finished.status == 8
    assert "INTERNALERROR" not in finished.output
    assert three.statuses() == {1: "PASSED", 2: "INPROGRESS", 3: "PASSED"}


def test_hook_that_answers_nonsense_is_named(three: Repository) -> None:
    three.write(
        "conftest.py",
        """
        from pytest_jama import hookimpl
        @hookimpl
        def adjust_verdict(verdict): return "PASSED"
        """,
    )
    finished = three.pytest_here()
    assert finished.status == 8
    assert "answered 'PASSED', which is not a CaseVerdict" in finished.summary
    assert set(three.statuses().values()) == {"PASSED"}


def test_hooks_further_down_are_not_called_and_named(three: Repository) -> None:
    three.write("below/test_other.py", "def test_other(): pass\n")
    three.write(
        "below/conftest.py",
        """
        from pytest_jama import hookimpl
        @hookimpl
        def adjust_verdict(verdict): raise KeyError
        """,
    )
    finished = three.pytest_here()
    assert finished.status == 0
    assert "hooks in below/conftest.py are not called" in finished.summary


def test_proxy_that_a_test_forgot_gets_nothing(three: Repository) -> None:
    forgetful = """
    import os
    def test_forgetful():
        os.environ["http_proxy"] = os.environ["HTTP_PROXY"] = "http://127.0.0.1:9"
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = "elsewhere.example"
    """
    three.write("test_it.py", textwrap.dedent(forgetful) + THREE)
    finished = three.pytest()
    assert finished.status == 0, finished.output
    assert set(three.statuses().values()) == {"PASSED"}


def test_proxy_of_a_conftest_is_used(three: Repository) -> None:
    three.write(
        "conftest.py",
        """
        import os
        def pytest_sessionstart():
            os.environ["http_proxy"] = "http://127.0.0.1:9"
            os.environ["no_proxy"] = os.environ["NO_PROXY"] = "elsewhere.example"
        """,
    )
    add_settings(three, "upload: {give_up_after: 1s}\n")
    finished = three.pytest()
    assert "NOT SENT" in finished.summary, finished.output
    assert set(three.statuses().values()) == {"NOT_RUN"}


def test_environment_of_the_tests_is_back_after_the_upload(three: Repository) -> None:
    three.write("test_it.py", "import os\nos.environ['OF_TESTS'] = '1'\n" + THREE)
    three.write(
        "conftest.py",
        """
        import os
        def pytest_unconfigure(): print("of tests:", os.environ.get("OF_TESTS"))
        """,
    )
    assert "of tests: 1" in three.pytest().output


BREAK_THE_END = (
    "\nimport sys\ndef test_breaks(): sys.modules['pytest_jama.session.deliver'] = None\n"
)


def test_end_that_breaks_says_how_to_go_on(three: Repository) -> None:
    three.write("test_it.py", THREE + BREAK_THE_END)
    finished = three.pytest()
    assert finished.status == 8
    assert "in the end of the session: ModuleNotFoundError" in finished.summary, finished.output
    (journal,) = (three.folder / ".jama").glob("*.jsonl")
    assert f"next       pytest-jama upload .jama/{journal.name}" in finished.summary


def test_session_without_terminal_says_on_stderr_what_is_not_sent(three: Repository) -> None:
    three.write("test_it.py", THREE + BREAK_THE_END)
    finished = three.pytest("-p", "no:terminal")
    assert finished.output.startswith("Jama Connect\n")
    assert "\nERROR      in the end of the session: ModuleNotFoundError" in finished.output
    assert "next       pytest-jama upload .jama/" in finished.output


def test_journal_that_a_test_removes_is_there_at_the_end(three: Repository) -> None:
    tidy = "import shutil\ndef test_tidy(): shutil.rmtree('.jama')\n"
    three.write("test_it.py", THREE + tidy)
    finished = three.pytest("--jama-no-upload")
    assert finished.status == 0, finished.output
    assert upload(three).status == 0
    assert set(three.statuses().values()) == {"PASSED"}


LOUD = ["-vv", "-l", "--full-trace", "--log-level=DEBUG", "--log-cli-level=DEBUG"]


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["serial", "xdist"])
@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
def test_secrets_are_in_no_output_and_no_file(
    three: Repository, workers: list[str], scheme: str
) -> None:
    known = three.sandbox.credentials
    basic = {"JAMA_USERNAME": known.username, "JAMA_PASSWORD": known.password}
    no_oauth = {"JAMA_CLIENT_ID": "", "JAMA_CLIENT_SECRET": ""}
    environment = {**no_oauth, **basic} if scheme == "Basic" else {}
    three.write("test_it.py", THREE + "\ndef test_fails(jama): assert 0\n")
    finished = three.pytest(*LOUD, *workers, environment=environment)
    files = (path for path in three.folder.rglob("*") if path.is_file())
    everything = finished.output + "".join(path.read_text(errors="replace") for path in files)
    encoded = base64.b64encode(f"{known.client_id}:{known.client_secret}".encode()).decode()
    assert scheme in {each.authorization for each in finished.requests}
    assert "DEBUG" in finished.output
    for secret in (known.client_secret, known.password, encoded, f"{scheme} "):
        assert secret not in everything
