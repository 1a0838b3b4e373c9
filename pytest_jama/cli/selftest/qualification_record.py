"""The record of a selftest: who, where, with what, and what became of each check; as JSON."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_jama.cli.selftest.catalogue import MALFUNCTIONS
from pytest_jama.cli.selftest.installation import examine, list_packages
from pytest_jama.cli.selftest.scene import Conclusion, differences
from pytest_jama.core.text import clean, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pytest_jama.cli.selftest.installation import Installation
    from pytest_jama.cli.selftest.scene import Judged

FORMAT = 1
"""Of the JSON document; it rises only when a reader would misunderstand a new one."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who has done it, where, with what.

    Attributes:
        actor: Whom the CI system names; outside of CI, who is signed in.
        ci: The CI system; empty outside of one.
        job: The page of its job.
        host: The machine.
        os: Its operating system.
        python: Implementation and version.
        executable: The Python that ran everything.
        packages: Versions by distribution.
        installation: What is installed of ours.
    """

    actor: str
    ci: str
    job: str
    host: str
    os: str
    python: str
    executable: str
    packages: Mapping[str, str]
    installation: Installation


def find_circumstances(environ: Mapping[str, str] = os.environ) -> Circumstances:
    """Ask the machine and the CI system, as every session does."""
    from pytest_jama.config import environment, variables  # noqa: PLC0415 (pydantic)

    job = environment.find_ci_job(environ)
    return Circumstances(
        actor=variables.find_actor(environ),
        ci=job.name,
        job=job.url,
        host=socket.gethostname(),
        os=variables.describe_system(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        executable=sys.executable,
        packages=list_packages(),
        installation=examine(),
    )


@dataclass(frozen=True, slots=True)
class SelftestRecord:
    """Everything that a report says.

    Attributes:
        judged: What became of each check.
        where: Who has done it, where, with what.
        started: When it began, in UTC.
        ended: When it ended, in UTC.
        words: What chose the checks; empty when all were asked for.
    """

    judged: Sequence[Judged]
    where: Circumstances
    started: datetime
    ended: datetime
    words: Sequence[str] = ()

    def of(self, conclusion: Conclusion) -> list[Judged]:
        """Return the checks of which that became."""
        return [each for each in self.judged if each.conclusion is conclusion]

    @property
    def has_passed(self) -> bool:
        """Whether no check has failed, and at least one has passed."""
        counts = Counter(each.conclusion for each in self.judged)
        return not counts[Conclusion.FAILED] and counts[Conclusion.PASSED] > 0

    def of_malfunction(self, malfunction: str) -> list[Judged]:
        """Return the checks that look for a malfunction."""
        return [each for each in self.judged if malfunction in each.check.malfunctions]


def conclude(judged: Sequence[Judged]) -> Conclusion:
    """Return what became of several checks together: a failed one counts, then one not run."""
    found = {each.conclusion for each in judged}
    if Conclusion.FAILED in found:
        return Conclusion.FAILED
    return Conclusion.PASSED if found == {Conclusion.PASSED} else Conclusion.NOT_RUN


def as_json(record: SelftestRecord, *, exit_status: int) -> dict[str, Any]:
    """Return the JSON document; docs/qualification.md has its fields.

    Args:
        record: What it says.
        exit_status: That of the command.
    """
    where, found = record.where, record.where.installation
    return {
        "format": FORMAT,
        "tool": {"name": "pytest-jama", "version": found.version},
        "result": "passed" if record.has_passed else "failed",
        "exit_status": exit_status,
        "selection": list(record.words),
        "started": record.started.isoformat(timespec="seconds"),
        "ended": record.ended.isoformat(timespec="seconds"),
        "actor": where.actor,
        "ci": where.ci,
        "job": where.job,
        "host": where.host,
        "os": where.os,
        "python": where.python,
        "executable": where.executable,
        "packages": dict(where.packages),
        "installation": {
            "folder": str(found.folder),
            "editable": found.is_editable,
            "files": found.files,
            "sha256": found.sha256,
            "modified": list(found.modified),
            "missing": list(found.missing),
            "added": list(found.added),
        },
        "totals": {
            "checks": len(record.judged),
            **{_word(each): len(record.of(each)) for each in Conclusion},
        },
        "malfunctions": [
            {
                "id": id_,
                "name": name,
                "result": _word(conclude(record.of_malfunction(id_))),
                "checks": [each.check.id for each in record.of_malfunction(id_)],
            }
            for id_, name in MALFUNCTIONS.items()
        ],
        "checks": [_check_json(each) for each in record.judged],
    }


def _check_json(judged: Judged) -> dict[str, Any]:
    check = judged.check
    is_seen = judged.conclusion is not Conclusion.NOT_RUN
    return {
        "id": check.id,
        "requirement": check.requirement,
        "scene": judged.scene.name,
        "method": judged.scene.method,
        "malfunctions": list(check.malfunctions),
        "expected": dict(check.expected),
        "observed": {name: _shown(value) for name, value in judged.observed.items()},
        "differs": differences(check.expected, judged.observed) if is_seen else [],
        "result": _word(judged.conclusion),
        "reason": _shown(judged.reason),
        "seconds": round(judged.seconds, 3),
        "evidence": [_shown(line) for line in judged.evidence],
    }


def _word(conclusion: Conclusion) -> str:
    return conclusion.value.lower().replace(" ", "_")


def _shown(value: Any) -> Any:
    """Return a value; a text of a process without what does something, or is not seen."""
    return visible(clean(value)) if isinstance(value, str) else value
