from __future__ import annotations

import pytest

from junit_uploader.junit.notes import UnreadableError
from tests.every import every
from tests.junit.reports import PASSED, make_case, notes, outcomes, read, suite

FAILED = suite(make_case("<failure/>"))
DECLARATION = '<?xml version="1.0"?>'


def named(name: str) -> bytes:
    return suite(f'<testcase classname="c" name="{name}"/>').encode()


@every(
    "report, expected",
    [
        pytest.param(named("a\0b"), "a\ufffdb", id="NUL"),
        pytest.param(named("a\x08b"), "a\ufffdb", id="control character"),
        pytest.param(named("a&#8;b"), "a\ufffdb", id="reference"),
        pytest.param(named("a&#xD800;b"), "a\ufffdb", id="reference to a surrogate"),
        pytest.param(named("a\ufffeb"), "a\ufffdb", id="no character"),
        pytest.param(named("a\x08b&#10;c"), "a\ufffdb\nc", id="allowed references stay"),
        pytest.param(b"\xef\xbb\xbf" + named("a\x08"), "a\ufffd", id="behind a byte order mark"),
        pytest.param(named("a\x08='b'"), "a?='b'", id="what looks like an attribute"),
        pytest.param(
            b'<?xml version="1.0" encoding="iso-8859-1"?>'
            + named("\xe9\x08").decode().encode("latin-1"),
            "\xe9?",
            id="in another encoding",
        ),
    ],
)
def test_forbidden_characters_are_replaced_and_said(report: bytes, expected: str) -> None:
    reading = read(report)
    assert [each.name for each in reading.testcases] == [expected]
    assert "a character that XML forbids was replaced" in notes(reading)[0]


def test_bytes_that_are_no_utf8_are_replaced_and_said() -> None:
    reading = read(named("gr?? é").replace(b"??", b"\xf6\xdf"))
    assert [each.name for each in reading.testcases] == ["gr\ufffd\ufffd é"]
    assert notes(reading)[0].endswith("has to declare it: 0xf6")


@every("size", range(65_490, 65_500))
def test_characters_are_not_cut_in_two_where_a_file_is_read_in_pieces(size: int) -> None:
    long = "é" * size
    reading = read(named(f"{long}\x08"))
    assert reading.testcases[0].name == f"{long}\ufffd"


def test_references_are_not_cut_in_two_where_a_file_is_read_in_pieces() -> None:
    assert read(named("&#8;" * 70_000)).testcases[0].name == "\ufffd" * 70_000


def test_text_that_begins_with_what_is_replaced_stays_text() -> None:
    found = read(suite(make_case("<failure><![CDATA[\x08<no\x08>]]></failure>"))).testcases[0]
    assert (found.outcome.value, found.as_result().message) == ("failed", "\ufffd<no?>")


@every("broken", [b"\x08", b"\xff", b"&#8;"])
@every(
    "inside, attributes",
    [
        pytest.param("<fail!ure/>", "", id="tag"),
        pytest.param("<!failure></!failure>", "", id="begin of a tag"),
        pytest.param("", 'stat!us="notrun"', id="attribute"),
        pytest.param("", '!status = "notrun"', id="begin of an attribute"),
    ],
)
def test_nothing_is_replaced_in_tags(inside: str, attributes: str, broken: bytes) -> None:
    case = make_case(inside, attributes=attributes)
    with pytest.raises(UnreadableError):
        read(suite(case).encode().replace(b"!", broken))


def test_what_stands_before_the_first_tag_is_dropped_and_said() -> None:
    reading = read(f"log: started\n\n{DECLARATION}{FAILED}")
    assert outcomes(reading) == {"shop.Cart.pays": "failed"}
    assert notes(reading) == ("14 bytes before the first tag were dropped",)


def test_tags_in_the_log_before_a_declaration_are_dropped() -> None:
    reading = read(f"1 < 2, <nil>\n{DECLARATION}{FAILED}")
    assert outcomes(reading) == {"shop.Cart.pays": "failed"}


def test_part_of_a_report_before_a_declaration_is_never_dropped() -> None:
    with pytest.raises(UnreadableError):
        read(f"<testsuite><testcase name='a'><failure/>\n{DECLARATION}{suite(PASSED)}")


@every("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_need_no_declaration(encoding: str) -> None:
    assert [each.name for each in read(named("試験").decode().encode(encoding)).testcases] == [
        "試験"
    ]


def test_forbidden_characters_of_a_wide_encoding_are_replaced() -> None:
    reading = read(named("a\0b").decode().encode("utf-16"))
    assert [each.name for each in reading.testcases] == ["a\ufffdb"]


def test_documents_in_one_file_are_all_read() -> None:
    reading = read(f"{DECLARATION}{suite(PASSED)}\n{DECLARATION}\n{FAILED}\n")
    assert outcomes(reading) == {"shop.Cart.adds": "passed", "shop.Cart.pays": "failed"}
    assert "2 documents in one file, each was read" in notes(reading)


def test_documents_are_found_wherever_chunks_end() -> None:
    one = f"{DECLARATION}{suite(PASSED, '<system-out>' + 'x' * 37 + '</system-out>')}"
    assert len(read(one * 2000).testcases) == 2000


def test_declaration_inside_a_text_begins_no_document() -> None:
    inner = f"<![CDATA[{DECLARATION}<testsuite/>]]>"
    report = suite(make_case(f"<failure>{inner}\x08</failure>"), PASSED)
    assert len(read(report).testcases) == 2


def test_broken_second_document_spoils_the_file() -> None:
    with pytest.raises(UnreadableError, match="line 3, column"):
        read(f"{DECLARATION}{suite(PASSED)}\n{DECLARATION}\n<testsuite><a</testsuite>")


def test_line_counts_what_was_dropped() -> None:
    with pytest.raises(UnreadableError, match="line 4, column"):
        read(f"log\nlog\n{DECLARATION}<testsuite>\n<a</testsuite>")


def test_utf_16_that_is_none_is_read_as_utf_8() -> None:
    reading = read(f'<?xml version="1.0" encoding="utf-16"?>{named("é").decode()}'.encode())
    assert [each.name for each in reading.testcases] == ["é"]
    assert "declared as utf-16" in notes(reading)[0]


@every(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "gbk", "shift_jis", "euc-jp"],
)
def test_encodings_are_read_as_declared(encoding: str) -> None:
    name = "café" if encoding.startswith(("iso", "win")) else "試験"
    declared = encoding.removesuffix("-sig")
    report = f'<?xml version="1.0" encoding="{declared}"?>{named(name).decode()}'
    reading = read(report.encode(encoding))
    assert ([each.name for each in reading.testcases], notes(reading)) == ([name], ())
