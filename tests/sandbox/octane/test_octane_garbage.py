"""Whatever is sent, the stand-in answers in its own form, and never with a failure of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_jama.sandbox.octane import OctaneSandbox
from pytest_jama.sandbox.octane.entity_types import COLLECTIONS
from tests.sandbox.octane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = sorted({name for each in COLLECTIONS.values() for name in each.fields} - {"id"})
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["1001", "list_node.severity.high", "2026-01-05T10:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["id", "type", "data", "name", "jobCiId"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)
bodies = st.dictionaries(
    st.sampled_from([*NAMES, "id", "jobs", "server_ci_id"]), json_values, max_size=6
)
few = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shared() -> Iterator[Workspace]:
    with OctaneSandbox() as server:
        workspace = Workspace(server)
        for collection in ("defects", "manual_tests", "ci_servers", "test_suites"):
            server.store.add(collection, name="x", **_instance(collection))
        yield workspace
        workspace.close()


def _instance(collection: str) -> dict[str, Any]:
    return {"instance_id": "lab"} if collection == "ci_servers" else {}


def sent(workspace: Workspace, method: str, path: str, body: Any) -> int:
    data = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    reply = workspace.call(method, path, data=data, headers=headers)
    assert reply.status < 500, reply.body
    return reply.status


@few
@given(collection=st.sampled_from(sorted(COLLECTIONS)), body=bodies)
def test_no_entity_makes_it_fail(shared: Workspace, collection: str, body: Any) -> None:
    sent(shared, "POST", collection, {"data": [body]})
    sent(shared, "PUT", collection, {"data": [body, {"id": body.get("id")}]})
    for entity in shared.get(collection, limit=1).data:
        sent(shared, "PUT", f"{collection}/{entity['id']}", body)


@few
@given(
    path=st.sampled_from(
        ["stories", "analytics/ci/builds", "tests/1/script", "attachments", "test-results"]
    ),
    body=json_values,
)
def test_no_body_makes_it_fail(shared: Workspace, path: str, body: Any) -> None:
    for method in ("POST", "PUT"):
        sent(shared, method, path, body)
    url = f"{shared.server.url}/authentication/sign_in"
    assert sent(shared, "POST", url, body) in {400, 401}


@few
@given(
    name=st.sampled_from(["fields", "query", "order_by", "limit", "offset", "x"]),
    value=st.text(max_size=20) | st.text(alphabet="\"{}!;|^'(),.EQ 1x", max_size=20),
)
def test_no_parameter_makes_it_fail(shared: Workspace, name: str, value: str) -> None:
    assert shared.call("GET", "defects", params={name: value}).status in {200, 400}


@few
@given(path=st.text(max_size=20))
def test_no_path_makes_it_fail(shared: Workspace, path: str) -> None:
    reply = shared.call("GET", f"{shared.server.workspace_url}/{path}")
    assert reply.status < 500


@few
@given(raw=st.binary(max_size=60), head=st.sampled_from([b"", b"<test_result>", b"\xff\xfe"]))
def test_no_document_makes_it_fail(shared: Workspace, raw: bytes, head: bytes) -> None:
    assert shared.push(head + raw).status == 400


@pytest.mark.parametrize(
    "collection, body",
    [
        ("product_areas", {"name": "x", "parent": {"type": [], "id": "1"}}),
        ("product_areas", {"name": "x", "parent": {"id": True}}),
        ("ci_servers", {"name": ["x"]}),
        ("ci_servers", {"name": 2**70}),
        ("pipelines", {"name": "x", "server_ci_id": ["lab"]}),
        ("pipelines", {"name": "x", "server_ci_id": "lab", "jobs": "ab"}),
        ("pipelines", {"name": "x", "server_ci_id": "lab", "jobs": [{"jobCiId": 1}]}),
        ("pipelines", {"root_job_ci_id": [], "server_ci_id": "lab", "jobs": [{"jobCiId": []}]}),
        (
            "pipelines",
            {
                "name": "x",
                "root_job_ci_id": "a",
                "server_ci_id": "lab",
                "jobs": [{"jobCiId": "a", "name": 1}],
            },
        ),
        ("user_tags", {"name": "\ud800"}),
        ("user_tags", {"name": float("nan")}),
        ("manual_runs", {"native_status": {"id": [1]}}),
        ("tasks", {"story": [], "name": "x"}),
        ("comments", {"owner_test": 1}),
    ],
)
def test_a_body_of_wrong_kinds_is_refused(shared: Workspace, collection: str, body: Any) -> None:
    assert sent(shared, "POST", collection, {"data": [body]}) == 400
