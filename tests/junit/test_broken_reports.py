from __future__ import annotations

import pytest

from junit_uploader.junit.notes import UnreadableError
from tests.every import every
from tests.junit.reports import PASSED, make_case, read, suite

MANY_LEVELS = "<i>" * 300 + "</i>" * 300
MANY_ATTRIBUTES = " ".join(f"a{number}=''" for number in range(2000))
ENTITY = suite(attributes='name="&no;"')
LONG = "x" * 11_000_000


@every(
    "report, expected",
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b" \n ", "line 2, column 2: Start tag expected", id="blank"),
        pytest.param(b"all good", "line 1, column 1: Start tag expected", id="plain text"),
        pytest.param("<html></html>", "the root is <html>", id="HTML"),
        pytest.param("<!DOCTYPE html><html><p class=a>503", "the root is <html>", id="broken HTML"),
        pytest.param(f"<report>{suite(PASSED)}</report>", "the root is <report>", id="wrapped"),
        pytest.param("<TESTSUITE/>", "the root is <TESTSUITE>", id="upper case"),
        pytest.param(
            suite(PASSED)[:-5], "whole testcases before that: 1, none is used", id="cut off"
        ),
        pytest.param(
            f"{suite(PASSED)}\n{suite()}", "line 2, column 1: Extra content", id="two roots"
        ),
        pytest.param(suite('<testcase name="a<b"/>'), "Unescaped '<'", id="unescaped"),
        pytest.param(suite("<a></b>"), "mismatch", id="wrong end tag"),
        pytest.param(suite("&nothing;"), "Entity 'nothing' not defined", id="unknown entity"),
        pytest.param(
            f'<!DOCTYPE a SYSTEM "a.dtd">{ENTITY}', "Entity 'no' not defined", id="entity of a DTD"
        ),
        pytest.param(
            f'<?xml version="1.0"?>{ENTITY}<?xml version="1.0"?>{suite(PASSED)}',
            "Entity 'no' not defined",
            id="unknown entity in the first of two documents",
        ),
        pytest.param(suite(PASSED).encode() + b"\xff", "", id="not UTF-8 behind the end"),
        pytest.param(
            '<?xml version="1.0" encoding="x-none"?><testsuite/>',
            "Unsupported encoding",
            id="encoding",
        ),
        pytest.param(suite(MANY_LEVELS), "nested more than 256 deep", id="too deep"),
        pytest.param(
            suite(f"<testcase {MANY_ATTRIBUTES}/>"),
            "a testcase with 2,000 attributes",
            id="many attributes",
        ),
        pytest.param(
            suite(f'<testcase name="{LONG}">{MANY_LEVELS}</testcase>'),
            "nested more than 256 deep",
            id="too deep behind a long text",
        ),
    ],
)
def test_unreadable_report_is_refused_with_its_reason(report: str | bytes, expected: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(report)
    assert expected in str(caught.value)


@every(
    "doctype",
    [
        pytest.param('<!DOCTYPE a [<!ENTITY x "y">]>', id="entity"),
        pytest.param('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hosts">]>', id="external entity"),
        pytest.param(
            '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>', id="parameter"
        ),
        pytest.param('<!DOCTYPE a [<!ATTLIST testcase status CDATA "disabled">]>', id="default"),
        pytest.param("<!-- <!DOCTYPE a> --><!DOCTYPE a [<!ENTITY x 'y'>]>", id="decoy"),
        pytest.param("<!DOCTYPE a []>", id="empty subset"),
    ],
)
@every("encoding", ["utf-8", "utf-16"])
def test_internal_subset_is_refused(doctype: str, encoding: str) -> None:
    report = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}{suite(PASSED)}'
    with pytest.raises(UnreadableError):
        read(report.encode(encoding))


def test_internal_subset_is_refused_beside_a_long_text() -> None:
    with pytest.raises(UnreadableError, match="internal subset"):
        read(f"<!DOCTYPE a [<!ENTITY x 'y'>]>{suite(f'<error>{LONG}</error>')}")


def test_billion_laughs_end_early() -> None:
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    with pytest.raises(UnreadableError):
        read(f'<!DOCTYPE a [<!ENTITY l0 "lol">{levels}]><testsuite name="&l9;">&l9;</testsuite>')


def test_external_dtd_is_never_loaded() -> None:
    doctype = '<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:9/junit.dtd">'
    assert len(read(doctype + suite(PASSED)).testcases) == 1


def test_inclusions_are_not_followed() -> None:
    include = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/hosts"/>'
    assert len(read(suite(include, PASSED)).testcases) == 1


SMALL = f'<?xml version="1.0"?>{suite(make_case("<failure>é</failure>"))}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
def test_report_cut_off_anywhere_is_refused(encoding: str) -> None:
    data = SMALL.encode(encoding)
    assert len(read(data).testcases) == 1
    for size in range(len(data)):
        with pytest.raises(UnreadableError):
            read(data[:size])


@pytest.mark.parametrize("attributes", ['tests="{}"', 'name="s" failures="{}"'])
def test_absurd_totals_say_nothing(attributes: str) -> None:
    assert read(suite(PASSED, attributes=attributes.format("9" * 5000))).notes == ()
