"""The walk over any tree, against ElementTree's."""

from __future__ import annotations

import io
from collections import Counter
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from junit_uploader.junit.report_reader import read_junit
from junit_uploader.junit.reported_test import ReadOptions

RESULTS = ("error", "failure", "skipped")
texts = st.sampled_from(["", "\n  ", "text", "<!-- <failure/> -->", "<![CDATA[<error/>]]>", "é"])
attributes = st.sampled_from(
    [
        'classname="a.B" name="{}"',
        'name="{}"',
        'classname="a b" name=" {}&#10;" time="1"',
        'class="k" name="{}" status="notrun"',
        'classname="a.B" name="{}" status="run" result="completed"',
    ]
)


def element(tag: str, inner: str, attribute: str = "") -> str:
    return f"<{tag} {attribute}>{inner}</{tag}>"


def joined(parts: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(parts, texts), max_size=most).map("".join)


other_results = st.sampled_from(["flakyFailure", "rerunError", "j:failure"])
results = st.builds(
    element,
    st.one_of(st.sampled_from(RESULTS), other_results),
    joined(st.sampled_from(["<failure/>", "<system-out>x</system-out>"])),
)
inside = joined(
    st.one_of(results, results.map(lambda each: element("odd", each)), st.just("<properties/>"))
)
cases = st.builds(element, st.just("testcase"), inside, attributes)
nested = st.builds(
    lambda case, inner: case.replace("</testcase>", f"{inner}</testcase>"), cases, cases
)
contents = st.recursive(
    st.one_of(
        cases, nested, st.sampled_from(["<system-out>y</system-out>", "<error/>", "<skipped/>"])
    ),
    lambda inner: st.builds(
        element, st.sampled_from(["testsuite", "j:testsuite", "odd"]), joined(inner, 6)
    ),
    max_leaves=30,
)
reports = st.builds(
    lambda root, inner: element(root, inner, 'xmlns:j="urn:j"'),
    st.sampled_from(["testsuites", "testsuite", "testrun"]),
    joined(contents, 8),
)


def local_name(found: ET.Element) -> str:
    return found.tag.rpartition("}")[2]


def count_outcomes(report: str) -> Counter[str]:
    """Count as the rule says: direct children, error before failure before skipped."""
    counts: Counter[str] = Counter()
    for found in ET.fromstring(report).iter():  # noqa: S314 (made here)
        words = [local_name(child) for child in found]
        if local_name(found) == "testcase":
            word = next((each for each in RESULTS if each in words), "passed")
            is_told = word == "passed" and found.get("status") == "notrun"
            counts["skipped" if is_told else word] += 1
        elif local_name(found) in ("testsuites", "testsuite", "testrun"):
            counts.update(word for word in words if word in ("error", "failure"))
    return counts


class Dripping(io.BytesIO):
    """Gives a few bytes at a time, so that everything is cut somewhere."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(97 if size else size)


@given(reports)
def test_any_tree_is_read_as_the_rule_says(report: str) -> None:
    stream = Dripping(report.encode())
    testcases = read_junit(stream, ReadOptions()).testcases
    found = Counter(each.outcome.value for each in testcases)
    found["failure"] = found.pop("failed", 0)
    assert found == count_outcomes(report)
