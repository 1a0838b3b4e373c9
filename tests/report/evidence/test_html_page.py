"""The record as a page."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from typing import TYPE_CHECKING

import pytest
from lxml import html

from pytest_jama.core.attached_file import AttachedFile, FileReceipt, FileState
from pytest_jama.core.results import Outcome
from pytest_jama.journal.sending_lines import file_line
from pytest_jama.report.evidence.html_page import BIG, IMAGE_BYTES, MANY_PAGES, write_html
from tests.every import every
from tests.journal.record import a_test
from tests.report.evidence.records import (
    FINISHED,
    SETTINGS,
    mixed,
    page_of,
    place,
    record,
    results,
    sent,
)

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "</script></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'\\\n{{ 7*7 }}"


def test_each_link_of_the_page_leads_to_one_place_on_it() -> None:
    page = html.fromstring(page_of(mixed()))

    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.xpath("//@href") if link.startswith("#")} <= set(ids)
    assert len(page.xpath("//details")) == len(page.xpath("//*[@id='index']//tbody/tr")) == 9


def test_elements_that_must_be_closed_are() -> None:
    page = re.sub(r"(?s)<(style|script)>.*?</\1>", "", page_of(mixed()))

    for name in ("html", "head", "body", "div", "table", "details", "summary", "section", "pre"):
        assert page.count(f"</{name}>") == len(re.findall(rf"<{name}[ >]", page)), name


def test_section_6_says_how_the_record_is_checked_and_where_the_bundle_is() -> None:
    states = (FileState.CREATED, FileState.ATTACHED)
    bundle = [
        file_line(FileReceipt("ab" * 32, "s1.zip abababababab", state, 7, "plan 12"))
        for state in states
    ]
    page = html.fromstring(page_of(record(*results(a_test("t")), *sent("J-TC-1"), *bundle)))

    text = " ".join(page.xpath("//section[@id='tool']")[0].text_content().split())
    assert f"s1.zip abababababab, SHA-256 {'ab' * 32}: attached" in text
    assert "created" not in text
    assert "pytest-jama verify JOURNAL" in text


def test_texts_of_strangers_stay_texts() -> None:
    test = a_test(EVIL, Outcome.FAILED, message=EVIL, notes=(EVIL,))
    settings = {**SETTINGS, "plan": {"name": EVIL}, "url": "javascript:alert(1)"}
    where = place(names={"plan": EVIL}, links={"plan": "javascript:alert(1)"})
    text = page_of(record(*results(test), where, *sent("J-TC-1")[1:], settings=settings))
    page = html.fromstring(text)

    assert text.count("<script") == text.count("</script") == 1
    assert text.count("<style") == text.count("</style") == 1
    assert page.xpath("//img | //@onerror | //*[starts-with(@href, 'javascript')]") == []
    assert "{{ 7*7 }}" in text


def test_what_nobody_sees_in_a_name_is_written_out() -> None:
    text = page_of(record(*results(a_test("t\u202egnp.exe", message="\x1b[31mred"))))

    assert "t\\u202egnp.exe" in text
    assert not re.search("[\u202e\x1b]", text)


def test_a_name_of_four_kilobytes_is_whole_in_its_case() -> None:
    name = "n" * 4096
    upload = sent("J-TC-1")
    upload[1] = {**upload[1], "name": name}
    page = html.fromstring(page_of(record(*results(a_test("t")), *upload)))

    assert page.xpath("//summary/*[@role='heading']")[0].text == name


@every(
    "media_type, size, is_shown",
    [
        ("image/png", 4, True),
        ("image/svg+xml", 4, False),
        ("text/html", 4, False),
        ("image/png", IMAGE_BYTES + 1, False),
    ],
)
def test_small_images_are_in_the_page_once(
    tmp_path: Path, media_type: str, size: int, *, is_shown: bool
) -> None:
    content = b"\x89PNG" + b"0" * (size - 4)
    (tmp_path / "image").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    image = AttachedFile("screen.png", sha256, size, media_type, step=2)
    test = a_test("t", files=(image, image._replace(name="again.png")))
    file = io.StringIO()
    write_html(record(*results(test)), file, find_file=lambda _: tmp_path / "image")

    page = html.fromstring(file.getvalue())
    address = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    assert page.xpath("//img/@src") == ([address] if is_shown else [])
    assert file.getvalue().count(sha256) == 2


def test_an_image_that_is_not_shown_again_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"1234")
    image = AttachedFile("screen.png", "ab" * 32, 4, "image/png", step=2)
    test = a_test("t", files=(image, image._replace(name="again.png", step=3)))
    file = io.StringIO()
    write_html(record(*results(test)), file, find_file=lambda _: tmp_path / "image")

    assert "Step 3, again.png: shown above in this report" in file.getvalue()
    assert "screen.png: shown above" not in file.getvalue()


@every("seconds, shown", [(0.0, "0.0 s"), (0.049, "&lt;0.1 s"), (0.05, "0.1 s"), (1.24, "1.2 s")])
def test_a_short_time_does_not_read_as_none(seconds: float, shown: str) -> None:
    page = page_of(record(*results(a_test("t", duration_s=seconds))))

    assert f"tests passed, {shown}<" in page


def test_an_image_that_is_gone_is_named_with_its_hash() -> None:
    image = AttachedFile("screen.png", "ab" * 32, 4, "image/png")
    text = page_of(record(*results(a_test("t", files=(image,)))))

    assert "<img" not in text
    assert "ab" * 32 in text
    assert "screen.png: not shown: no content with its SHA-256 is beside the journal." in text


def test_many_cases_are_laid_out_in_groups() -> None:
    tests = [a_test(f"t{number}", cases=f"J-TC-{number}") for number in range(1, BIG + 1)]
    page = html.fromstring(page_of(record(*results(*tests), FINISHED)))

    assert page.xpath("//body/@class") == ["big"]
    assert (
        len(page.xpath("//div[@class='g']")) == len(page.xpath("//div[@class='gi']")) == BIG // 100
    )


def test_an_annex_of_deviations_says_so_first_and_has_no_other_case() -> None:
    found = mixed()
    page = html.fromstring(page_of(found, only_deviations=True))

    (annex,) = page.xpath("//section[@id='idx']")
    assert annex[0].text_content().startswith("This annex has only the 8 of 9 cases")
    told = [case.key for case in found.cases if case.deviations]
    assert page.xpath("//summary/*[@class='mono']/text()") == told
    assert page.xpath("//*[@id='index']//tbody/tr/td[2]/a/text()") == told
    assert {link[1:] for link in page.xpath("//@href") if link.startswith("#")} <= set(
        page.xpath("//@id")
    )


@pytest.mark.parametrize("count, says", [(MANY_PAGES - 1, False), (MANY_PAGES, True)])
def test_a_page_of_many_cases_says_how_many_sheets_it_makes(count: int, *, says: bool) -> None:
    tests = [a_test(f"t{number}", cases=f"J-TC-{number}") for number in range(1, count + 1)]
    page = html.fromstring(page_of(record(*results(*tests), FINISHED)))

    told = [each.text_content() for each in page.xpath("//header/p[@id='pages']")]
    assert bool(told) is says
    assert not told or ("Printed, this report makes about" in told[0] and "--only" in told[0])


def test_on_paper_each_open_deviation_has_room_for_the_decision() -> None:
    failed = a_test("t", Outcome.FAILED)
    repeated = a_test("again", notes=("attempt 1 failed: no power",), cases="J-TC-2")
    found = record(*results(failed, repeated), *sent("J-TC-1", "J-TC-2"))
    page = page_of(found)

    assert {each.is_open for each in found.deviations} == {True, False}
    for each in found.deviations:
        assert (f'<tr id="d{each.number}" class="o">' in page) is each.is_open
    assert (
        '.devs .o td:nth-child(5)::after{content:"Decision:"' in page.partition("@media print")[2]
    )
