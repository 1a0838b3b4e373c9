"""Documents of results as a strict server reads them: by a schema, with lengths in UTF-16 units."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from pytest_jama.targets.octane.document import build_documents
from pytest_jama.targets.octane.document_head import DocumentHead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_jama.core.results import TestResult

LONGEST = {"step/name": 3800, "test_run/external_report_url": 512}
UNBOUNDED = frozenset({"error/message", "error/type"})
NO_HEAD = DocumentHead()


@lru_cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(__file__).with_name("results.xsd")))


def read_document(content: bytes) -> etree._Element:
    """Return the root of a document that a server takes; fail for any other."""
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<test_result>')
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, huge_tree=True))
    _schema().assertValid(root)
    for element in root.iter():
        for name, value in element.attrib.items():
            place = f"{element.tag!s}/{name!s}"
            units = len(str(value).encode("utf-16-le")) // 2
            assert place in UNBOUNDED or units <= LONGEST.get(place, 255), (place, units)
    return root


def runs_of(
    results: Iterable[TestResult], head: DocumentHead = NO_HEAD, *, started: float | None = None
) -> list[etree._Element]:
    """Return the runs of the documents of results, all of which a server takes."""
    documents = build_documents(results, head, started=started)
    return [run for each in documents for run in read_document(each.content).iter("test_run")]


def run_of(result: TestResult, head: DocumentHead = NO_HEAD) -> etree._Element:
    """Return the one run of the document of a result."""
    (run,) = runs_of([result], head)
    return run


def names_of(runs: Iterable[etree._Element]) -> list[tuple[str, str, str]]:
    """Return package, class and name of runs."""
    return [(run.get("package", ""), run.get("class", ""), run.get("name", "")) for run in runs]
