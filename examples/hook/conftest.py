"""A failure of the bench says nothing of the pump: such a case is blocked, not failed."""

from dataclasses import replace

from pytest_jama import hookimpl
from pytest_jama.core.verdicts import Verdict


@hookimpl
def adjust_verdict(verdict):
    failures = [result for result in verdict.results if result.outcome in ("failed", "error")]
    if failures and all("BenchError" in result.message for result in failures):
        return replace(verdict, verdict=Verdict.BLOCKED)
    return None
