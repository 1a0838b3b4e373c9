"""The document of results: what is taken, what is refused, and that the schema says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pytest_jama.sandbox.octane.result_document import InvalidDocumentError, read_document
from pytest_jama.sandbox.octane.result_schema import ELEMENTS, write_schema
from tests.every import every
from tests.sandbox.octane.workspace import document, environment, run_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.octane.workspace import Workspace

BUILD = '<build server_id="s" job_id="j" build_id="b"/>'
INSTANCE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

VALID = {
    "no runs": document(),
    "a run": document(run_of()),
    "a failed run without an error": document(run_of(status="Failed")),
    "a passed run with an error": document(run_of("a", '<error type="x">trace</error>')),
    "blanks around a number": document(run_of(duration=" 1 ")),
    "a plus": document(run_of(duration="+1")),
    "a negative duration": document(run_of(duration="-5")),
    "many zeros": document(run_of(duration="0" * 30 + "7")),
    "the greatest number": document(run_of(started=2**63 - 1)),
    "empty package, class and module": document(
        run_of(**{"package": "", "class": "", "module": ""})
    ),
    "a name of one blank": document(run_of(" ")),
    "a name of 255": document(run_of("x" * 255)),
    "127 letters beyond U+FFFF": document(run_of("\U0001f600" * 127)),
    "any framework": document(
        run_of(), head='<test_fields><test_field type="Framework" value="pytest"/></test_fields>'
    ),
    "everything in order": document(
        run_of("a", environment(OS="x"), "<error/>", "<description>d</description>"),
        head=f'{BUILD}<suite_ref id="1"/><program_ref id="2"/><release name="r"/>'
        '<milestone_ref id="3"/><backlog_items><backlog_item_ref id="4"/></backlog_items>'
        '<product_areas><product_area_ref id="5"/></product_areas><test_fields/>'
        f"{environment(OS='Linux')}",
    ),
    "steps": document(
        run_of(
            "a",
            '<steps iteration="1"><step name="s" duration="1" status="any">'
            "<error_message>e</error_message><output_parameters/></step></steps><steps/>",
        )
    ),
    "a link": document(run_of(external_report_url="https://ci.example/1")),
    "testdirector": document(run_of(external_report_url="testdirector:x")),
    "manual": document(run_of(manual=" true ")),
    "a schema that is named": f"<test_result {INSTANCE} "
    'xsi:noNamespaceSchemaLocation="x"><test_runs/></test_result>',
    "comments and white space": "<test_result>\n<!-- c --><test_runs>\n</test_runs> </test_result>",
    "CDATA": document(run_of("a", "<error><![CDATA[<b>]]></error>")),
    "a gherkin run": document(
        '<gherkin_test_run name="g" duration="1" status="Passed"><feature name="f" path="p" '
        'tag="@T" started="1"><file>text</file><scenarios><background><steps/></background>'
        '<scenario name="s" status="Passed"/></scenarios></feature></gherkin_test_run>'
    ),
}
INVALID = {
    "no test_runs": "<test_result/>",
    "another root": "<test_results><test_runs/></test_results>",
    "another order": document(run_of(), head=f'<suite_ref id="1"/>{BUILD}'),
    "order inside a run": document(run_of("a", "<description/>", "<error/>")),
    "two errors": document(run_of("a", "<error/>", "<error/>")),
    "text between elements": document(f"{run_of()}x"),
    "text in a run": document(run_of("a", "x")),
    "white space in an element without children": document(head='<suite_ref id="1"> </suite_ref>'),
    "an element in an error": document(run_of("a", "<error><b/></error>")),
    "a point": document(run_of(duration="1.5")),
    "NaN": document(run_of(duration="NaN")),
    "no number": document(run_of(duration="")),
    "a number that is too great": document(run_of(duration=2**63)),
    "a digit of another script": document(run_of(duration="\u0663")),
    "an empty name": document(run_of("")),
    "a name of 256": document(run_of("x" * 256)),
    "an empty value of the environment": document(head=environment(OS="")),
    "release and release_ref": document(head='<release_ref id="1"/><release name="r"/>'),
    "a build without server": document(head='<build job_id="j" build_id="b"/>'),
    "a status in small letters": document(run_of(status="passed")),
    "an unknown status": document(run_of(status="Blocked")),
    "a blank before the status": document(run_of(status=" Passed")),
    "taxonomy_ref": document(head='<environment><taxonomy_ref id="1"/></environment>'),
    "an unknown field": document(
        head='<test_fields><test_field type="Foo" value="x"/></test_fields>'
    ),
    "an unknown attribute": document(run_of(colour="red")),
    "an attribute of the newest schema": document(run_of(external_assets="x")),
    "xml:lang": document(run_of(**{"xml:lang": "en"})),
    "a default namespace": '<test_result xmlns="urn:x"><test_runs/></test_result>',
    "xsi:nil": f'<test_result {INSTANCE} xsi:nil="true"><test_runs/></test_result>',
    "both kinds of runs": document(
        run_of(), '<gherkin_test_run name="g" duration="1" status="Passed"/>'
    ),
    "a short link": document(run_of(external_report_url="td://")),
    "another kind of link": document(run_of(external_report_url="ftp://ci.example/")),
    "a line break in a link": document(run_of(external_report_url="https://ci/&#10;x")),
    "a step without status": document(run_of("a", '<steps><step name="s" duration="1"/></steps>')),
}
NOT_XML = {
    "nothing": "",
    "not well-formed": "<test_result>",
    "two roots": "<test_result><test_runs/></test_result><x/>",
    "a control character": document(run_of("a&#27;b")),
    "a DOCTYPE": f"<!DOCTYPE test_result>{document()}",
    "an entity": f'<!DOCTYPE t [<!ENTITY e "x">]>{document(run_of("&e;"))}',
    "an encoding of several bytes": f'<?xml version="1.0" encoding="utf-7"?>{document()}',
    "an unknown encoding": f'<?xml version="1.0" encoding="x-no-such"?>{document()}',
}


def is_taken(raw: bytes) -> bool:
    try:
        for _ in read_document(raw):
            pass
    except InvalidDocumentError:
        return False
    return True


def is_valid(raw: bytes) -> bool:
    return _SCHEMA.validate(etree.fromstring(raw))


_SCHEMA = etree.XMLSchema(etree.fromstring(write_schema("older").encode()))


@every("text", VALID.values(), ids=VALID)
def test_a_valid_document_is_taken(text: str) -> None:
    assert (is_taken(text.encode()), is_valid(text.encode())) == (True, True)


@every("text", INVALID.values(), ids=INVALID)
def test_an_invalid_document_is_refused(text: str) -> None:
    assert (is_taken(text.encode()), is_valid(text.encode())) == (False, False)


@every("text", NOT_XML.values(), ids=NOT_XML)
def test_what_is_not_plain_xml_is_refused(text: str) -> None:
    assert not is_taken(text.encode())


def test_lengths_are_counted_in_utf16_units() -> None:
    """As the JDK's validator does; lxml counts code points, and would let this pass."""
    raw = document(run_of("\U0001f600" * 128)).encode()
    assert (is_taken(raw), is_valid(raw)) == (False, True)


