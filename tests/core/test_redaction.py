"""Nothing that looks like a secret is left in a text; what surrounds it is."""

from __future__ import annotations

import base64
import pickle
import re
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pytest_jama.core.redaction import Redactor, forms_of
from pytest_jama.core.results import (
    LONGEST_READ,
    MESSAGE_CHARACTERS,
    Outcome,
    ReportedName,
    TestResult,
)
from pytest_jama.core.shown_results import ShownResults
from tests.every import every
from tests.work import is_in_proportion

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "-----BEGIN RSA PRIVATE KEY-----{0}MIIEowIBAAKCAQEA7bq{0}-----END RSA PRIVATE KEY-----"
HIDDEN = [
    ("password=hunter2 was wrong", "password=*** was wrong"),
    ("{'password': 'x y', 'user': 'ann'}", "{'password': '***', 'user': 'ann'}"),
    (r'{"a": "{\"token\": \"a\\\"b1\"}"}', r'{"a": "{\"token\": \"***\"}"}'),
    ("Login(user='ann', password='hun\\'ter')", "Login(user='ann', password='***')"),
    ("Settings(secret=SecretStr('abc1'))", "Settings(secret=SecretStr('***'))"),
    ("f(password=abc1, user=x)", "f(password=***, user=x)"),
    ("Server=x;Password=a;b;Database=y", "Server=x;Password=***;Database=y"),
    ("AccountName=x;AccountKey=abc1==;Suffix=y", "AccountName=x;AccountKey=***;Suffix=y"),
    ("https://x/y?sig=abc%3D&se=1", "https://x/y?sig=***&se=1"),
    ("Authorization: Bearer abc.1 was refused", "Authorization: Bearer *** was refused"),
    ("{'Authorization': 'Basic YTpi', 'Accept': 'x'}",
     "{'Authorization': 'Basic ***', 'Accept': 'x'}"),
    ("curl -H 'Authorization: Custom abc 1' x", "curl -H 'Authorization: ***' x"),
    ("Cookie: a=b; c=d\nnext", "Cookie: ***\nnext"),
    ("X-Api-Key: 12345", "X-Api-Key: ***"),
    ("pytest --password hunter2 --x", "pytest --password *** --x"),
    ("['--token', 'abc1', '--y', 'z']", "['--token', '***', '--y', 'z']"),
    ("['--db-password=abc1', '--x']", "['--db-password=***', '--x']"),
    ("curl -u ann:abc1 x", "curl -u ann:*** x"),
    ("https://ann:p@ss@host/x", "https://ann:***@host/x"),
    ("https://tok3n@host/x", "https://***@host/x"),
    (KEY.format("\n"), "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"),
    (KEY.format("\\n"), "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"),
    (KEY[:40].format("\n"), "-----BEGIN RSA PRIVATE KEY-----***"),
    ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abc_d!", "got ***!"),
    ("key AKIAIOSFODNN7EXAMPLE", "key ***"),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345 is", "*** is"),
    ("<password>hunter2</password>", "<password>***</password>"),
    ("('password', 'hunter2')", "('password', '***')"),
    ("password: str = 'hunter2'", "password: str = '***'"),
    ("os.environ['DB_PASSWORD'] = 'abc1'", "os.environ['DB_PASSWORD'] = '***'"),
    ('passwd: "cut of', 'passwd: "***'),
    ("assert token == 'abc1'", "assert token == '***'"),
    ("test_login[password=hunter2]", "test_login[password=***]"),
    ("\x1b[1mpassword\x1b[0m=\x1b[31mhunter2\x1b[0m", "password=***"),
]  # fmt: skip
LEFT = [
    "token = parse(x)",
    "token = get()",
    "password: must be at least 8 characters",
    "'password': ['This field is required.']",
    "assert token == ''",
    "tests/t.py::test_password[short] failed",
    "tests/test_token.py::test_x: AssertionError: no",
    "tests/test_token.py:12: AssertionError",
    "GET /rest/oauth/token: 200 in 0.1 s",
    "unexpected token: }",
    "max_tokens: 100, token_type: bearer",
    "['password', 'token', 'email'] are missing",
    "password=${DB_PASSWORD}",
    "token: null, secret: None",
    "PWD=/home/ann",
    "docker run -u 1000:1000",
    "ssh://git@github.com/x",
    "http://host:8080/x",
    "password=***",
    "basic authentication is wrong",
]


