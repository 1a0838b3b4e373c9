"""Run in the environment `readers` or `trcli`: read a JUnit report with another library.

Usage: ``junit_readers.py READER REPORT``. ``expat`` does nothing with what it parses; ``nothing``
only starts Python. The others get names, times, results and properties, as an uploader has to.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def read_with_expat(file: Path) -> None:
    """Parse without a handler: no reader can be faster."""
    from xml.parsers import expat  # noqa: PLC0415 (each reader pays for its own imports)

    with file.open("rb") as stream:
        expat.ParserCreate().ParseFile(stream)


def read_with_junitparser(file: Path) -> int:
    """Read with the flavour that knows properties."""
    from junitparser import xunit2  # noqa: PLC0415

    tests = [
        (
            case.classname,
            case.name,
            case.time,
            [(type(result), result.message) for result in case.result],
            [(each.name, each.value) for each in case.properties()],  # type: ignore[attr-defined]
        )
        for suite in xunit2.JUnitXml.fromfile(str(file))
        for case in suite
    ]
    return len(tests)


def read_with_xmltodict(file: Path) -> int:
    """Read into dicts."""
    import xmltodict  # noqa: PLC0415

    lists = ("testsuite", "testcase", "property", "failure")
    root: dict[str, Any] = xmltodict.parse(file.read_bytes(), force_list=lists)
    tests = [
        (
            case["@classname"],
            case["@name"],
            float(case["@time"]),
            [each["@message"] for each in case.get("failure", ())],
            [
                (each["@name"], each["@value"])
                for each in case.get("properties", {}).get("property", ())
            ],
        )
        for suite in root["testsuites"]["testsuite"]
        for case in suite["testcase"]
    ]
    return len(tests)


def read_with_trcli(file: Path) -> int:
    """Read as ``trcli parse_junit`` does before it sends anything."""
    from trcli.cli import Environment  # noqa: PLC0415
    from trcli.data_classes.data_parsers import MatchersParser  # noqa: PLC0415
    from trcli.readers.junit_xml import JunitParser  # noqa: PLC0415

    environment = Environment()
    environment.file, environment.silent = file, True
    environment.case_matcher = MatchersParser.AUTO
    environment.case_fields, environment.result_fields = [], []
    suites = JunitParser(environment).parse_file()
    return sum(len(section.testcases) for suite in suites for section in suite.testsections)


def read_nothing(_: Path) -> None:
    """Start Python, and end."""


READERS: dict[str, Callable[[Path], object]] = {
    "expat": read_with_expat,
    "junitparser": read_with_junitparser,
    "xmltodict": read_with_xmltodict,
    "trcli": read_with_trcli,
    "nothing": read_nothing,
}

if __name__ == "__main__":
    READERS[sys.argv[1]](Path(sys.argv[2]))
