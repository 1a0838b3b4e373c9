from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import NotUsableError
from pytest_jama.targets.octane.octane_address import OctaneAddress, find_id, read_address
from pytest_jama.targets.octane.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Listed = Sequence[Mapping[str, Any]]


@pytest.mark.parametrize(
    "url, expected",
    [
        ("https://o.example", ("https://o.example", "", "")),
        ("https://o.example/", ("https://o.example", "", "")),
        ("https://o.example/ui/?p=1001/1002", ("https://o.example", "1001", "1002")),
        ("https://o.example/ui?p=1001", ("https://o.example", "1001", "")),
        ("https://o.example/ui/?p=1001%2F1002", ("https://o.example", "1001", "1002")),
        (
            "https://o.example:8443/octane/ui/?admin&p=1001/1002#/team-backlog/123",
            ("https://o.example:8443/octane", "1001", "1002"),
        ),
        ("https://o.example/ui/#/home?p=1001/1002", ("https://o.example", "1001", "1002")),
        ("https://o.example/ui/entity-navigation?p=1/2", ("https://o.example", "1", "2")),
        ("https://o.example/guides", ("https://o.example/guides", "", "")),
    ],
)
def test_the_address_of_a_browser_names_server_space_and_workspace(
    url: str, expected: tuple[str, str, str]
) -> None:
    assert read_address(url) == OctaneAddress(*expected)


def test_what_is_said_beside_the_address_counts() -> None:
    address = read_address("https://o.example/ui/?p=1001/1002", space="Labs", workspace="2002")
    assert address == OctaneAddress("https://o.example", "Labs", "2002")


@pytest.mark.parametrize(
    "reference, expected",
    [("1001", "1001"), ("id:1001", "1001"), ("name:1001", ""), ("Pumps", ""), ("10a", "")],
)
def test_a_number_is_an_id_unless_it_is_called_a_name(reference: str, expected: str) -> None:
    assert find_id(reference) == expected


SPACES = [{"id": "1001", "name": "Labs"}, {"id": "1003", "name": "Clinics"}]
WORKSPACES = [
    {"id": "1002", "name": "Pumps"},
    {"id": "1004", "name": "Valves"},
    {"id": "1005", "name": "Valves"},
]


def _ask(path: str) -> Listed:
    return {
        "/api/shared_spaces": SPACES,
        "/api/shared_spaces/1001/workspaces": WORKSPACES,
        "/api/shared_spaces/1003/workspaces": [{"id": "7", "name": "Only"}],
    }[path]


def test_nothing_is_asked_where_both_ids_are_known() -> None:
    def ask(path: str) -> Listed:
        raise AssertionError(path)

    found = find_workspace(ask, OctaneAddress("https://o.example", "1001", "1002"))
    assert found.path == "/api/shared_spaces/1001/workspaces/1002"


@pytest.mark.parametrize(
    "space, workspace, expected",
    [
        ("Labs", "Pumps", ("1001", "1002")),
        ("labs", "pumps", ("1001", "1002")),
        ("name:Labs", "id:1002", ("1001", "1002")),
        ("Clinics", "", ("1003", "7")),
    ],
)
def test_names_become_ids(space: str, workspace: str, expected: tuple[str, str]) -> None:
    found = find_workspace(_ask, OctaneAddress("https://o.example", space, workspace))
    assert found == Workspace(*expected, space, workspace)


@pytest.mark.parametrize(
    "space, workspace, complaint",
    [
        ("Lab", "Pumps", "there is not a space 'Lab' that this API key can see: Labs; set `space`"),
        ("", "Pumps", "`space` is not set, and there are 2: Labs, Clinics; set `space` to its ID"),
        ("Labs", "Valves", "workspace 'Valves' is ambiguous: the IDs 1004, 1005 have that name"),
    ],
)
def test_names_that_do_not_say_one_workspace_are_refused_with_the_nearest(
    space: str, workspace: str, complaint: str
) -> None:
    with pytest.raises(NotUsableError) as raised:
        find_workspace(_ask, OctaneAddress("https://o.example", space, workspace))
    assert complaint in str(raised.value)
