from __future__ import annotations

import hashlib
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.core.attached_file import AttachedFile
from pytest_jama.targets.octane.packed_files import pack, safe_name
from tests.every import every

PNG = b"\x89PNG\r\n\x1a\nabc"
TAKEN = (
    "txt log png jpg jpeg bmp pdf doc docx xls xlsx ppt pptx zip xml".split()  # noqa: SIM905 - a list of words
)


def _file(name: str, content: bytes = b"abc", media_type: str = "text/plain") -> AttachedFile:
    return AttachedFile(name, hashlib.sha256(content).hexdigest(), len(content), media_type)


@every(
    "name, content, expected",
    [
        pytest.param("out.txt", b"abc", "out ba7816bf8f01.txt", id="text"),
        pytest.param("a.b.LOG", b"abc", "a.b ba7816bf8f01.log", id="log in capitals"),
        pytest.param("shot.png", PNG, "shot 1e7d5b53af87.png", id="image"),
        pytest.param("r.xml", b"<a/>", "r 6e1c4b5d5e8e.xml", id="XML"),
    ],
)
def test_a_file_of_a_kind_that_is_taken_is_sent_as_it_is(
    name: str, content: bytes, expected: str
) -> None:
    file = _file(name, content)
    packed = pack(file, content)
    shown = re.sub("[0-9a-f]{12}", file.sha256[:12], expected)
    assert (packed.name, packed.content, packed.media_type) == (shown, content, file.media_type)


@every(
    "name, content",
    [
        pytest.param("report.html", b"<html>", id="HTML"),
        pytest.param("data.json", b"{}", id="JSON"),
        pytest.param("core", b"\x7fELF", id="no ending"),
        pytest.param("shot.png", b"not an image", id="an image that is none"),
        pytest.param("out.txt", b"a\0b", id="a text that is none"),
        pytest.param("a.xml", b"{}", id="XML that is none"),
        pytest.param("a.zip", b"", id="an empty archive"),
        pytest.param("x.exe", b"MZ", id="a program"),
    ],
)
def test_other_files_are_packed_under_their_name(name: str, content: bytes) -> None:
    file = _file(name, content)
    packed = pack(file, content)
    stem = name.removesuffix(".zip")
    assert packed.name == f"{stem} {file.sha256[:12]}.zip"
    assert packed.media_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == [name]
        assert archive.read(name) == content


def test_the_same_file_is_packed_into_the_same_bytes() -> None:
    file = _file("report.html")
    assert pack(file, b"abc") == pack(file, b"abc")


@every(
    "name, expected",
    [
        pytest.param('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j", id="signs that are forbidden"),
        pytest.param("..hidden", "_hidden", id="a dot at the beginning"),
        pytest.param("a\nb\tc", "a b c", id="line breaks"),
        pytest.param("", "file", id="nothing"),
        pytest.param("größe 漢.txt", "größe 漢.txt", id="other languages"),
    ],
)
def test_names_lose_what_the_server_does_not_take(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@given(st.text(st.characters(exclude_categories=()), max_size=400), st.binary(max_size=20))
def test_every_file_gets_a_name_that_the_server_takes(name: str, content: bytes) -> None:
    packed = pack(_file(name, content), content)
    assert not re.search(r'[/\\:*?"<>|\r\n]', packed.name)
    assert not packed.name.startswith(".")
    assert packed.name.rpartition(".")[2] in TAKEN
    assert len(packed.name.encode("utf-16-le")) // 2 <= 255
    assert packed.name.encode()


@given(st.binary(max_size=10), st.binary(max_size=10))
def test_files_of_one_name_and_other_contents_have_other_names(one: bytes, other: bytes) -> None:
    names = {pack(_file("a.txt", each), each).name for each in (one, other)}
    assert len(names) == len({one, other})
