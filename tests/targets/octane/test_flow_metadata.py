"""Fields that users have defined, at servers that tell their values in different places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_jama.core.errors import RefusedError
from pytest_jama.targets.octane.flow_reading import Desk, read_flow
from pytest_jama.targets.octane.flows import READING
from pytest_jama.targets.octane.wishes import Wishes
from tests.targets.octane.entity_scripts import page
from tests.targets.octane.octane_scripts import error

if TYPE_CHECKING:
    from pytest_jama.targets.octane.entities import Entities
    from tests.targets.octane.conftest import OpenEntities
    from tests.targets.scripted import Reply, ScriptedServer

OWN = "name,label,field_type,required"
FIELD = {"name": "region_udf", "label": "Region", "field_type": "string", "required": False}
REFERENCE = {"field_type_data": {"targets": [{"type": "list_node", "logical_name": "regions"}]}}
ENTRIES = page({"id": "1", "name": "North"}, {"id": "2", "name": "South"})
UNKNOWN = error(400, "there is not such a field")


def _shown(entities: Entities) -> list[dict[str, Any]]:
    flow = next(each for each in READING if each.name == "fields")
    options = {option.name: option for option in flow.options}
    wishes = Wishes({"entity": "run_automated"}, options, 0.0)
    return [dict(row) for row in read_flow(flow, Desk(entities, wishes)).rows]


def _named(server: ScriptedServer) -> list[str | None]:
    """Return the fields that each request for metadata named."""
    parts = [urlsplit(seen.path) for seen in server.seen if "/metadata/" in seen.path]
    return [parse_qs(each.query).get("fields", [None])[0] for each in parts]


@pytest.mark.parametrize(
    "replies, named, values",
    [
        pytest.param(
            [page({**FIELD, "values": ["North"]})], [f"{OWN},values"], ["North"], id="by name"
        ),
        pytest.param(
            [UNKNOWN, page({**FIELD, **REFERENCE}), ENTRIES],
            [f"{OWN},values", f"{OWN},field_type_data"],
            ["North", "South"],
            id="by list, others refused",
        ),
        pytest.param(
            [page(FIELD), page({**FIELD, **REFERENCE}), ENTRIES],
            [f"{OWN},values", f"{OWN},field_type_data"],
            ["North", "South"],
            id="by list, others left out",
        ),
        pytest.param(
            [page(FIELD), UNKNOWN], [f"{OWN},values", f"{OWN},field_type_data"], [], id="nowhere"
        ),
        pytest.param(
            [UNKNOWN, UNKNOWN, page(FIELD)],
            [f"{OWN},values", f"{OWN},field_type_data", None],
            [],
            id="no fields at all",
        ),
    ],
)
def test_metadata_are_asked_for_by_the_fields_that_are_shown(
    entities_of: OpenEntities,
    replies: list[Reply],
    named: list[str | None],
    values: list[str],
) -> None:
    entities, server = entities_of(*replies)
    assert _shown(entities) == [{**FIELD, "values": values}]
    assert _named(server) == named


def test_metadata_that_may_not_be_read_are_asked_for_once(entities_of: OpenEntities) -> None:
    entities, server = entities_of(error(403, "no right"))
    with pytest.raises(RefusedError, match="no right"):
        _shown(entities)
    assert _named(server) == [f"{OWN},values"]
