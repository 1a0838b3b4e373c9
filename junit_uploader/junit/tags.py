"""The names of the elements, whatever namespace they stand in."""

from __future__ import annotations

from junit_uploader.junit.outcomes import ResultKind

TESTCASE = "testcase"
TESTSUITE = "testsuite"

SUITES = frozenset({"testsuites", TESTSUITE, "testrun"})
"""What holds testcases; ``testrun`` is Eclipse's root."""

ROOTS = SUITES | {TESTCASE}
"""What a report may begin with."""

OUTPUTS = frozenset({"system-out", "system-err"})
PROPERTIES = "properties"
RESULTS = frozenset(kind.value for kind in ResultKind)

READ = ROOTS | OUTPUTS | RESULTS | {PROPERTIES}
"""All elements that mean something here."""

ENDING = READ - OUTPUTS
"""Those that the parser stops at; most testcases hold none, which makes reading fast."""

DEEPEST = 256
"""Most levels of elements; libxml2 has the same limit."""


def local_name(tag: object) -> str:
    """Return the name of a tag without its namespace; an empty text for what is not an element."""
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2] if "}" in tag else tag


def refusal_of_root(name: str) -> str:
    """Return why a document that begins with an element of this name is not a report."""
    return f"not a JUnit report: the root is <{name[:80]}>, not <testsuites> or <testsuite>"


REFUSAL_OF_SUBSET = "a DOCTYPE with an internal subset (entities, defaults) is refused"
REFUSAL_OF_DEPTH = f"elements are nested more than {DEEPEST} deep"
