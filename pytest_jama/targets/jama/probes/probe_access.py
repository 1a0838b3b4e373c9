"""Whether a Jama lets an account in, and whether it offers what an upload asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.http.login import Anonymous
from pytest_jama.targets.jama.probes.inquiry import id_of
from pytest_jama.targets.jama.probes.server_description import (
    NEEDED,
    read_api_document,
    versions_in,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.jama.probes.inquiry import Inquiry

_CREATIONS = {"POST /testplans": "plan", "POST /testplans/{}/testcycles": "cycle"}
_RUNS = "GET /testruns"
_RUNS_OF_CYCLE = "GET /testcycles/{}/testruns"
"""What lists runs, too, where the other list is refused."""


class AccessProbe:
    """Reads what needs no project.

    Args:
        inquiry: Asks Jama.
        settings: Where it is, and who we are.

    Attributes:
        lets_us_in: Whether it answers, and accepts the credentials.
        user_id: The ID of the account; 0 when the server does not tell it.
    """

    def __init__(self, inquiry: Inquiry, settings: Settings) -> None:
        self._ask = inquiry
        self._settings = settings
        self.lets_us_in = False
        self.user_id = 0

    def address(self) -> Iterator[Observation]:
        """Say what answers at the address, to those without a login, too."""
        url = self._settings.url
        answer = self._ask.get("/rest", login=Anonymous())
        versions = sorted(set(versions_in(answer.body)))
        has_path = bool(urlsplit(url).path.strip("/"))
        facts: dict[str, Any] = {"versions": versions, "context_path": has_path}
        if answer.is_good:
            told = f"with the versions {', '.join(versions)}" if versions else "without versions"
            yield Observation("address", Mark.OK, f"a REST API answers at {url}, {told}", facts)
            return
        facts |= {"status": answer.status, "refused": answer.words}
        if not has_path and self._ask.get("/contour/rest", login=Anonymous()).is_good:
            text = f"no REST API answers at {url}, but one does at {url}/contour: correct `url`"
            fitting = {"url": f"{url}/contour"}
            yield Observation("address", Mark.PROBLEM, text, {**facts, "contour": True}, fitting)
            return
        text = f"{url}/rest does not tell its versions ({answer.words}); the login shows more"
        yield Observation("address", Mark.NOTE, text, facts)

    def login(self) -> Iterator[Observation]:
        """Say whether the account gets in, and with which license."""
        answer = self._ask.read("/users/current")
        kind = self._settings.credentials.kind if self._settings.credentials else ""
        facts: dict[str, Any] = {"by": kind}
        if not answer.is_good:
            facts |= {"status": answer.status, "refused": answer.words}
            yield Observation("login", Mark.PROBLEM, str(answer.error), facts)
            return
        self.lets_us_in, self.user_id = True, id_of(answer.data)
        self._ask.hide_object(answer.data)
        user = str(answer.data.get("username") or "without a name")
        held = str(answer.data.get("licenseType") or "")
        facts |= {"license": held, "active": answer.data.get("active")}
        told = f"the server lets user {quoted(user)} in"
        # Source: Jama help and support: only Named Creators may use REST; enforced from 9.29 in the
        # cloud, from 9.28 elsewhere.
        if held.upper() == "NAMED":
            yield Observation("login", Mark.OK, f"{told}, with the license {held}", facts)
        elif held:
            text = (
                f"{told}, with the license {held}; Jama's REST API needs a Named Creator: "
                "ask an administrator for that license, best for a service account"
            )
            yield Observation("login", Mark.PROBLEM, text, facts)
        else:
            text = f"{told} and does not tell the license; writing needs a Named Creator"
            yield Observation("login", Mark.NOTE, text, facts)

    def endpoints(self) -> Iterator[Observation]:
        """Say whether version v1 of the REST API lists what it has."""
        answer = self._ask.get("/rest/v1/")
        data = answer.body.get("data")
        if answer.is_good and isinstance(data, list):
            text = f"version v1 lists {counted(len(data), 'endpoint')}"
            yield Observation("endpoints", Mark.OK, text, {"count": len(data)})
            return
        text = f"version v1 does not list its endpoints ({answer.words or 'no list'}); no matter"
        facts = {"status": answer.status, "refused": answer.words}
        yield Observation("endpoints", Mark.NOTE, text, facts)

    def api_document(self, existing: Collection[str] = ()) -> Iterator[Observation]:
        """Say what the API document of the server lacks.

        Args:
            existing: Which of plan and cycle need not be created.
        """
        document = None
        for path in ("/rest/v1/api-docs", "/rest/latest/api-docs"):
            answer = self._ask.get(path)
            document = read_api_document(answer.body) if answer.is_good else None
            if document:
                break
        if document is None:
            words = answer.words or "what it sends is not an API document"
            text = f"the server gives no API document ({words}): the operations show only in use"
            facts = {"status": answer.status, "refused": answer.words}
            yield Observation("API document", Mark.NOTE, text, facts)
            return
        methods = document.writes_runs_by
        yes = {
            "version": document.version,
            "operations": len(document.operations),
            "missing": list(document.missing),
            "runs": methods,
            "attachment": list(document.attachment_names),
            "last_id": document.wants_last_id,
        }
        version = f" in version {document.version}" if document.version else ""
        told = f"{counted(len(document.operations), 'operation')}{version}"
        fitting = {"run": {"write": "put"}} if methods == ["PUT"] else {}
        if document.missing:
            spared = {operation for operation, kind in _CREATIONS.items() if kind in existing}
            spared |= {_RUNS for other in document.operations if other == _RUNS_OF_CYCLE}
            needed = [each for each in document.missing if each not in spared]
            lacks = "; ".join(f"{each} ({_use_of(each)})" for each in needed or document.missing)
            what = "an upload needs what" if needed else "an upload here can do without what"
            mark = Mark.PROBLEM if needed else Mark.NOTE
            yield Observation(
                "API document", mark, f"{told}; {what} it does not name: {lacks}", yes, fitting
            )
        else:
            text = f"{told}, all that an upload needs; runs are changed by {' and '.join(methods)}"
            yield Observation("API document", Mark.OK, text, yes, fitting)


def _use_of(operation: str) -> str:
    return NEEDED.get(operation, "results")
