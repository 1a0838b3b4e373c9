"""``pytest-jama check`` where octane.yaml is: what an upload would meet, found by reading alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.octane_world import QUICK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.octane_world import OctaneWorld, Said

pytestmark = pytest.mark.usefixtures("quick_children")


def _settings(folder: Path, text: str) -> None:
    (folder / "octane.yaml").write_text(QUICK + text, encoding="utf-8")


def _marks(said: Said) -> dict[str, str]:
    document: dict[str, Any] = json.loads(said.out)
    return {each["name"]: each["mark"] for each in document["observations"]}


def test_all_is_well_where_all_is_there_and_nothing_is_written(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    add = octane_world.store.add
    add("releases", name="2.4")
    add("product_areas", name="Messaging")
    add("test_suites", name="Regression")
    _settings(tmp_path, "release: '2.4'\nmodules: [Messaging]\nsuite: {name: Regression}\n")
    said = octane_world.run_any("check", "--json")
    assert said.status == 0, said.err
    assert set(_marks(said).values()) == {"ok"}
    assert {"sign-in", "workspace", "results", "rights: uploads", "rights: flows"} <= set(
        _marks(said)
    )
    assert {"release", "suite", "modules", "clock", "pace"} <= set(_marks(said))
    assert said.written == []


def test_every_name_that_is_not_there_is_a_problem(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    octane_world.store.add("releases", name="Release 2.4")
    _settings(tmp_path, "release: Release 2.5\nmilestone: M1\n")
    said = octane_world.run_any("check", "-q")
    assert said.status == 1
    assert "there is no release named 'Release 2.5'" in said.out
    assert "did you mean 'Release 2.4'" in said.out
    assert "there is no milestone named 'M1'" in said.out
    assert "\nok" not in said.out


def test_a_collection_that_may_not_be_read_is_named(octane_world: OctaneWorld) -> None:
    octane_world.sandbox.fail_next(1, 403, method="GET", path="/comments")
    said = octane_world.run_any("check", "--json")
    document = json.loads(said.out)
    (found,) = [each for each in document["observations"] if each["name"] == "rights: flows"]
    assert (found["mark"], found["facts"]["refused"]) == ("note", {"comments": "403"})
    assert said.status == 0


def test_a_right_that_an_upload_needs_is_a_problem(octane_world: OctaneWorld) -> None:
    octane_world.sandbox.fail_next(1, 403, method="GET", path="/test-results/1")
    said = octane_world.run_any("check")
    assert said.status == 1
    assert "the role `CI/CD Integration` is needed" in said.out


def test_a_workspace_that_is_not_there_ends_it(octane_world: OctaneWorld) -> None:
    url = octane_world.sandbox.browser_url.replace("1002", "1003")
    said = octane_world.run_any("check", "--url", url, "--json")
    assert said.status == 1
    assert _marks(said)["workspace"] == "problem"
    assert "rights: uploads" not in _marks(said)


def test_credentials_that_are_refused_end_it(
    octane_world: OctaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTANE_CLIENT_SECRET", "wrong-secret")
    said = octane_world.run_any("check", "--json")
    assert said.status == 3
    assert _marks(said)["sign-in"] == "problem"
    assert "space" not in _marks(said)
    assert "wrong-secret" not in said.out + said.err


def test_wrong_settings_are_said_in_the_document_too(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    _settings(tmp_path, "relaese: x\n")
    said = octane_world.run_any("check", "--json")
    document = json.loads(said.out)
    assert (said.status, document["exit_status"], said.asked) == (2, 2, ())
    assert "relaese" in document["stopped"]


@pytest.mark.parametrize("arguments", ["--write-probe P", "--report r.txt", "--runs 5", "--plan P"])
def test_what_only_a_check_of_jama_can_do_is_refused(
    arguments: str, octane_world: OctaneWorld
) -> None:
    said = octane_world.run_any("check", *arguments.split())
    assert (said.status, said.asked) == (2, ())
    assert "it is about Jama, and the server is ALM Octane" in said.err


def test_where_both_files_are_the_command_line_says_which(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    (tmp_path / "jama.yaml").write_text("project: P\n", encoding="utf-8")
    said = octane_world.run_any("check")
    chosen = octane_world.run_any("check", "--target", "octane")
    assert said.status == 2
    assert "jama.yaml and octane.yaml are both there; say which server" in said.err.replace(
        "command line: ", ""
    )
    assert chosen.status == 0, chosen.err


def test_without_a_settings_file_the_variables_say_which_server(
    octane_world: OctaneWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "octane.yaml").unlink()
    monkeypatch.delenv("JAMA_URL", raising=False)
    octane = octane_world.run_any("check")
    monkeypatch.setenv("JAMA_URL", "http://127.0.0.1:9")
    jama = octane_world.run_any("check")
    assert (octane.status, "ok         sign-in" in octane.out) == (0, True)
    assert (jama.status, jama.asked) == (2, ())


def test_offline_only_the_settings_are_looked_at(
    octane_world: OctaneWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OCTANE_CLIENT_SECRET")
    monkeypatch.delenv("OCTANE_CLIENT_ID")
    _settings(tmp_path, "release: '2.4'\n")
    said = octane_world.run_any("check", "--offline", "--json")
    document = json.loads(said.out)
    assert said.status == 0, said.err
    assert octane_world.sandbox.requests == ()
    assert _marks(said)["credentials"] == "note"
    values = {each["name"]: each["origin"] for each in document["values"]}
    assert values["release"].startswith("octane.yaml:")
    assert values["strict"] == "default"


MAP = "tests: {'test_pump.py::test_flow': 2001, 'test_pump.py::test_flwo': 2001}\n"


def test_a_key_of_the_map_that_matches_no_test_is_named_before_any_session(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    (tmp_path / "test_pump.py").write_text("def test_flow(): pass\n", encoding="utf-8")
    _settings(tmp_path, MAP)
    said = octane_world.run_any("check", "--offline", "--json")
    found = {each["name"]: each for each in json.loads(said.out)["observations"]}
    assert found["collected"]["text"] == "1 test, 1 of them linked to 1 backlog item"
    assert (found["map"]["mark"], found["map"]["facts"]["unmatched"]) == ("note", 1)
    assert "'test_pump.py::test_flwo' in line 2" in found["dead key"]["text"]
    assert (said.status, said.asked) == (0, ())


def test_a_key_that_matches_no_test_is_a_problem_where_a_session_would_fail(
    octane_world: OctaneWorld, tmp_path: Path
) -> None:
    (tmp_path / "test_pump.py").write_text("def test_flow(): pass\n", encoding="utf-8")
    _settings(tmp_path, f"map: {{unmatched: fail}}\n{MAP}")
    assert octane_world.run_any("check", "--offline").status == 1
    assert octane_world.run_any("check", "--offline", "--no-collect").status == 0
