"""Fills a plan of a sandbox, case by case: ``filling_client.py``, with IDs in ``CASE_IDS``.

Prints:
    A line of JSON behind ``filled:``: the seconds of each POST, then of creating a cycle, then of
    reading its runs page by page.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import requests

PAGE = 50


def main() -> None:
    """Fill the plan, and print what that took."""
    ids = json.loads(Path(os.environ["CASE_IDS"]).read_text(encoding="ascii"))
    session = requests.Session()
    session.auth = ("sandbox", "sandbox-password")
    base = os.environ["JAMA_URL"] + "/rest/v1"

    def ask(method: str, path: str, **options: Any) -> Any:
        answer = session.request(method, base + path, timeout=600, **options)
        answer.raise_for_status()
        return answer.json()

    projects = {each["projectKey"]: each["id"] for each in ask("GET", "/projects")["data"]}
    named = {"project": projects["BENCH"], "fields": {"name": "Bench"}}
    plan = ask("POST", "/testplans", json=named)
    plan_path = f"/testplans/{plan['meta']['id']}"
    group = ask("GET", f"{plan_path}/testgroups")["data"][0]["id"]
    each_s = []
    for case in ids:
        began = time.perf_counter()
        ask("POST", f"{plan_path}/testgroups/{group}/testcases", json={"testCase": case})
        each_s.append(time.perf_counter() - began)
    began = time.perf_counter()
    body = {
        "fields": {"name": "Bench", "startDate": "2026-11-30", "endDate": "2026-11-30"},
        "testRunGenerationConfig": {"testGroupsToInclude": [group]},
    }
    cycle = ask("POST", f"{plan_path}/testcycles", json=body)["meta"]["id"]
    created_s = time.perf_counter() - began
    began = time.perf_counter()
    for start in range(0, len(ids), PAGE):
        ask("GET", f"/testruns?testCycle={cycle}&startAt={start}&maxResults={PAGE}")
    print("filled:", json.dumps([each_s, created_s, time.perf_counter() - began]), flush=True)


if __name__ == "__main__":
    main()
