"""One upload, timed: ``pace_client.py {ours,one,threads} COUNT [RATE [THREADS]]``.

`bench.pace` runs it in ``pytest-jama sandbox -- ...``, so that client and server are two processes.
It prints one line of JSON. What we are compared with is what anyone writes first: `requests`
with the retries of urllib3, one request at a time or from eight threads. It need not look for the
runs, either: it is given their IDs.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pytest_jama.config.environment import OAuthCredentials
from pytest_jama.config.models import Settings
from pytest_jama.core.cases import CaseRef
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import CaseVerdict, Verdict
from pytest_jama.targets.jama import make_jama_target
from pytest_jama.targets.jama.standing import Writer
from pytest_jama.targets.jama.update_plan import plan_updates

PROJECT, PLAN, CYCLE = "PACE", "Release 1", "Build 1"
THREADS = 8
TOO_MANY = 429
MARK = "pace:"


class Counter(logging.Handler):
    """Counts requests, and those that were throttled, by the lines of our log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.requests = self.refused = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Read one line."""
        self.requests += 1
        self.refused += f": {TOO_MANY} in " in record.getMessage()


def upload_ours(count: int, rate: str, threads: str = "8") -> dict[str, float]:
    """Upload as the plugin does: find everything, write the runs, read them back."""
    counter = Counter()
    log = logging.getLogger("pytest_jama.targets")
    log.addHandler(counter)
    log.setLevel(logging.DEBUG)
    secret = {name: os.environ[f"JAMA_{name.upper()}"] for name in ("client_id", "client_secret")}
    settings = Settings.model_validate(
        {
            "url": os.environ["JAMA_URL"],
            "credentials": OAuthCredentials.model_validate(secret),
            "upload": {"rate": rate, "concurrency": int(threads)},
            "project": PROJECT,
            "plan": PLAN,
            "cycle": CYCLE,
        }
    )
    refs = [CaseRef.parse(f"{PROJECT}-TC-{number}") for number in range(count)]
    target = make_jama_target(settings)
    start = time.monotonic()
    resolution = target.resolve(refs, create=False, observer=Observer())
    verdicts = [CaseVerdict(ref, Verdict.PASSED) for ref in refs]
    updates = plan_updates(verdicts, resolution.runs, writer=Writer("bench")).updates
    receipts = target.push(updates, observer=Observer())
    wall_s = time.monotonic() - start
    target.close()
    arrived = sum(receipt.state.value == "sent" for receipt in receipts)
    return {
        "wall_s": wall_s,
        "requests": counter.requests,
        "refused": counter.refused,
        "lost": count - arrived,
    }


class CountingRetry(Retry):
    """Retries of urllib3 that count what was throttled."""

    refused = 0

    def increment(self, *positional: Any, **named: Any) -> Any:
        """Look at the answer, and go on."""
        response = named.get("response")
        if response is not None and response.status == TOO_MANY:
            CountingRetry.refused += 1
        return super().increment(*positional, **named)


def upload_naively(count: int, threads: int) -> dict[str, float]:
    """Upload with `requests`, a pool of threads and the retries of urllib3."""
    session = _open_session(threads)
    base = os.environ["JAMA_URL"] + "/rest/v1"
    run_ids = [int(each) for each in os.environ["PACE_RUNS"].split(",")][:count]
    body = [{"op": "add", "path": "/fields/testRunStatus", "value": "PASSED"}]

    def patch(run_id: int) -> bool:
        try:
            return session.patch(f"{base}/testruns/{run_id}", json=body, timeout=30).ok
        except requests.RequestException:
            return False

    start = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        arrived = sum(pool.map(patch, run_ids))
    return {
        "wall_s": time.monotonic() - start,
        "requests": count,
        "refused": CountingRetry.refused,
        "lost": count - arrived,
    }


def _open_session(threads: int) -> requests.Session:
    retry = CountingRetry(
        total=10,
        backoff_factor=0.5,
        status_forcelist=[TOO_MANY, 500, 502, 503, 504],
        allowed_methods=None,
    )
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=threads, max_retries=retry))
    answer = session.post(
        os.environ["JAMA_URL"] + "/rest/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(os.environ["JAMA_CLIENT_ID"], os.environ["JAMA_CLIENT_SECRET"]),
        timeout=30,
    )
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


def main() -> None:
    """Read the command line, upload, and print what was measured."""
    who, count, *settings = sys.argv[1:]
    requests.get(os.environ["JAMA_URL"], timeout=30)  # a fresh sandbox takes its time for the first
    measured = (
        upload_ours(int(count), *settings)
        if who == "ours"
        else upload_naively(int(count), {"one": 1, "threads": THREADS}[who])
    )
    print(MARK, json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
