"""What a document of results may hold, as tables; and the XML schema that says the same.

Source: the vendor's XML schema for results, described in own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SchemaAge = Literal["older", "newest"]
STATUSES = ("Passed", "Failed", "Skipped", "Planned")
TEST_FIELDS = ("Test_Level", "Test_Type", "Testing_Tool_Type", "Framework")
_LONG = re.compile(r"[+-]?[0-9]+", re.ASCII)
_LINK = re.compile(r"(https?://|tds?://|testdirector:)[^\r\n]*")
_SURE_DIGITS = 18
"""As many digits are never too many."""

_XML_BLANKS = " \t\r\n"


def utf16_length(text: str) -> int:
    """Count as the schema of a Java server does: a letter beyond U+FFFF is two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(letter > "\uffff" for letter in text)


@dataclass(frozen=True)
class ValueType:
    """What an attribute may hold.

    Attributes:
        name: As the schema names it.
        check: Whether a value is right.
        schema: How the schema defines it.
    """

    name: str
    check: Callable[[str], bool]
    schema: str


def _length(name: str, low: int, high: int, pattern: re.Pattern[str] | None = None) -> ValueType:
    bounds = f'<xs:minLength value="{low}"/><xs:maxLength value="{high}"/>'
    if pattern is not None:
        bounds += f"<xs:pattern value={quoteattr(pattern.pattern)}/>"

    def is_short(text: str) -> bool:
        return low <= (len(text) if text.isascii() else utf16_length(text)) <= high

    def check(text: str) -> bool:
        return (pattern is None or pattern.fullmatch(text) is not None) and is_short(text)

    return ValueType(
        name,
        is_short if pattern is None else check,
        f'<xs:restriction base="xs:string">{bounds}</xs:restriction>',
    )


def _words(name: str, words: tuple[str, ...]) -> ValueType:
    values = "".join(f'<xs:enumeration value="{word}"/>' for word in words)
    return ValueType(
        name, words.__contains__, f'<xs:restriction base="xs:string">{values}</xs:restriction>'
    )


def _is_long(text: str) -> bool:
    if len(text) <= _SURE_DIGITS and text.isascii() and text.isdigit():
        return True
    bare = text.strip(_XML_BLANKS)
    if not _LONG.fullmatch(bare):
        return False
    digits = bare.lstrip("+-").lstrip("0")
    return len(digits) <= 19 and -(2**63) <= int(bare) < 2**63  # noqa: PLR2004 - digits of 2**63


def _is_truth(text: str) -> bool:
    return text.strip(_XML_BLANKS) in {"true", "false", "1", "0"}


_TYPES = (
    _length("s255", 1, 255),
    _length("s0", 0, 255),
    _length("s3800", 1, 3800),
    _length("link", 6, 512, _LINK),
    _words("status", STATUSES),
    _words("field", TEST_FIELDS),
    ValueType("long", _is_long, '<xs:restriction base="xs:long"/>'),
    ValueType("truth", _is_truth, '<xs:restriction base="xs:boolean"/>'),
    ValueType("any", lambda _: True, '<xs:restriction base="xs:string"/>'),
)
VALUE_TYPES: Mapping[str, ValueType] = {each.name: each for each in _TYPES}


