"""Questions to a Jama, each asked once: a refusal is an answer, too, and what a probe looks for.

An upload repeats what fails until it is clear that it will not succeed. A check wants to know what
the server says the first time, and tells it as an `Observation`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pytest_jama.config import BasicCredentials
from pytest_jama.core.errors import RefusedError, TargetError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.targets.http.failures import TransientError
from pytest_jama.targets.http.request import Request
from pytest_jama.targets.jama.client import JamaClient
from pytest_jama.targets.jama.connect import open_api
from pytest_jama.targets.jama.paging import read_pages
from pytest_jama.targets.jama.waits import Patience
from pytest_jama.targets.jama.wire import find_count, find_created_id, find_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_jama.config import Settings
    from pytest_jama.targets.http.request import Login, Query
    from pytest_jama.targets.jama.wire import Json


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server says to one request.

    Attributes:
        body: The JSON object of a good answer; empty when it is not one.
        error: Why it is not a good one; None when it is.
        status: The HTTP status of a refusal; 0 when there was none, or it is not told.
        words: Status and words of the server, and what can be done; empty for a good answer.
        took_s: How many seconds it took.
    """

    body: Json = field(repr=False)
    error: TargetError | None = None
    status: int = 0
    words: str = ""
    took_s: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether the server did what was asked for."""
        return self.error is None

    @property
    def data(self) -> Json:
        """The object that it holds; empty when it holds none."""
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def fields(self) -> Json:
        """The fields of the object that it holds."""
        return fields_of(self.data)

    @property
    def total(self) -> int | None:
        """How many objects the list has that this is a page of; None when it does not say."""
        meta = self.body.get("meta")
        page = meta.get("pageInfo") if isinstance(meta, dict) else None
        return find_count(page.get("totalResults")) if isinstance(page, dict) else None

    @property
    def created_id(self) -> int | None:
        """The ID of what a POST created."""
        return find_created_id(self.body)

    def require(self) -> Json:
        """Return the body.

        Raises:
            TargetError: When it is not a good answer.
        """
        if self.error is not None:
            raise self.error
        return self.body


_MAY_SUCCEED_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_PAUSES_S = (0.5, 1.5)
_LONGEST_PAUSE_S = 10.0


class Inquiry:
    """Makes requests and remembers how long they took, and what not to tell to others.

    Args:
        client: Talks to Jama.

    Attributes:
        client: The same.
        times_s: How long each request took that was answered well.
        names: What the server calls things: names, keys, users, IDs. A report hides them.
    """

    def __init__(self, client: JamaClient) -> None:
        self.client = client
        self.times_s: list[float] = []
        self.names: set[str] = set()

    def get(self, path: str, query: Query = (), *, login: Login | None = None) -> ServerAnswer:
        """Read something; `path` begins below the base URL."""
        request = Request("GET", path, query, login=login, takes_any_json=True)
        return self.ask(request)

    def read(self, path: str, query: Query = ()) -> ServerAnswer:
        """Read something; `path` begins below the REST API."""
        return self.ask(Request("GET", self._api_path + path, query))

    def write(self, method: str, path: str, body: object) -> ServerAnswer:
        """Write something; `path` begins below the REST API."""
        encoded = json.dumps(body).encode("ascii")
        return self.ask(Request(method, self._api_path + path, body=encoded))

    def send_file(self, path: str, name: str, content: bytes) -> ServerAnswer:
        """Send a file with PUT. Source: Jama's own REST clients: one part that is named `file`."""
        boundary = "pytest-jama-7d9c1f0a"
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: text/plain\r\n\r\n"
        )
        body = head.encode("ascii") + content + f"\r\n--{boundary}--\r\n".encode("ascii")
        kind = f"multipart/form-data; boundary={boundary}"
        return self.ask(Request("PUT", self._api_path + path, body=body, content_type=kind))

    def ask(self, request: Request) -> ServerAnswer:
        """Make a request; one that may have been done is not repeated."""
        for pause_s in (*_PAUSES_S, None):
            started_at = self.client.api.connection.clock()
            try:
                body = self.client.api.connection.attempt(request)
            except TransientError as failure:
                took_s = self.client.api.connection.clock() - started_at
                if pause_s is not None and _may_be_repeated(request, failure):
                    asked_s = failure.retry_after_s or 0.0
                    path = request.path.removeprefix(self._api_path)
                    self.client.again(path, method=request.method)(
                        failure.reason, 2, min(max(pause_s, asked_s), _LONGEST_PAUSE_S)
                    )
                    continue
                error = RefusedError(f"{request}: {failure}", http_status=failure.http_status)
                return ServerAnswer({}, error, failure.http_status, str(failure), took_s)
            except TargetError as error:
                took_s = self.client.api.connection.clock() - started_at
                return _bad(request, error, took_s)
            took_s = self.client.api.connection.clock() - started_at
            self.times_s.append(took_s)
            return ServerAnswer(body, took_s=took_s)
        raise AssertionError("the last attempt ends it")

    def rows(self, path: str, query: Query = ()) -> Iterator[Json]:
        """Yield the objects of a list as they are; reads lazily.

        Raises:
            TargetError: When a page is refused.
        """
        for page in read_pages(
            lambda part, asked: self.read(part, asked).require(),
            path,
            query,
            patience=Patience(self.client.give_up_after_s, self.client.api.connection.clock),
            again=self.client.again(path),
        ):
            yield from page.rows

    def total(self, path: str, query: Query = ()) -> int | None:
        """Return how many objects a list says that it has; None when it does not say."""
        return self.read(path, (*query, ("startAt", 0), ("maxResults", 1))).total

    def hide(self, *values: object) -> None:
        """Remember what a report must not tell."""
        self.names.update(str(value) for value in values if value not in (None, ""))

    def hide_object(self, row: Json) -> None:
        """Remember the ID, keys and names of an object."""
        for place in (row, fields_of(row)):
            for name in _NAMES:
                value = place.get(name)
                if isinstance(value, (str, int)) and not isinstance(value, bool):
                    self.hide(value)

    @property
    def _api_path(self) -> str:
        return self.client.api.connection.facts.api_path


