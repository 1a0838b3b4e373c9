"""The query language: both spellings, every value, and the laws of logic."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_jama.sandbox.octane.octane_errors import OctaneRefusedError
from pytest_jama.sandbox.octane.query_words import parse_query
from pytest_jama.sandbox.octane.workspace_store import OctaneStore
from tests.every import every
from tests.sandbox.octane.workspace import Workspace, document, environment, run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def store() -> Iterator[OctaneStore]:
    """Defects a to f, some of them in a release, with tags, with a severity."""
    with OctaneStore() as store:
        releases = {name: store.add("releases", name=name) for name in ("2.4", "732.1")}
        tags = {name: store.add("user_tags", name=name) for name in ("red", "green")}
        high, low = "list_node.severity.high", "list_node.severity.low"
        store.add_field("defect", "lines_udf:number")
        store.add_field("defect", "open_udf:boolean")
        rows: list[dict[str, Any]] = [
            {"name": "a", "release": releases["2.4"], "severity": high, "lines_udf": 1},
            {"name": "b", "release": releases["732.1"], "user_tags": [tags["red"]], "lines_udf": 2},
            {"name": "c", "severity": low, "user_tags": list(tags.values()), "lines_udf": 3},
            {"name": "d*?[x]", "description": 'it\'s (x) \\ "y"', "open_udf": True},
            {"name": "e", "owner": str(store.user), "open_udf": False},
            {"name": "f^g", "release": releases["2.4"], "user_tags": [tags["green"]]},
        ]
        for row in rows:
            store.add("defects", **row)
        yield store


def names(store: OctaneStore, query: str) -> str:
    """Return the first letters of the defects that a query finds."""
    return "".join(each["name"][0] for each in store.all("defects", query, fields="name"))


@pytest.mark.parametrize(
    "query, found",
    [
        ("name EQ ^a^", "a"),
        ("name='a'", "a"),
        ("name EQ 'a'", "a"),
        ("name=^a^", "a"),
        ("lines_udf EQ 2", "b"),
        ("lines_udf=2", "b"),
        ("lines_udf LT 2", "a"),
        ("lines_udf<2", "a"),
        ("lines_udf GT 2", "c"),
        ("lines_udf>2", "c"),
        ("lines_udf LE 2", "ab"),
        ("lines_udf<=2", "ab"),
        ("lines_udf GE 2", "bc"),
        ("lines_udf>=2", "bc"),
        ("lines_udf EQ 2.0", "b"),
        ("lines_udf GT -1.5", "abc"),
        ("lines_udf IN 1,3", "ac"),
        ("lines_udf IN 1", "a"),
        ("lines_udf BTW 2...3", "bc"),
        ("lines_udf EQ null", "def"),
        ("!lines_udf EQ null", "abc"),
        ("open_udf EQ true", "d"),
        ("open_udf=false", "e"),
        ("!open_udf EQ true", "abcef"),
        ("name IN ^a^,'e'", "ae"),
        ("name GT ^c^", "def"),
        ("name BTW ^b^...^d^", "bc"),
        ("name EQ ^*^", "abcdef"),
        ("name EQ ^d*^", "d"),
        ("name EQ ^*[x]^", "d"),
        ("name EQ ^?^", ""),
        ("name EQ ^[ab]^", ""),
        ("name IN ^d*^,^a^", "ad"),
        ("name EQ ^f*g^", "f"),
        ("name EQ ^A^", ""),
        (r"description EQ ^it\'s \(x\) \\ \"y\"^", "d"),
        (r"description EQ 'it\'s*'", "d"),
        ("release EQ {name EQ ^2.4^}", "af"),
        ("release={name='2.4'}", "af"),
        ("release EQ {name EQ ^732.*^}", "b"),
        ("release EQ {null}", "cde"),
        ("!release EQ {null}", "abf"),
        ("release IN {name EQ ^2.4^},{name EQ ^732.1^}", "abf"),
        ("release EQ {!name EQ ^2.4^}", "b"),
        ("!release EQ {name EQ ^2.4^}", "bcde"),
        ("user_tags EQ {name EQ ^red^}", "bc"),
        ("user_tags EQ {null}", "ade"),
        ("!user_tags EQ {name EQ ^red^}", "adef"),
        ("user_tags EQ {name EQ ^red^};user_tags EQ {name EQ ^green^}", "c"),
        ("user_tags EQ {name EQ ^red^;name EQ ^green^}", ""),
        ("severity EQ {logical_name EQ ^list_node.severity.high^}", "a"),
        ("severity EQ {id EQ ^list_node.severity.high^}", "a"),
        ("severity EQ {logical_name IN ^list_node.severity.high^,^list_node.severity.low^}", "ac"),
        ("owner EQ {id EQ [current_user]}", "e"),
        ("type EQ ^defect^;subtype EQ ^defect^;name EQ ^a^", "a"),
        ("name EQ ^a^||name EQ ^b^;name EQ ^c^", "a"),
        ("name EQ ^c^;name EQ ^b^||name EQ ^a^", "a"),
        ("(name EQ ^a^||name EQ ^b^);name EQ ^b^", "b"),
        ("!name EQ ^a^;!name EQ ^b^", "cdef"),
        ("!(name EQ ^a^;lines_udf EQ 1)", "bcdef"),
        ("!!name EQ ^a^", "a"),
        ("((name EQ ^a^))", "a"),
        ("creation_time GT ^2020-01-05T10:00:00Z^;name EQ ^a^", "a"),
        ("creation_time LT ^2020-01-05T10:00:00.000+0100^", ""),
        ("creation_time BTW ^2020-01-01T00:00:00Z^...^2100-01-01T00:00:00Z^;lines_udf<3", "ab"),
        ("release EQ {author EQ {null}}", ""),
        ("release EQ {author EQ {name EQ ^robot^};name EQ ^2.4^}", "af"),
    ],
)
def test_a_query_finds_what_it_says(store: OctaneStore, query: str, found: str) -> None:
    assert names(store, query) == found


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "name",
        "name EQ",
        "name EQ ",
        "name EQ a",
        "name EQ ^a",
        "name EQ 'a^",
        'name EQ "a"',
        'name EQ ^a"b^',
        "name  EQ ^a^",
        "name = ^a^",
        "name =^a^",
        "name== ^a^",
        "name eq ^a^",
        "name NE ^a^",
        "name!=^a^",
        "name EQ ^a^ ",
        " name EQ ^a^",
        "name EQ ^a^; name EQ ^b^",
        "name EQ ^a^ || name EQ ^b^",
        "name EQ ^a^|name EQ ^b^",
        "name EQ ^a^&&name EQ ^b^",
        "name EQ ^a^;",
        ";name EQ ^a^",
        "(name EQ ^a^",
        "name EQ ^a^)",
        "()",
        "!",
        "! name EQ ^a^",
        r"name EQ ^a\b^",
        "name EQ ^a\\",
        r"name EQ ^a\^b^",
        "name IN ^a^, ^b^",
        "name IN (^a^,^b^)",
        "name IN ",
        "name BTW ^a^",
        "lines_udf BTW 1..3",
        "lines_udf BTW 1...",
        "lines_udf EQ 1e3",
        "lines_udf EQ +1",
        "lines_udf EQ ^1^",
        "lines_udf EQ true",
        "open_udf EQ 1",
        "open_udf EQ ^true^",
        "name EQ 1",
        "name EQ {null}",
        "name EQ {name EQ ^a^}",
        "name GT null",
        "release EQ null",
        "release EQ 1001",
        "release EQ ^2.4^",
        "release EQ {}",
        "release EQ {1001}",
        "release EQ {name EQ ^a^",
        "release GT {name EQ ^a^}",
        "release EQ {no_such_field EQ ^a^}",
        "no_such_field EQ ^a^",
        "creation_time GT ^yesterday^",
        "creation_time GT ^2026-01-05^",
        "creation_time GT 1767600000000",
        "owner EQ [current_user]",
        "owner EQ {id EQ [someone]}",
        "lines_udf EQ [current_user]",
        "release.name EQ ^2.4^",
        "id EQ ^x^",
        f"id IN {','.join(map(str, range(101)))}",
        f"{'!' * 60}name EQ ^a^",
    ],
)
def test_anything_else_is_refused(store: OctaneStore, query: str) -> None:
    with pytest.raises(OctaneRefusedError) as caught:
        names(store, query)
    assert caught.value.status == 400


@every("text", ["name EQ ^a^", '"name EQ ^a^', "", '"', '""', "'name EQ ^a^'"])
def test_the_double_quotes_belong_to_the_query(text: str) -> None:
    with pytest.raises(OctaneRefusedError, match="double quotes"):
        parse_query(text)


def test_a_caret_may_be_escaped_where_the_knob_says_so(
    make_workspace: Callable[..., Workspace],
) -> None:
    for knob, status in (("400", 400), ("escape", 200)):
        workspace = make_workspace(caret=knob)
        workspace.store.add("releases", name="f^g")
        reply = workspace.get("releases", r"name EQ ^f\^g^")
        assert reply.status == status


def test_a_refusal_says_where_the_query_ends_to_be_one(workspace: Workspace) -> None:
    reply = workspace.get("tests", "name EQ ^a^ ;id EQ 1")
    assert (reply.status, reply.code) == (400, "platform.invalid_query")
    assert reply.why == (
        "the query cannot be read at character 11: the end of the query, ; or || is due, "
        "found ' ;id EQ 1'"
    )


def test_ids_are_asked_as_numbers_or_texts(workspace: Workspace) -> None:
    first, second = (workspace.store.add("releases", name=name) for name in "ab")
    for query in (
        f"id EQ {first}",
        f"id='{first}'",
        f"id EQ ^{first}^",
        f"id LT {second};id GE {first}",
    ):
        assert workspace.get("releases", query).ids == [first]
    assert workspace.get("releases", f"id IN {first},{second}").ids == [first, second]


def test_list_entries_are_asked_by_number_on_old_servers(
    make_workspace: Callable[..., Workspace],
) -> None:
    workspace = make_workspace(list_ids="number")
    entry = workspace.get("list_nodes", "logical_name EQ ^list_node.severity.high^").ids[0]
    workspace.store.add("defects", name="d", severity="list_node.severity.high")
    assert entry.isdigit()
    assert workspace.get("defects", f"severity EQ {{id EQ {entry}}}", fields="name").names == ["d"]
    (defect,) = workspace.get("defects", fields="severity{logical_name}").data
    assert defect["severity"]["id"] == entry
    assert defect["severity"]["logical_name"] == "list_node.severity.high"


@pytest.fixture
def pushed(workspace: Workspace) -> Workspace:
    """Two tests, one of which fails, in a module and covering a story of a feature."""
    store = workspace.store
    release = store.add("releases", name="2.4")
    area, other = store.add("product_areas", name="Pump"), store.add("product_areas", name="Other")
    feature = store.add("features", name="F")
    story = store.add("stories", name="S", parent=feature)
    failing = (
        f"<backlog_items><backlog_item_ref id='{story}'/></backlog_items>"
        f"<product_areas><product_area_ref id='{area}'/></product_areas>"
    )
    passing = f"<product_areas><product_area_ref id='{other}'/></product_areas>"
    head = f"<release_ref id='{release}'/>{environment(OS='Linux')}"
    text = document(run_of("bad", failing, status="Failed"), run_of("good", passing), head=head)
    assert workspace.pushed(text).body["status"] == "success"
    store.add("automated_tests", name="never run")
    return workspace


FAILED = "status EQ {logical_name EQ ^list_node.run_status.failed^}"


@pytest.mark.parametrize(
    "collection, query, found",
    [
        ("automated_tests", f"last_runs EQ {{{FAILED}}}", ["bad"]),
        ("tests", f"last_runs EQ {{release EQ {{name EQ ^2.4^}};{FAILED}}}", ["bad"]),
        ("tests", f"!last_runs EQ {{{FAILED}}}", ["good", "never run"]),
        ("tests", "last_runs EQ {null}", ["never run"]),
        (
            "tests",
            "run EQ {taxonomies EQ {name EQ ^Linux^;category EQ {name EQ ^OS^}}}",
            ["bad", "good"],
        ),
        ("product_areas", f"test EQ {{last_runs EQ {{{FAILED}}}}}", ["Pump"]),
        ("application_modules", f"!test EQ {{last_runs EQ {{{FAILED}}}}}", ["Other"]),
        ("features", f"children EQ {{test EQ {{last_runs EQ {{{FAILED}}}}}}}", ["F"]),
        ("stories", f"test EQ {{last_runs EQ {{{FAILED}}}}}", ["S"]),
        ("work_items", f"test EQ {{last_runs EQ {{{FAILED}}}}}", ["S"]),
        ("runs", "release EQ {name EQ ^2*^};!taxonomies EQ {null}", ["bad", "good"]),
        ("runs", "test_of_last_run EQ {name EQ ^good^}", ["good"]),
        ("runs", "test EQ {product_areas EQ {name EQ ^Pump^}}", ["bad"]),
        ("taxonomy_nodes", "run EQ {test EQ {name EQ ^bad^}}", ["Linux"]),
    ],
)
def test_references_are_followed_in_both_directions(
    pushed: Workspace, collection: str, query: str, found: list[str]
) -> None:
    assert pushed.get(collection, query, fields="name").names == found


def test_history_is_asked_by_plain_numbers(pushed: Workspace) -> None:
    (run,) = pushed.get("runs", "name EQ ^bad^").ids
    native = "run_native_status EQ {logical_name EQ ^list_node.run_native_status.failed^}"
    query = f"run_id EQ {run};{native};run_started GT ^2026-01-01T10:00:00Z^"
    (line,) = pushed.get("previous_runs", query, fields="test_name,is_new_failure").data
    assert (line["test_name"], line["is_new_failure"]) == ("bad", True)


_PHRASES = st.sampled_from(
    [
        "name EQ ^a^",
        "name='b'",
        "name IN ^c^,^d*^",
        "lines_udf GT 1",
        "lines_udf EQ null",
        "open_udf EQ true",
        "release EQ {null}",
        "release EQ {name EQ ^2.4^}",
        "user_tags EQ {name EQ ^red^}",
        "severity EQ {logical_name EQ ^list_node.severity.low^}",
    ]
)
statements = st.recursive(
    _PHRASES,
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]});({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]})||({pair[1]})"),
    ),
    max_leaves=6,
)


@given(one=statements, other=statements)
def test_not_and_and_or_are_those_of_logic(store: OctaneStore, one: str, other: str) -> None:
    found = {text: set(names(store, text)) for text in (one, other)}
    everything = set("abcdef")
    assert set(names(store, f"!({one})")) == everything - found[one]
    assert set(names(store, f"!!({one})")) == found[one]
    assert set(names(store, f"({one});({other})")) == found[one] & found[other]
    assert set(names(store, f"({one})||({other})")) == found[one] | found[other]
    assert names(store, f"!(({one});({other}))") == names(store, f"!({one})||!({other})")


@given(parts=st.lists(st.tuples(st.booleans(), _PHRASES), min_size=2, max_size=4), ors=st.data())
def test_not_binds_before_and_which_binds_before_or(
    store: OctaneStore, parts: list[tuple[bool, str]], ors: st.DataObject
) -> None:
    words = [f"!{text}" if negated else text for negated, text in parts]
    signs = [ors.draw(st.sampled_from([";", "||"])) for _ in words[1:]]
    text = words[0] + "".join(itertools.chain.from_iterable(zip(signs, words[1:], strict=True)))
    groups: list[list[tuple[bool, str]]] = [[parts[0]]]
    for sign, part in zip(signs, parts[1:], strict=True):
        if sign == ";":
            groups[-1].append(part)
        else:
            groups.append([part])
    everything = set("abcdef")
    wanted = set.union(
        *(
            set.intersection(
                *(
                    everything - set(names(store, phrase)) if negated else set(names(store, phrase))
                    for negated, phrase in group
                )
            )
            for group in groups
        )
    )
    assert set(names(store, text)) == wanted


@given(st.text(alphabet="\\\"'()^*!;|={}[]abEQ 1,.", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_query(f'"{text}"')
    except OctaneRefusedError as exc:
        assert exc.status == 400  # noqa: PT017 (both ends are right)