@dataclass(frozen=True)
class ChildSlot:
    """Children that may stand at one place among their siblings.

    Attributes:
        names: One of these; a `many` keeps to the first that came.
        types: The types of these.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    required: bool
    many: bool


@dataclass(frozen=True)
class ElementType:
    """What one element may hold.

    Attributes:
        text: Whether it holds text and no children.
        required: The attributes that must be there.
    """

    name: str
    slots: tuple[ChildSlot, ...]
    attributes: Mapping[str, ValueType]
    required: frozenset[str]
    text: bool


_HEAD = (
    "suite_ref? program_ref:reference? release_ref:reference,release? milestone_ref:reference? "
    "backlog_items? product_areas? test_fields? environment?"
)
_TABLE = f"""
test_result        | build? {_HEAD} test_runs                  |
test_run           | {_HEAD} error? description:words? steps*  | name!s255 duration!long status!status module=s0 package=s0 class=s0 started=long run_name=s255 external_report_url=link manual=truth external_test_id=s0 external_run_id=s0 run_type=s0 external_assets+s0
test_runs          | test_run,gherkin_test_run*                |
build              |                                           | server_id!s255 job_id!s255 build_id!s255 job_name=s255 build_name=s255 sub_type=s0 artifact_id+s0
suite_ref          |                                           | id!long external_run_id=s0 component=s0
reference          |                                           | id!long
release            |                                           | name!s255
backlog_items      | backlog_item_ref:reference*               |
product_areas      | product_area_ref:reference*               |
test_fields        | test_field*                               |
test_field         |                                           | type!field value!s255
environment        | taxonomy*                                 |
taxonomy           |                                           | type!s255 value!s255
error              | TEXT                                      | type=any message=any
words              | TEXT                                      |
steps              | step*                                     | iteration=s255
step               | error_message:words? input_parameters:words? output_parameters:words? | name!s3800 duration!long status!s255 external_step_id=s255
gherkin_test_run   | {_HEAD} feature                           | name!s0 duration!long status!status external_run_id=s0
feature            | file:words scenarios?                     | name!s0 path!s0 tag!s0 started!long identifier=s0
scenarios          | background? scenario*                     |
background         | steps?                                    |
scenario           | steps?                                    | name!s0 status!status outlineIndex=long
"""  # noqa: E501 - a table: one line an element
ROOT = "test_result"
_ATTRIBUTE = re.compile(r"(\w+)([!=+])(\w+)")


def _slot(text: str) -> ChildSlot:
    ends = text[-1] if text[-1] in "?*" else ""
    pairs = [part.partition(":") for part in text.rstrip("?*").split(",")]
    return ChildSlot(
        names=tuple(name for name, _, _ in pairs),
        types=tuple(kind or name for name, _, kind in pairs),
        required=not ends,
        many=ends == "*",
    )


def _element_types(age: SchemaAge) -> Iterator[ElementType]:
    for line in _TABLE.strip().splitlines():
        name, content, attributes = (cell.strip() for cell in line.split("|"))
        pieces = [match.groups() for match in _ATTRIBUTE.finditer(attributes)]
        yield ElementType(
            name=name,
            slots=() if content == "TEXT" else tuple(map(_slot, content.split())),
            attributes={
                word: VALUE_TYPES[kind]
                for word, sign, kind in pieces
                if sign != "+" or age == "newest"
            },
            required=frozenset(word for word, sign, _ in pieces if sign == "!"),
            text=content == "TEXT",
        )


ELEMENTS: Mapping[SchemaAge, Mapping[str, ElementType]] = {
    "older": {each.name: each for each in _element_types("older")},
    "newest": {each.name: each for each in _element_types("newest")},
}
"""Element types by name, by the age of the schema."""


def write_schema(age: SchemaAge) -> str:
    """Write the XML schema that the tables stand for."""
    simple = "".join(
        f'<xs:simpleType name="{each.name}_value">{each.schema}</xs:simpleType>\n'
        for each in VALUE_TYPES.values()
    )
    complex_types = "\n".join(map(_complex_type, ELEMENTS[age].values()))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n'
        f'<xs:element name="{ROOT}" type="{ROOT}_type"/>\n{simple}{complex_types}\n</xs:schema>\n'
    )


def _complex_type(element: ElementType) -> str:
    attributes = "".join(
        f'<xs:attribute name="{name}" type="{kind.name}_value" use="{use}"/>'
        for name, kind in element.attributes.items()
        for use in ("required" if name in element.required else "optional",)
    )
    if element.text:
        inner = f'<xs:extension base="xs:string">{attributes}</xs:extension>'
        content = f"<xs:simpleContent>{inner}</xs:simpleContent>"
    else:
        slots = "".join(map(_particle, element.slots))
        content = (f"<xs:sequence>{slots}</xs:sequence>" if slots else "") + attributes
    return f'<xs:complexType name="{element.name}_type">{content}</xs:complexType>'


def _particle(slot: ChildSlot) -> str:
    low = "" if slot.required else ' minOccurs="0"'
    high = ' maxOccurs="unbounded"' if slot.many else ""
    pairs = zip(slot.names, slot.types, strict=True)
    parts = "".join(f'<xs:element name="{n}" type="{t}_type"{low}{high}/>' for n, t in pairs)
    return parts if len(slot.names) == 1 else f"<xs:choice>{parts}</xs:choice>"