def open_inquiry(settings: Settings, *, give_up_after_s: float, read_timeout_s: float) -> Inquiry:
    """Connect to Jama for questions; no request is sent yet.

    Args:
        settings: Where it is, and who we are; a report hides the latter.
        give_up_after_s: After how many seconds a list is not asked for again.
        read_timeout_s: For how many seconds an answer may be silent.
    """
    upload = settings.upload.model_copy(update={"give_up_after_s": give_up_after_s})
    patient = settings.model_copy(update={"upload": upload})
    api = open_api(patient, clocks=None, read_timeout_s=read_timeout_s)
    inquiry = Inquiry(JamaClient(api, at_once=settings.upload.concurrency))
    if isinstance(settings.credentials, BasicCredentials):
        inquiry.hide(settings.credentials.username)
    elif settings.credentials is not None:
        inquiry.hide(settings.credentials.client_id)
    return inquiry


_NAMES = (
    *("id", "documentKey", "globalId", "name", "projectKey", "display", "typeKey"),
    *("username", "firstName", "lastName", "email", "phone", "title", "location"),
    *("testRunSetName", "createdBy", "modifiedBy", "testCase", "testPlan", "testCycle"),
)


def _may_be_repeated(request: Request, failure: TransientError) -> bool:
    if failure.http_status in _MAY_SUCCEED_LATER:
        return request.method == "GET" or not failure.may_have_happened
    return failure.at_once and not failure.may_have_happened


def _bad(request: Request, error: TargetError, took_s: float) -> ServerAnswer:
    words = str(error).removeprefix(f"{request}: ")
    status = error.http_status if isinstance(error, RefusedError) else 0
    return ServerAnswer({}, error, status, words, took_s)


def id_of(row: Json) -> int:
    """Return the ID of an object; 0 when it has none."""
    return find_id(row.get("id")) or 0


def fields_of(row: Json) -> Json:
    """Return the fields of an object; empty when it has none."""
    fields = row.get("fields")
    return fields if isinstance(fields, dict) else {}


def tell_all(
    name: str,
    probe: Callable[[], Iterable[Observation]],
    tell: Callable[[Observation], None],
    *,
    mark: Mark,
) -> None:
    """Tell what a probe observes; one that fails is an observation, and ends nothing else.

    Args:
        name: What it is about.
        probe: Yields observations.
        tell: Told each of them.
        mark: What it means when the probe fails.
    """
    try:
        for observation in probe():
            tell(observation)
    except TargetError as error:
        facts: dict[str, Any] = {"refused": str(error)}
        if isinstance(error, RefusedError):
            facts["status"] = error.http_status
        tell(Observation(name, mark, f"not found out: {error}", facts))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        why = f"the answer cannot be understood ({type(error).__name__})"
        tell(Observation(name, mark, f"not found out: {why}", {"refused": why}))
