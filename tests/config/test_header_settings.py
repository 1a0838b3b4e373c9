"""Headers for a gateway: what may be one, what is hidden, and that a journal has no say in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_jama.config import find_redactor, load_owned
from pytest_jama.config.header_settings import values_of
from pytest_jama.core.errors import SettingsError
from tests.config.values import COMPLETE, LOGIN, load, load_header, problems_of
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

KEY = "g4te-key+of/acme="
GATE = {"GATE_KEY": KEY, "LINES": "a\nb", "WIDE": "\u20ac"}
HEADERS = COMPLETE + "headers:\n  X-Gate: Gate ${GATE_KEY}\n  X-Tenant: acme\n"


def test_headers_are_filled_in_and_hidden_as_far_as_the_environment_gave_them(
    tmp_path: Path,
) -> None:
    settings = load(tmp_path, HEADERS, environ={"GATE_KEY": f"{KEY}\n"}).settings
    assert values_of(settings.headers) == {"X-Gate": f"Gate {KEY}", "X-Tenant": "acme"}
    said = settings.redactor.hide(f"Gate {KEY}, {KEY} at acme").text
    assert said == "***, *** at acme"


def test_headers_are_shown_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, HEADERS, environ=GATE).settings
    told = repr(settings) + repr(settings.headers) + json.dumps(settings.for_journal())
    assert KEY not in told
    assert "X-Gate" not in json.dumps(settings.for_journal())


def test_what_clock_and_git_tell_is_no_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, COMPLETE + "headers: {X-Day: '${DATE}'}\n").settings
    assert values_of(settings.headers) == {"X-Day": "2024-02-01"}
    assert settings.redactor.hide("on 2024-02-01").text == "on 2024-02-01"


@every(
    "entry, message",
    [
        ("X Gate: x", "headers.X Gate is not the name of a header"),
        ("'X-Gate:': x", "headers.X-Gate: is not the name of a header"),
        ("Authorization: ${GATE_KEY}", "headers.Authorization is a header of pytest-jama itself"),
        ("content-TYPE: x", "headers.content-TYPE is a header of pytest-jama itself"),
        ("Host: x", "headers.Host is a header of pytest-jama itself"),
        ("Cookie: ${GATE_KEY}", "headers.Cookie is a header of pytest-jama itself"),
        ("X-Gate: ''", "headers.X-Gate has no text as value; give one: ${VARIABLE}"),
        ("X-Gate: [a]", "headers.X-Gate has no text as value"),
        ("X-Gate: {a: b}", "headers.X-Gate has no text as value"),
        ("X-Gate: ${LINES}", "headers.X-Gate has a value with a line break or a character that"),
        ("X-Gate: ${WIDE}", "headers.X-Gate has a value with a line break or a character that"),
        ("X-Gate: ${UNSET}", "headers.X-Gate uses ${UNSET}, but UNSET is not set; set the"),
        ("X-Gate: ${JAMA_PASSWORD}", "headers.X-Gate uses ${JAMA_PASSWORD}, which is a secret"),
    ],
)
def test_a_wrong_header_is_said_with_its_line(tmp_path: Path, entry: str, message: str) -> None:
    text = f"{COMPLETE}headers:\n  X-Tenant: acme\n  {entry}\n"
    (problem,) = problems_of(tmp_path, text, environ=GATE)
    assert problem.startswith(f"jama.yaml:7: {message}")
    assert KEY not in problem


def test_one_header_in_two_spellings_is_a_mistake(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, f"{COMPLETE}headers: {{X-A: x, x-a: y}}\n")
    assert (
        problem == "jama.yaml:5: headers has 'X-A' twice, in another spelling; remove one of them"
    )


@every(
    "name, value",
    [
        ("X-Api-Key", "acme"),
        ("X-Auth", "${UNSET:-acme}"),
        ("X-Gate", "Bearer abcdefgh12345678"),
        ("X-Gate", "9f86d081884c7d659a2feaa0c55ad015"),
        ("X-Gate", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ],
)
def test_a_secret_does_not_stand_in_the_file(tmp_path: Path, name: str, value: str) -> None:
    (problem,) = problems_of(tmp_path, f"{COMPLETE}headers:\n  {name}: {value}\n")
    assert f"headers has the value of '{name}', which seems to be a secret" in problem
    assert "write ${VARIABLE} instead" in problem
    assert value not in problem


@every("value", ["acme", "build-7.ci.acme.example", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "CI 7"])
def test_what_is_plainly_no_secret_may_stand_in_the_file(tmp_path: Path, value: str) -> None:
    settings = load(tmp_path, f"{COMPLETE}headers:\n  X-Tenant: {value}\n").settings
    assert values_of(settings.headers) == {"X-Tenant": value}


@pytest.mark.parametrize("given", ["${GATE_KEY}", "[${GATE_KEY}]"])
def test_what_is_no_mapping_is_not_shown(tmp_path: Path, given: str) -> None:
    (problem,) = problems_of(tmp_path, f"{COMPLETE}headers: '{given}'\n", environ=GATE)
    assert problem.startswith("jama.yaml:5: headers is not a mapping; write `Name: ${VARIABLE}`")
    assert KEY not in problem


def test_an_upload_takes_headers_from_jama_yaml_and_none_from_a_journal(tmp_path: Path) -> None:
    mine = load(tmp_path, HEADERS, environ=GATE).settings
    header = {**mine.for_journal(), "headers": {"X-Evil": "x", "Host": "evil"}}
    settings = load_header(tmp_path, header, environ={**LOGIN, **GATE}).settings
    assert values_of(settings.headers) == values_of(mine.headers)
    assert settings.redactor.hide(KEY).text == "***"


def test_an_upload_without_the_variable_of_a_header_is_refused(tmp_path: Path) -> None:
    load(tmp_path, HEADERS, environ=GATE)
    with pytest.raises(SettingsError, match=r"jama.yaml:6: headers.X-Gate uses \$\{GATE_KEY\}"):
        load_owned(start=tmp_path, file=None, flags={}, environ=LOGIN)


def test_where_only_hiding_matters_headers_are_hidden_and_may_be_unknown(tmp_path: Path) -> None:
    load(tmp_path, HEADERS, environ=GATE)
    redactor, why = find_redactor(start=tmp_path, file=None, environ=GATE)
    assert (redactor.hide(KEY).text, why) == ("***", "")
    _, why = find_redactor(start=tmp_path, file=None, environ={})
    assert not why