@every("text, shown", HIDDEN, ids=[text for _, text in HIDDEN])
def test_value_is_hidden_and_the_sentence_stays(text: str, shown: str) -> None:
    assert Redactor().tidy(text).text == shown


@every("text", LEFT)
def test_what_is_not_a_secret_stays(text: str) -> None:
    assert Redactor().hide(text) == (text, 0)


def test_passages_that_overlap_are_one() -> None:
    redactor = Redactor(secrets=["abcdef"], patterns=[re.compile("defghi")])
    assert redactor.hide("x abcdefghi y abcdef") == ("x *** y ***", 2)


def test_without_the_built_in_rules_our_own_credentials_are_hidden_still() -> None:
    redactor = Redactor(secrets=["s3cr3t"], has_builtin=False)
    assert redactor.hide("password=x s3cr3t") == ("password=x ***", 1)


def test_word_behind_an_option_of_a_command_line_is_hidden() -> None:
    words = ["pytest", "--password", "hunter2", "--token=abc1", "tests"]
    assert Redactor().hide_words(words) == ["pytest", "--password", "***", "--token=***", "tests"]


def test_neither_repr_nor_pickle_shows_what_is_hidden() -> None:
    redactor = Redactor(secrets=["s3cr3t"])
    assert "s3cr3t" not in repr(redactor)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(redactor)


@every("place", [MESSAGE_CHARACTERS, LONGEST_READ])
@every("before", range(12))
def test_no_half_of_a_secret_stands_before_a_cut(place: int, before: int) -> None:
    redactor = Redactor(secrets=["geheim-0123456"], patterns=[re.compile("SN-[0-9]{9}")])
    for secret in ("geheim-0123456", "SN-123456789"):
        text = "\x1b[1m" * 30 + "x" * (place - before) + secret + " and more" * 2000
        shown = redactor.tidy(text[:LONGEST_READ]).text
        assert len(shown) <= MESSAGE_CHARACTERS
        assert secret[:5] not in shown


ALPHABET = string.ascii_letters + string.digits
SECRETS = st.text(ALPHABET + "/+-_.!$%&äß€ \"'\\", min_size=6, max_size=40).filter(
    lambda text: len(text.strip()) == len(text) and any(each in string.digits for each in text)
)
VALUES = st.text(ALPHABET, min_size=8, max_size=40).filter(
    lambda text: any(each in string.digits for each in text) and not text.isdigit()
)
AROUND = st.text(st.sampled_from("ab \n\t\"'`,;:=<>[](){}|&é€\u202e\x1b[31m…"), max_size=12)
WRITTEN: list[Callable[[str], str]] = [
    "password={}".format,
    "'password': '{}'".format,
    '"api_key": "{}"'.format,
    '\\"token\\": \\"{}\\"'.format,
    "DB_PASSWORD: {}".format,
    "Authorization: Bearer {}".format,
    "https://ann:{}@host/".format,
    "--client-secret {}".format,
    "<secret>{}</secret>".format,
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----".format,
    lambda value: f"ghp_{value}{value}",
    lambda value: f"eyJ{base64.urlsafe_b64encode(value.encode()).decode().rstrip('=')}.e.f",
]


@given(SECRETS, st.data(), AROUND, AROUND)
def test_no_form_of_a_known_secret_is_left_whatever_surrounds_it(
    secret: str, data: st.DataObject, before: str, after: str
) -> None:
    form = data.draw(st.sampled_from(sorted(set(forms_of(secret)))))
    shown = Redactor(secrets=[secret]).hide(f"{before}{form}{after}").text
    assert form not in shown


