"""Versions of items, plans, cycles, runs and attachments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.client import add, replace
from tests.sandbox.test_attachments import new_attachment

if TYPE_CHECKING:
    from tests.sandbox.client import World


def test_each_save_of_an_item_leaves_a_version_that_can_be_read(world: World) -> None:
    (item,) = world.cases(1)
    before = world.api.get(f"/items/{item}").data
    world.api.patch(f"/items/{item}", replace("name", "New"))
    path = f"/items/{item}/versions"
    versions = world.api.get(path).data
    assert [each["versionedItem"] for each in versions] == [[item, 1], [item, 2]]
    assert [each["type"] for each in versions] == ["CREATE", "UPDATE"]
    assert world.api.get(f"{path}/2").data == versions[1]
    first, second = (world.api.get(f"{path}/{number}/versioneditem").data for number in (1, 2))
    assert first["fields"] == before["fields"]
    assert (first["id"], second["fields"]["name"]) == (item, "New")
    for missing in (f"{path}/3", f"{path}/0/versioneditem", "/items/99999999/versions"):
        assert world.api.get(missing).status == 404


@pytest.mark.parametrize("kind", ["testplans", "testcycles", "testruns", "attachments"])
def test_other_kinds_have_versions_of_their_own_and_as_abstract_items(
    world: World, kind: str
) -> None:
    run = world.run()
    ids = {"testplans": run.plan_id, "testcycles": run.cycle_id, "testruns": run.id}
    node = ids.get(kind) or new_attachment(world)
    for below in (kind, "abstractitems"):
        assert world.api.get(f"/{below}/{node}/versions").total == 1
        item = world.api.get(f"/{below}/{node}/versions/1/versioneditem").data
        assert (item["id"], item["type"]) == (node, kind)
    assert world.api.get(f"/items/{node}/versions").status == 404


def test_a_run_as_it_was_before_it_was_executed(world: World) -> None:
    run = world.run()
    world.api.patch(f"/testruns/{run.id}", add("testRunStatus", "FAILED"))
    path = f"/testruns/{run.id}/versions"
    statuses = [
        world.api.get(f"{path}/{number}/versioneditem").data["fields"]["testRunStatus"]
        for number in (1, 2)
    ]
    assert statuses == ["NOT_RUN", "FAILED"]
