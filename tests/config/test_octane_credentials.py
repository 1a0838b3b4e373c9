"""Credentials for ALM Octane come from the environment and show up nowhere."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import OCTANE, find_redactor
from pytest_jama.config.environment import find_credentials
from pytest_jama.config.octane_settings import OctaneKey, OctaneUser
from pytest_jama.config.redact_settings import find_secrets
from pytest_jama.config.variables import find_user
from tests.config.octane_values import KEY, WHERE, load, problems_of
from tests.config.values import COMPLETE, write
from tests.config.values import load as load_jama
from tests.config.values import problems_of as problems_of_jama
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

NO_KEY = dict.fromkeys(KEY, "")
USER = {"OCTANE_USER": "ann", "OCTANE_PASSWORD": "hunter3"}
SECRETS = {
    "JAMA_CLIENT_SECRET": "hunter-1",
    "JAMA_PASSWORD": "hunter-2",
    "OCTANE_CLIENT_SECRET": "hunter-3",
    "OCTANE_PASSWORD": "hunter-4",
}


def test_a_client_id_and_its_secret_are_a_key() -> None:
    credentials, problems = find_credentials(KEY, OCTANE)
    assert isinstance(credentials, OctaneKey)
    assert credentials.client_id == "a key"
    assert credentials.client_secret.get_secret_value() == "made up"
    assert problems == ()


def test_a_user_and_a_password_are_a_user() -> None:
    credentials, problems = find_credentials(USER, OCTANE)
    assert isinstance(credentials, OctaneUser)
    assert credentials.user == "ann"
    assert credentials.password.get_secret_value() == "hunter3"
    assert problems == ()


@pytest.mark.parametrize("others", [USER, {"OCTANE_USER": "ann"}], ids=["both", "half-a-user"])
def test_a_key_wins(others: dict[str, str]) -> None:
    credentials, _ = find_credentials({**others, **KEY}, OCTANE)
    assert isinstance(credentials, OctaneKey)
    assert find_user({**others, **KEY}, OCTANE) == "a key"


@every(
    "present,absent",
    [
        ("OCTANE_CLIENT_ID", "OCTANE_CLIENT_SECRET"),
        ("OCTANE_CLIENT_SECRET", "OCTANE_CLIENT_ID"),
        ("OCTANE_USER", "OCTANE_PASSWORD"),
        ("OCTANE_PASSWORD", "OCTANE_USER"),
    ],
)
def test_half_a_pair_is_refused(tmp_path: Path, present: str, absent: str) -> None:
    environ = {**NO_KEY, present: "hunter2"}
    assert problems_of(tmp_path, WHERE, environ=environ) == [
        f"environment {present}: {present} is set, but {absent} is not; set {absent} too",
    ]


def test_half_a_key_does_not_fall_back_to_a_user() -> None:
    credentials, (problem,) = find_credentials({**USER, "OCTANE_CLIENT_ID": "x"}, OCTANE)
    assert credentials is None
    assert problem.remedy == "set OCTANE_CLIENT_SECRET too"


def test_credentials_of_jama_do_not_sign_in_here() -> None:
    jama = {"JAMA_USERNAME": "ann", "JAMA_PASSWORD": "hunter2"}
    credentials, (problem,) = find_credentials(jama, OCTANE)
    assert credentials is None
    assert problem.message == "no credentials for ALM Octane"


@pytest.mark.parametrize("environ", [KEY, {**NO_KEY, **USER}], ids=["key", "user"])
def test_a_secret_is_in_no_text_of_the_settings(tmp_path: Path, environ: dict[str, str]) -> None:
    settings = load(tmp_path, WHERE, environ=environ).settings
    assert settings.credentials is not None
    texts = [repr(settings), str(settings.model_dump()), settings.model_dump_json()]
    texts += [str(settings.for_journal()), repr(settings.credentials)]
    texts.append(settings.credentials.model_dump_json())
    assert not any(secret in text for text in texts for secret in ("made up", "hunter"))


def test_credentials_are_not_pickled(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="credentials are not pickled"):
        pickle.dumps(load(tmp_path, WHERE).settings)


@every("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_of_either_kind_is_hidden_in_sessions_of_both(tmp_path: Path, secret: str) -> None:
    environ = {**SECRETS, "OCTANE_CLIENT_ID": "x", "JAMA_CLIENT_ID": "x"}
    redactors = (
        load(tmp_path, WHERE, environ=environ).settings.redactor,
        load_jama(tmp_path, COMPLETE, environ=environ).settings.redactor,
        find_redactor(start=tmp_path, file=None, environ=environ, kind=OCTANE)[0],
        find_redactor(start=tmp_path, file=None, environ=environ)[0],
    )
    assert [each.hide(f"a {secret} b").text for each in redactors] == ["a *** b"] * 4


def test_user_and_password_together_are_a_secret_as_well() -> None:
    assert "ann:hunter3" in find_secrets(USER)


@every("variable", SECRETS)
def test_a_secret_of_either_kind_is_filled_into_no_setting_of_both(
    tmp_path: Path, variable: str
) -> None:
    environ = {**SECRETS, "OCTANE_CLIENT_ID": "x", "JAMA_CLIENT_ID": "x"}
    problem = (
        f"uses ${{{variable}}}, which is a secret; remove it: credentials are read from the "
        "environment without being named here"
    )
    text = f"{WHERE}release: ${{{variable}}}\n"
    assert problems_of(tmp_path, text, environ=environ) == [f"octane.yaml:2: release {problem}"]
    text = f"software: ${{{variable}}}\n"
    found = problems_of_jama(tmp_path, text, environ=environ, needs_target=False)
    assert found == [f"jama.yaml:1: software {problem}"]


@pytest.mark.parametrize("environ,user", [(KEY, "a key"), ({**NO_KEY, **USER}, "ann")])
def test_whose_credentials_are_used_can_be_filled_in(
    tmp_path: Path, environ: dict[str, str], user: str
) -> None:
    text = f"{WHERE}release: of ${{OCTANE_USER}}\n"
    assert load(tmp_path, text, environ=environ).settings.release == f"of {user}"


@every(
    "key,variables",
    [
        ("password", "variable OCTANE_PASSWORD"),
        ("OCTANE_PASSWORD", "variable OCTANE_PASSWORD"),
        ("user", "variable OCTANE_USER"),
        ("client_id", "variable OCTANE_CLIENT_ID"),
        ("clientSecret", "variable OCTANE_CLIENT_SECRET"),
        ("api_key", "variables OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET"),
        (
            "credentials",
            (
                "variables OCTANE_CLIENT_ID and OCTANE_CLIENT_SECRET, or OCTANE_USER and "
                "OCTANE_PASSWORD"
            ),
        ),
    ],
)
def test_credentials_do_not_belong_in_the_file(tmp_path: Path, key: str, variables: str) -> None:
    assert problems_of(tmp_path, f"{WHERE}{key}: hunter2\n") == [
        (
            f"octane.yaml:2: {key} does not belong in a file that people share; remove it and "
            "set the "
            f"environment {variables}; if the file was committed, change the secret, too"
        )
    ]


def test_the_patterns_of_the_file_hide_where_no_other_setting_is_needed(tmp_path: Path) -> None:
    write(tmp_path, f"{WHERE}redact: ['x[0-9]+']\nrelease: ${{NOT_SET}}\n", "octane.yaml")
    redactor, why = find_redactor(start=tmp_path, file=None, environ={}, kind=OCTANE)
    assert (redactor.hide("an x17").text, why) == ("an ***", "")
