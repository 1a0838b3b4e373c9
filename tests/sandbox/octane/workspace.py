"""A bare REST client of the stand-in, and documents to push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_jama.sandbox.octane import OctaneSandbox

XML = {"Content-Type": "application/xml"}
PLANNED = {"type": "list_node", "id": "list_node.run_native_status.planned"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.data]

    @property
    def names(self) -> list[str]:
        return [each["name"] for each in self.data]

    @property
    def code(self) -> str:
        return str(self.body["error_code"])

    @property
    def why(self) -> str:
        return str(self.body["description"])


class Workspace:
    """A stand-in, and a session that is signed in."""

    def __init__(self, server: OctaneSandbox) -> None:
        self.server = server
        self.store = server.store
        self.session = requests.Session()
        key = {
            "client_id": server.credentials.client_id,
            "client_secret": server.credentials.client_secret,
        }
        self.signed_in = self.session.post(f"{server.url}/authentication/sign_in", json=key)

    def close(self) -> None:
        self.session.close()

    def call(self, method: str, path: str, **arguments: Any) -> Reply:
        url = path if path.startswith("http") else f"{self.server.workspace_url}/{path}"
        answer = self.session.request(method, url, timeout=10, **arguments)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        body = answer.json() if is_json else answer.content
        return Reply(status=answer.status_code, body=body, headers=answer.headers)

    def get(self, path: str, query: str | None = None, **params: Any) -> Reply:
        if query is not None:
            params["query"] = f'"{query}"'
        return self.call("GET", path, params=params)

    def post(self, path: str, *entities: Any) -> Reply:
        return self.call("POST", path, json={"data": list(entities)})

    def put(self, path: str, body: Any, **params: Any) -> Reply:
        return self.call("PUT", path, json=body, params=params)

    def push(self, raw: bytes | str, *, skip_errors: bool = False, **headers: str) -> Reply:
        data = raw.encode() if isinstance(raw, str) else raw
        flag = "true" if skip_errors else "false"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"test-results?skip-errors={flag}"
        return self.call("POST", path, data=data, headers={**XML, **names})

    def end_of(self, task: Any) -> Reply:
        """Ask for a task until it has ended."""
        for _ in range(10):
            reply = self.get(f"test-results/{task}")
            if reply.body["status"] not in ("queued", "running"):
                return reply
        raise AssertionError(f"task {task} does not end")

    def pushed(self, raw: str, *, skip_errors: bool = False) -> Reply:
        """Push, and return how it ended."""
        return self.end_of(self.push(raw, skip_errors=skip_errors).body["id"])


def document(*runs: str, head: str = "") -> str:
    return f"<test_result>{head}<test_runs>{''.join(runs)}</test_runs></test_result>"


def run_of(name: str = "test_a", *inside: str, status: str = "Passed", **attributes: object) -> str:
    given = {"duration": 12, "started": 1767600000000, "package": "tests", "class": "T"}
    given.update(attributes)
    words = "".join(f' {key}="{value}"' for key, value in given.items())
    return f'<test_run name="{name}" status="{status}"{words}>{"".join(inside)}</test_run>'


def environment(**values: str) -> str:
    nodes = "".join(f'<taxonomy type="{key}" value="{value}"/>' for key, value in values.items())
    return f"<environment>{nodes}</environment>"