@example("0000000A", "password={}".format, "\x1b[", "")
@example("0000000A", "secret={}".format, "\x1b[31", "")
@given(VALUES, st.sampled_from(WRITTEN), AROUND, AROUND)
def test_no_value_of_a_secret_name_is_left_whatever_surrounds_it(
    value: str, write: Callable[[str], str], before: str, after: str
) -> None:
    assume(not before.endswith(("a", "b", "m", "=", ":", ">", "<")))
    shown = Redactor().tidy(f"{before} {write(value)} {after}").text
    assert value not in shown


@given(AROUND, st.sampled_from(WRITTEN), VALUES, AROUND)
def test_hiding_twice_is_hiding_once(
    before: str, write: Callable[[str], str], value: str, after: str
) -> None:
    once = Redactor().hide(f"{before} {write(value)} {after}").text
    assert Redactor().hide(once) == (once, 0)


@pytest.mark.parametrize(
    "token",
    [
        "SG.abcdefghijklmnop1234.abcdefghijklmnop1234",
        "hvb.abcdefghijklmnop1234",
        "hvr.abcdefghijklmnop1234",
        "hvs.abcdefghijklmnop1234",
        "https://hooks.slack.com/services/T000/B000/abcdefgh1234",
        "ya29.abcdefghijklmnop1234",
        "AIzaabcdefghijklmnop1234",
        "AKIAABCDEFGHIJKL1234",
        "ASIAABCDEFGHIJKL1234",
        "ATATT3abcdefghijklmnop1234",
        "ATBBabcdefghijklmnop1234",
        "ATCTT3abcdefghijklmnop1234",
        "dapi0123456789abcdef0123456789abcdef",
        "eyJabcdefghijklmnop1234",
    ],
)
def test_tokens_without_underscore_and_hyphen_are_seen_in_test_ids(token: str) -> None:
    redactor = Redactor()
    test_ids = ["com.acme.Cart.pays", f"com.acme.Cart.[{token}]"]
    assert redactor.may_hide(test_ids)
    assert redactor.hide(test_ids[1]).passages == 1


UNITS = [
    *("password=", "password='", "password: a ", "eyJ", "://", "a://b@"),
    *("-----BEGIN PRIVATE KEY-----", "--token ", "'--token', '", "<token>", "token=["),
    *("authorization: ", "Basic ", "sk-a", "AKIA"),
    *("\\\\", "'", "token: str ", "-u a:b ", '"""', "token=,a", "s3cr3t-", "…"),
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_length_of_a_hostile_text(unit: str) -> None:
    redactor = Redactor(secrets=["s3cr3t-s3cr3t"])

    small, large = (unit * (length // len(unit)) for length in (40_000, 160_000))
    assert is_in_proportion(lambda: redactor.hide(small), lambda: redactor.hide(large))


def test_tests_that_differ_in_a_secret_alone_stay_apart() -> None:
    shown = ShownResults(Redactor())
    results = [TestResult(f"t.py::x[token={name}]", Outcome.PASSED) for name in ("a1", "b2", "c3")]
    named = shown.results(results)
    assert [each.test_id for each in named] == [
        "t.py::x[token=***]",
        "t.py::x[token=***2]",
        "t.py::x[token=***3]",
    ]
    assert [each.redacted for each in named] == [1, 1, 1]
    assert shown.results(results[::-1]) == named[::-1]


def test_name_in_a_report_shows_no_more_than_the_test_id() -> None:
    shown = ShownResults(Redactor())
    result = TestResult("t.x[token=abc]", Outcome.PASSED)._replace(
        reported=ReportedName("t", "x[token=abc]")
    )

    assert shown.result(result).reported == ("t", "x[token=***]")


def test_all_that_an_old_result_says_is_hidden() -> None:
    secret = "hunter2-hunter2"
    result = TestResult("t.x", Outcome.FAILED, message=secret, trace=secret, notes=(secret,))
    result = result._replace(error_type=secret, reported=ReportedName(secret, secret))

    hidden = Redactor(secrets=[secret]).hide_result(result)

    assert secret not in repr(hidden)
    assert hidden.reported == ("***", "***")
    assert hidden.notes == ("***",)
