"""Credentials come from the environment and show up nowhere."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import BasicCredentials, OAuthCredentials, load_settings
from pytest_jama.config.environment import find_credentials
from pytest_jama.core.errors import SettingsError
from tests.config.values import COMPLETE, load, problems_of, write
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

OAUTH = {"JAMA_CLIENT_ID": "an id", "JAMA_CLIENT_SECRET": "hunter2"}
BASIC = {"JAMA_USERNAME": "ann", "JAMA_PASSWORD": "hunter3"}


def test_a_client_id_and_its_secret_are_oauth() -> None:
    credentials, problems = find_credentials(OAUTH)
    assert isinstance(credentials, OAuthCredentials)
    assert (credentials.kind, credentials.client_id) == ("oauth", "an id")
    assert credentials.client_secret.get_secret_value() == "hunter2"
    assert problems == ()


def test_a_user_name_and_its_password_are_basic() -> None:
    credentials, problems = find_credentials(BASIC)
    assert isinstance(credentials, BasicCredentials)
    assert (credentials.kind, credentials.username) == ("basic", "ann")
    assert credentials.password.get_secret_value() == "hunter3"
    assert problems == ()


@pytest.mark.parametrize("others", [BASIC, {"JAMA_USERNAME": "ann"}], ids=["both", "half-basic"])
def test_oauth_wins(others: dict[str, str]) -> None:
    credentials, _ = find_credentials({**others, **OAUTH})
    assert isinstance(credentials, OAuthCredentials)


@every(
    "present,absent",
    [
        ("JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET"),
        ("JAMA_CLIENT_SECRET", "JAMA_CLIENT_ID"),
        ("JAMA_USERNAME", "JAMA_PASSWORD"),
        ("JAMA_PASSWORD", "JAMA_USERNAME"),
    ],
)
def test_half_a_pair_names_the_other_half(present: str, absent: str) -> None:
    credentials, problems = find_credentials({present: "hunter2", absent: ""})
    assert credentials is None
    assert [str(problem) for problem in problems] == [
        f"environment {present}: {present} is set, but {absent} is not; set {absent} too",
    ]


def test_half_of_oauth_does_not_fall_back_to_a_password() -> None:
    credentials, (problem,) = find_credentials({**BASIC, "JAMA_CLIENT_ID": "an id"})
    assert credentials is None
    assert problem.remedy == "set JAMA_CLIENT_SECRET too"


def test_no_credentials_name_both_ways(tmp_path: Path) -> None:
    nothing = {"JAMA_USERNAME": "", "JAMA_PASSWORD": ""}
    assert problems_of(tmp_path, COMPLETE, environ=nothing) == [
        (
            "environment: no credentials for Jama; "
            "set JAMA_CLIENT_ID and JAMA_CLIENT_SECRET (OAuth), "
            "or JAMA_USERNAME and JAMA_PASSWORD (Basic); in CI as masked secrets"
        ),
    ]


def test_the_end_of_a_line_is_not_part_of_a_secret() -> None:
    credentials, _ = find_credentials({"JAMA_USERNAME": "ann", "JAMA_PASSWORD": " x \r\n"})
    assert isinstance(credentials, BasicCredentials)
    assert credentials.password.get_secret_value() == " x "


def test_a_variable_that_azure_could_not_fill_in_is_not_set(tmp_path: Path) -> None:
    unfilled = {"JAMA_CLIENT_ID": "$(JAMA_CLIENT_ID)", "JAMA_CLIENT_SECRET": "$(jama.secret)"}
    assert find_credentials(unfilled)[1] == find_credentials({})[1]
    kept = f"{COMPLETE}upload: {{no_credentials: journal}}\n"
    nobody = {"JAMA_USERNAME": "", "JAMA_PASSWORD": "", **unfilled}
    assert load(tmp_path, kept, environ=nobody, may_keep=True).is_kept


@pytest.mark.parametrize("environ", [OAUTH, BASIC], ids=["oauth", "basic"])
def test_a_secret_is_in_no_text_of_the_settings(tmp_path: Path, environ: dict[str, str]) -> None:
    settings = load(tmp_path, COMPLETE, environ=environ).settings
    texts = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    texts += [repr(settings.credentials), str(settings.credentials), str(settings.for_journal())]
    assert settings.credentials is not None
    texts.append(settings.credentials.model_dump_json())
    assert "hunter" not in "".join(texts)


def test_credentials_are_not_pickled(tmp_path: Path) -> None:
    settings = load(tmp_path, COMPLETE).settings
    with pytest.raises(TypeError, match="credentials are not pickled"):
        pickle.dumps(settings)


def test_credentials_can_be_copied() -> None:
    credentials, _ = find_credentials(BASIC)
    assert copy.deepcopy(credentials) == copy.copy(credentials) == credentials


@every(
    "key,variables",
    [
        ("password", "variable JAMA_PASSWORD"),
        ("JAMA_PASSWORD", "variable JAMA_PASSWORD"),
        ("user-name", "variable JAMA_USERNAME"),
        ("user", "variable JAMA_USERNAME"),
        ("client_id", "variable JAMA_CLIENT_ID"),
        ("clientSecret", "variable JAMA_CLIENT_SECRET"),
        ("api_key", "variables JAMA_CLIENT_ID and JAMA_CLIENT_SECRET"),
        ("access_token", "variables JAMA_CLIENT_ID and JAMA_CLIENT_SECRET"),
        (
            "credentials",
            "variables JAMA_CLIENT_ID and JAMA_CLIENT_SECRET, or JAMA_USERNAME and JAMA_PASSWORD",
        ),
    ],
)
@every("section", ["", "upload", "cycle.name", "jama"])
def test_a_key_that_looks_like_a_secret_is_refused_without_its_value(
    tmp_path: Path,
    key: str,
    variables: str,
    section: str,
) -> None:
    text = f"{key}: hunter2\n"
    for name in reversed(section.split(".") if section else []):
        text = f"{name}:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    messages = problems_of(tmp_path, text, environ={"JAMA_URL": "x"})
    (refusal,) = (message for message in messages if "does not belong in a file" in message)
    assert f"remove it and set the environment {variables}; if the file was" in refusal
    assert "hunter2" not in "".join(messages)


def test_names_of_tests_and_custom_fields_may_look_like_secrets(tmp_path: Path) -> None:
    text = f"{COMPLETE}tests:\n  password: A-1\nrun:\n  fields: {{token$5: x}}\n"
    settings = load(tmp_path, text).settings
    assert (len(settings.tests), settings.run.fields) == (1, {"token$5": "x"})


@every(
    "url",
    [
        "https://ann:hunter2@host",
        "ann:hunter2@host",
        "https://hunter2@host/x",
        "https://ann:hun/ter2@host",
        "https://ann:hunter2@",
    ],
)
def test_a_url_with_credentials_is_refused_without_showing_them(tmp_path: Path, url: str) -> None:
    (message,) = problems_of(tmp_path, COMPLETE.replace("https://jama.test", url))
    assert message.startswith("jama.yaml:1: url contains a user name or password")
    assert "ter2" not in message


@pytest.mark.parametrize("name", ["JAMA_URL", "--jama-url"])
def test_so_is_one_from_a_variable_or_flag(tmp_path: Path, name: str) -> None:
    url = "https://ann:hunter2@host"
    flags = {"url": url} if name.startswith("--") else {}
    environ = {} if flags else {name: url}
    (message,) = problems_of(tmp_path, COMPLETE, flags=flags, environ=environ)
    assert message.partition(": ")[0] in {"environment JAMA_URL", "--jama-url"}
    assert "hunter2" not in message


def test_a_traceback_has_no_secret_either(tmp_path: Path) -> None:
    write(tmp_path, "url: https://ann:hunter2@host\npassword: hunter3\nupload: {token: hunter4}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(start=tmp_path, file=None, flags={}, environ=OAUTH)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert "hunter" not in "".join(map(repr, chain))
    assert chain[1:] == [None, None]
