"""Writes results as a document for ALM Octane: ``document_writers.py WRITER COUNT``.

``ours`` is what pytest-jama sends; ``ElementTree`` builds the same elements without any care for
what the server's schema asks for; ``none`` only makes the results.
"""

from __future__ import annotations

import sys
from xml.etree import ElementTree as ET

from pytest_jama.core.results import Outcome, TestResult

BEGAN = 1795836903.25
TRACE = "\n".join(f"    frame {number} of a traceback, as pytest shows it" for number in range(20))


def make_results(count: int) -> list[TestResult]:
    """Make the results of a session: one of ten tests failed, with a trace of 1 KB."""
    return [
        TestResult(
            f"tests/unit/test_module{number // 50}.py::TestPump::test_flow[{number}-1.5]",
            Outcome.PASSED if number % 10 else Outcome.FAILED,
            0.001 * (number % 700),
            message="" if number % 10 else f"AssertionError: assert {number} < 5",
            started=BEGAN + number / 7,
            trace="" if number % 10 else TRACE,
        )
        for number in range(count)
    ]


def write_ours(results: list[TestResult]) -> int:
    """Return the bytes of our documents."""
    from pytest_jama.targets.octane.document import build_documents  # noqa: PLC0415 (measured)
    from pytest_jama.targets.octane.document_head import DocumentHead  # noqa: PLC0415

    return sum(len(each.content) for each in build_documents(results, DocumentHead()))


def write_plainly(results: list[TestResult]) -> int:
    """Return the bytes of one document of `xml.etree`."""
    root = ET.Element("test_result")
    runs = ET.SubElement(root, "test_runs")
    for result in results:
        path, class_name, name = result.test_id.split("::")
        run = ET.SubElement(
            runs,
            "test_run",
            {
                "name": name,
                "package": path.removesuffix(".py").replace("/", "."),
                "class": class_name,
                "duration": str(round(1000 * (result.duration_s or 0))),
                "status": "Failed" if result.outcome is Outcome.FAILED else "Passed",
                "started": str(round(1000 * (result.started or 0))),
            },
        )
        if result.trace:
            ET.SubElement(run, "error", {"message": result.message}).text = result.trace
    return len(ET.tostring(root, encoding="UTF-8"))


WRITERS = {"ours": write_ours, "ElementTree": write_plainly, "none": len}

if __name__ == "__main__":
    print(WRITERS[sys.argv[1]](make_results(int(sys.argv[2]))))
