"""A bare REST client and a project of its own, for tests of the sandbox."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from pytest_jama.sandbox.jama.seed_file import read_seed
from pytest_jama.sandbox.jama.seeding import plant
from pytest_jama.sandbox.jama.server import Sandbox
from pytest_jama.sandbox.jama.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.sandbox.jama.model import Node
    from pytest_jama.sandbox.octane import OctaneSandbox

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def message(self) -> str:
        return str(self.body["meta"]["message"])

    @property
    def id(self) -> int:
        return int(self.body["meta"]["id"])

    @property
    def total(self) -> int:
        return int(self.body["meta"]["pageInfo"]["totalResults"])

    @property
    def ids(self) -> list[int]:
        return [value["id"] for value in self.data]


class Api:
    """Calls one sandbox with Basic credentials."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = f"{sandbox.url}/rest/v1"
        self._session = requests.Session()
        self._session.auth = (sandbox.credentials.username, sandbox.credentials.password)

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, **arguments: Any) -> Answer:
        response = self._session.request(method, self.url + path, timeout=10, **arguments)
        body = response.json() if response.content.startswith(b"{") else response.content
        return Answer(status=response.status_code, body=body, headers=response.headers)

    def get(self, path: str, **arguments: Any) -> Answer:
        return self.call("GET", path, **arguments)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.call("POST", path, json=body)

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, json=body)

    def patch(self, path: str, *operations: Any) -> Answer:
        return self.call("PATCH", path, json=list(operations))

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)


class World:
    """A sandbox with a fresh project in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.store: Store = sandbox.store
        self.api = Api(sandbox)
        self.key = f"W{next(_numbers)}"
        self.project = self.store.add_project(self.key)

    def cases(self, *steps: int) -> list[int]:
        return [self.store.add_case(self.key, steps=count) for count in steps]

    def plan(self, *cases: int) -> int:
        return self.store.add_plan(self.key, "Plan", cases=cases)

    def cycle(self, *steps: int) -> int:
        """Make a cycle with a run for each number: a case with so many steps."""
        return self.store.add_cycle(self.plan(*self.cases(*steps)), "Cycle")

    def run(self, *, steps: int = 0) -> Node:
        return self.store.runs(self.cycle(steps))[0]

    def now(self, run: Node) -> Node:
        return self.store.run(run.id)


def add(name: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": f"/fields/{name}", "value": value}


def replace(name: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": f"/fields/{name}", "value": value}


def remove(name: str) -> dict[str, Any]:
    return {"op": "remove", "path": f"/fields/{name}"}


def statuses(*values: str) -> list[dict[str, str]]:
    return [{"status": value} for value in values]


CYCLE_FIELDS = {"name": "Cycle", "startDate": "2024-05-31", "endDate": "2024-06-30"}


@contextmanager
def planted_world(seed: Mapping[str, Any]) -> Iterator[World]:
    """Serve what a seed file describes, from a server of its own: required fields are for all."""
    with Store() as store, Sandbox(store) as sandbox:
        world = World(sandbox)
        world.key = plant(store, read_seed(seed))
        world.project = store.add_project(world.key)
        yield world
        world.api.close()


def stop_and_close(server: Sandbox | OctaneSandbox) -> None:
    """Stop a server whose store has a clock of its own, and close that store."""
    server.stop()
    server.store.close()
