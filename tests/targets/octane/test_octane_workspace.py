from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.errors import NotUsableError
from pytest_jama.targets.octane.workspace import Workspace, find_id_in, find_workspace
from tests.every import every

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Listed = Sequence[Mapping[str, Any]]


@every(
    "reference, expected",
    [("1001", "1001"), ("id:1001", "1001"), ("name:1001", ""), ("Pumps", ""), ("10a", "")],
)
def test_a_number_is_an_id_unless_it_is_called_a_name(reference: str, expected: str) -> None:
    assert find_id_in(reference) == expected


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

    found = find_workspace(ask, "1001", "1002")
    assert found.path == "/api/shared_spaces/1001/workspaces/1002"


@every(
    "space, workspace, expected",
    [
        ("Labs", "Pumps", ("1001", "1002")),
        ("labs", "pumps", ("1001", "1002")),
        ("name:Labs", "id:1002", ("1001", "1002")),
        ("Clinics", "", ("1003", "7")),
    ],
)
def test_names_become_ids(space: str, workspace: str, expected: tuple[str, str]) -> None:
    found = find_workspace(_ask, space, workspace)
    assert found == Workspace(*expected, space, workspace)


@every(
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
        find_workspace(_ask, space, workspace)
    assert complaint in str(raised.value)