def test_the_newest_schema_knows_more_attributes() -> None:
    raw = document(run_of(external_assets="x")).encode()
    newest = etree.XMLSchema(etree.fromstring(write_schema("newest").encode()))
    assert newest.validate(etree.fromstring(raw))
    assert len(list(read_document(raw, age="newest"))) == 2


def test_a_document_is_read_run_by_run() -> None:
    raw = document(*(run_of(f"t{number}") for number in range(3000))).encode()
    elements = read_document(raw)
    assert next(elements).name == "test_result"
    assert [each.attributes["name"] for each in elements] == [f"t{n}" for n in range(3000)]


_WORDS = ["", " ", "1", "+1", " 1 ", "1.5", "Passed", "true", "x" * 256, "http://x", "Framework"]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Take a valid document and change it in one or two places, blindly."""
    root = etree.fromstring(draw(st.sampled_from(sorted(VALID.values()))).encode())
    for _ in range(draw(st.integers(1, 2))):
        elements = [each for each in root.iter() if isinstance(each.tag, str)]
        element = draw(st.sampled_from(elements))
        names = sorted(ELEMENTS["older"].keys() | {"error", "description", "release_ref", "x"})
        change = draw(st.sampled_from(["attribute", "remove", "child", "text", "swap", "lose"]))
        if change == "attribute":
            words = ["name", "id", "duration", "status", "type", "value", "manual", "colour"]
            element.set(draw(st.sampled_from(words)), draw(st.sampled_from(_WORDS)))
        elif change == "lose" and element.attrib:
            del element.attrib[draw(st.sampled_from(sorted(element.attrib)))]
        elif change == "child":
            element.append(etree.Element(draw(st.sampled_from(names))))
        elif change == "text":
            element.text = draw(st.sampled_from([" ", "x", "\n"]))
        elif change == "swap":
            element[:] = draw(st.permutations(list(element)))
        elif (parent := element.getparent()) is not None:
            parent.remove(element)
    return etree.tostring(root)


@given(mutated())
def test_validator_and_schema_agree_on_any_document(raw: bytes) -> None:
    assert is_taken(raw) == is_valid(raw)


def test_the_schema_is_served(workspace: Workspace) -> None:
    reply = workspace.get("test-results/xsd")
    assert (reply.status, reply.body) == (200, write_schema("older").encode())


def test_a_refused_document_leaves_nothing(workspace: Workspace) -> None:
    runs = [run_of(f"t{number}") for number in range(1200)]
    reply = workspace.push(document(*runs, run_of("x" * 256)))
    assert (reply.status, reply.code) == (400, "testbox.invalid_document")
    assert "is not of type s255" in reply.why
    assert [workspace.store.count(name) for name in ("tests", "runs", "previous_runs")] == [0, 0, 0]
    assert workspace.store.tasks() == []


def test_an_invalid_document_is_refused_before_its_references_are_missed(
    workspace: Workspace,
) -> None:
    reply = workspace.push(document(run_of(status="passed"), head='<release_ref id="99"/>'))
    assert reply.status == 400


def test_a_document_can_be_too_long(make_workspace: Callable[..., Workspace]) -> None:
    workspace = make_workspace(document_limit_bytes=1000)
    assert workspace.push(document(run_of())).status == 202
    assert workspace.push(document(*[run_of()] * 10)).status == 413
