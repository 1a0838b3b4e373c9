"""Uploads, timed: ``pace_client.py {ours,one,threads} COUNT [RATE [THREADS [UPLOADS]]]``.

`bench.pace` and `bench.first_build` run it in ``pytest-jama sandbox -- ...``. It prints one line of
JSON, a list with an object for each upload. Each further upload of ours is for another cycle of the
same plan.

What we are compared with is what anyone writes first: `requests` with the retries of urllib3, one
request at a time or from eight threads. It need not look for the runs, either: it is given
their IDs.
"""

from __future__ import annotations

import json
import logging
import os
import resource
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
from pytest_jama.core.errors import LOGGER
from pytest_jama.core.plan import Findings
from pytest_jama.core.port import Observer
from pytest_jama.core.verdicts import CaseVerdict, Judgement, Verdict
from pytest_jama.targets.jama import make_jama_target

THREADS = 8
TOO_MANY = 429
MARK = "uploads:"


class Counter(logging.Handler):
    """Counts requests, and those that were throttled, by the lines of our log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.requests = self.refused = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Read one line."""
        self.requests += 1
        self.refused += f": {TOO_MANY} in " in record.getMessage()


def upload_ours(count: int, rate: str, threads: str, *, cycle: str) -> dict[str, float]:
    """Upload as the plugin does: find or make everything, write the runs, read them back."""
    log, counter = logging.getLogger(LOGGER), Counter()
    log.handlers = [counter]
    log.setLevel(logging.DEBUG)
    secret = {name: os.environ[f"JAMA_{name.upper()}"] for name in ("client_id", "client_secret")}
    settings = Settings.model_validate(
        {
            "url": os.environ["JAMA_URL"],
            "credentials": OAuthCredentials.model_validate(secret),
            "upload": {"rate": rate, "concurrency": int(threads)},
            "project": "BENCH",
            "plan": "Bench",
            "cycle": cycle,
        }
    )
    refs = [CaseRef.parse(f"BENCH-TC-{number}") for number in range(count)]
    judgement = Judgement(tuple(CaseVerdict(ref, Verdict.PASSED) for ref in refs))
    target = make_jama_target(settings)
    began, cpu_began = time.monotonic(), time.process_time()
    plan = target.plan(Findings((), judgement), create=True, observer=Observer())
    receipts = target.push(plan.updates, observer=Observer())
    wall_s, cpu_s = time.monotonic() - began, time.process_time() - cpu_began
    target.close()
    arrived = sum(receipt.state.value == "sent" for receipt in receipts)
    return _upload(wall_s, counter.requests, counter.refused, count - arrived, cpu_s)


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

    began, cpu_began = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        arrived = sum(pool.map(patch, run_ids))
    wall_s, cpu_s = time.monotonic() - began, time.process_time() - cpu_began
    refused = CountingRetry.refused
    return _upload(wall_s, count + refused, refused, count - arrived, cpu_s)


def _upload(
    wall_s: float, requests: int, refused: int, lost: int, cpu_s: float
) -> dict[str, float]:
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peak_mb /= 1024 if sys.platform == "darwin" else 1
    return {
        "wall_s": wall_s,
        "requests": requests,
        "refused": refused,
        "lost": lost,
        "cpu_s": cpu_s,
        "peak_mb": peak_mb,
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


def main(who: str, count: str, rate: str = "10", threads: str = "8", uploads: str = "1") -> None:
    """Upload, and print what was measured."""
    requests.get(os.environ["JAMA_URL"], timeout=30)  # a fresh sandbox takes its time for the first
    if who == "ours":
        cycles = ["Bench", *(f"Build {number}" for number in range(1, int(uploads)))]
        measured = [upload_ours(int(count), rate, threads, cycle=cycle) for cycle in cycles]
    else:
        measured = [upload_naively(int(count), {"one": 1, "threads": THREADS}[who])]
    print(MARK, json.dumps(measured), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
