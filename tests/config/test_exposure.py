"""Which settings let others read or take the credentials, and what leads back to the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.config import describe_exposure, ways_to_find_again
from tests.config.values import COMPLETE, load, write
from tests.every import every

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_jama.config import Flags


@every(
    "url,is_warned",
    [
        ("https://jama.test", False),
        ("http://jama.test", True),
        ("http://127.0.0.1:8090", False),
        ("http://127.9.9.9", False),
        ("http://localhost:1/contour", False),
        ("http://[::1]:8080", False),
        ("http://[::ffff:127.0.0.1]", False),
        ("http://0.0.0.0", True),
        ("http://10.0.0.1", True),
        ("http://localhost.evil.example", True),
        ("http://127.0.0.1.evil.example", True),
        ("http://[fe80::1]", True),
    ],
)
def test_plain_http_is_warned_of_where_it_leaves_the_machine(
    tmp_path: Path, url: str, is_warned: bool
) -> None:
    settings = load(tmp_path, COMPLETE.replace("https://jama.test", f"'{url}'")).settings
    said = [text.startswith(f"{url} is not encrypted") for text in describe_exposure(settings)]
    assert said == [True] * is_warned


@every("verify,count", [("true", 0), ("jama.yaml", 0), ("false", 1), ("no", 1)])
def test_certificates_that_are_not_checked_are_warned_of(
    tmp_path: Path, verify: str, count: int
) -> None:
    settings = load(tmp_path, f"{COMPLETE}tls: {{verify: {verify}}}\n").settings
    said = describe_exposure(settings)
    assert [text.startswith("tls.verify is false") for text in said] == [True] * count


@every(
    "flags,environ,words",
    [
        ({}, {}, []),
        ({"url": "https://x.test"}, {}, ["--url=https://x.test"]),
        ({}, {"JAMA_URL": "https://x.test"}, []),
    ],
)
def test_what_a_flag_said_is_said_again(
    tmp_path: Path, flags: Flags, environ: dict[str, str], words: list[str]
) -> None:
    loaded = load(tmp_path, COMPLETE, flags=flags, environ=environ)
    assert ways_to_find_again(loaded, start=tmp_path) == words


def test_file_that_is_not_found_from_there_is_named(tmp_path: Path) -> None:
    loaded = load(tmp_path, COMPLETE)
    below, beside = tmp_path / "a" / "b", tmp_path / "c"
    below.mkdir(parents=True)
    beside.mkdir()
    write(beside, COMPLETE)
    assert ways_to_find_again(loaded, start=below) == []
    assert ways_to_find_again(loaded, start=beside) == ["--config=../jama.yaml"]
