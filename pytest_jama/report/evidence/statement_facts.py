"""The facts of an upload for which the predicate of test results has no field. Pure."""

from __future__ import annotations

import hashlib
import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_jama.core.folding import procedure_digest
from pytest_jama.core.text import without_user_info
from pytest_jama.journal.lines import provenance_json
from pytest_jama.report.evidence.sent_runs import sum_up_uploads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.core.redaction import Redactor
    from pytest_jama.report.evidence.case_evidence import CaseEvidence, RunEvidence
    from pytest_jama.report.evidence.evidence_record import Deviation, EvidenceRecord
    from pytest_jama.report.evidence.journal_sources import JournalSource

OWN_FORMAT = 1
"""The format of these facts; it rises when a reader would misunderstand them."""

Json = dict[str, Any]


def own_facts(record: EvidenceRecord, sources: Sequence[JournalSource], redactor: Redactor) -> Json:
    """Return what only we know of uploads: who, when, each run, each file, the chain.

    Args:
        record: What `gather` made of the journals.
        sources: The journals, in the order of their sessions.
        redactor: Hides secrets that journals of older versions may hold.
    """
    place = sum_up_uploads(chain.from_iterable(each.uploads for each in sources)).place
    names = place.get("names", {})
    return {
        "format": OWN_FORMAT,
        "made_at": record.made_at,
        "reporter": record.reporter,
        **known(
            server=link_of(
                redactor.hide(str(sources[0].recording.header.settings.get("url") or "")).text
            ),
            project=known(name=record.project, id=place.get("project")),
            plan=known(name=names.get("plan"), id=place.get("plan")),
            cycle=known(name=names.get("cycle"), id=place.get("cycle")),
        ),
        "sessions": [_session(each, redactor) for each in sources],
        "journals": [
            {
                "name": each.name,
                "size": each.size,
                "lines": each.lines,
                "chain": each.chain,
                "state": each.chain_state,
            }
            for each in record.sources
        ],
        "cases": [_case(case) for case in record.cases],
        "deviations": [_deviation(each, record) for each in record.deviations],
    }


def _session(source: JournalSource, redactor: Redactor) -> Json:
    """Return who found out what, when and with which tools, and who sent it."""
    header = source.recording.header
    return {
        "session": header.session,
        "started": header.started.isoformat(),
        **known(
            commit=redactor.hide(header.commit).text,
            framework=redactor.hide(header.framework).text,
            versions=dict(header.versions),
            provenance=provenance_json(redactor.hide_provenance(header.provenance)),
            hooks=[redactor.hide(each).text for each in header.hooks],
        ),
        "uploads": [
            known(
                started=str(each.begun.get("started", "")),
                by=_sender(each.begun),
                finished=bool(each.end and each.end.get("finished") is True),
            )
            for each in source.uploads
            if each.place is not None
        ],
    }


def _sender(begun: Mapping[str, Any]) -> str:
    provenance = begun.get("provenance")
    return str(provenance.get("user", "")) if isinstance(provenance, dict) else ""


def _case(case: CaseEvidence) -> Json:
    return {
        "case": case.key,
        "status": case.status.word,
        "execution": case.execution.value,
        "planned": case.is_planned,
        **known(
            name=case.name,
            unresolved=case.unresolved,
            deviations=list(case.deviations),
            runs=[_run(run) for run in case.runs],
            files=[
                known(
                    name=file.name,
                    sha256=file.sha256,
                    size=file.size,
                    test=file.test_id,
                    step=file.step,
                    state=file.state,
                )
                for file in case.files
            ],
        ),
    }


def _run(run: RunEvidence) -> Json:
    return {
        "run": run.key,
        **known(
            run_key=run.run_key,
            version=run.version,
            status=run.status,
            state=run.state,
            at=run.at,
            why=run.why,
            steps=list(run.steps),
            procedure_sha256=procedure_digest(run.procedure),
        ),
    }


def _deviation(each: Deviation, record: EvidenceRecord) -> Json:
    cases = [record.cases[number - 1].key for number in each.cases]
    said = {"number": each.number, "kind": each.kind, "what": each.what, "open": each.is_open}
    return {**said, **known(cases=cases)}


def known(**values: object) -> Json:
    """Return the values that are known."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def link_of(url: str) -> str:
    """Return a URL without credentials; empty when it is not one."""
    try:
        return without_user_info(url) if url.startswith(("https://", "http://")) else ""
    except ValueError:
        return ""


def digest_of_json(value: object) -> str:
    """Return the SHA-256 of a value that is fit for JSON, in hexadecimal."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
