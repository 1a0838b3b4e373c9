"""What a Jama does with what is written, found out at a test plan made for it.

One plan with one cycle is made, with one or two test cases that are there already. Nothing is
deleted, and no other plan, cycle or run is touched. Each probe stands alone: one that fails is an
observation, and the next ones go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import NotUsableError, TargetError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import quoted
from pytest_jama.targets.jama.client import (
    PLANS_PATH,
    RUNS_PATH,
)
from pytest_jama.targets.jama.probes.inquiry import fields_of, id_of, tell_all
from pytest_jama.targets.jama.probes.probe_runs import observe_lists
from pytest_jama.targets.jama.probes.run_writes import ASSIGNMENT, CUSTOM_FIELDS, RunWrites
from pytest_jama.targets.jama.probes.scratch_plan import DONE, ScratchPlan, said
from pytest_jama.targets.jama.probes.scratch_runs import ScratchRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.jama.probes.inquiry import Inquiry, ServerAnswer
    from pytest_jama.targets.jama.probes.probe import SeenServer, Tell
    from pytest_jama.targets.jama.probes.scratch_plan import Made
    from pytest_jama.targets.jama.probes.server_description import FieldFacts
    from pytest_jama.targets.jama.wire import Json, Project

WRITE_TIMEOUT_S = 300.0
"""For how long an answer is waited for: the creation of a cycle may take minutes."""

_CONTENT = b"pytest-jama check --write-probe\n"


class WriteProbe:
    """Writes into a plan of its own, and looks at what becomes of it.

    Args:
        inquiry: Asks Jama; it waits for long.
        settings: What an upload would write.
        seen: What is known of the server.
        tell: Told each observation at once.
    """

    def __init__(
        self, inquiry: Inquiry, settings: Settings, seen: SeenServer, *, tell: Tell
    ) -> None:
        self._ask = inquiry
        self._settings = settings
        self._seen = seen
        self._tell = tell
        self._plan = ScratchPlan(inquiry, settings, seen, tell=tell)

    @property
    def made(self) -> Sequence[Made]:
        """What was created so far, in that order."""
        return self._plan.made

    def find_plan(self, name: str) -> Json | None:
        """Return a plan that has this name already.

        Raises:
            TargetError: When the list of plans is refused.
        """
        return next(self._plan.plans_named(name), None)

    def run(self, name: str) -> None:
        """Make the plan, then all probes; what was made is told in any case.

        Args:
            name: The plan and the cycle get it.
        """
        self._ask.hide(name)
        try:
            self._run(name)
        except TargetError as error:
            self._observe("write probe", Mark.PROBLEM, f"ended: {error}", {"refused": str(error)})
        finally:
            self._tell_made(name)

    def _run(self, name: str) -> None:
        project = self._seen.project
        if project is None:
            raise NotUsableError("without a project nothing can be made")
        cases = self._plan.choose_cases(project)
        plan_id, plan_fields = self._plan.make_plan(project, name)
        self._try("duplicate case", lambda: self._plan.fill(plan_id, cases))
        cycle_id = self._plan.make_cycle(plan_id, name)
        rows = self._plan.wait_for_runs(cycle_id, cases)
        runs = [_scratch(row) for row in rows]
        for row in rows:
            self._ask.hide_object(row)
        if runs:
            self._try("lists", lambda: [observe_lists(self._ask, cycle_id, rows)])
            wanted = {ASSIGNMENT} if self._settings.run.assigned_to == "me" else set()
            wanted |= {CUSTOM_FIELDS} if self._plan.named_fields("run") else set()
            writes = RunWrites(self._ask, cycle_id, runs, self._extras(), wanted=wanted)
            for about, probe in writes.probes():
                self._try(about, probe)
        self._try("attachment", lambda: self._attach(project, plan_id, runs))
        self._try("names", lambda: self._rename(project, plan_id, plan_fields))

    def _try(self, name: str, probe: Callable[[], Iterable[Observation]]) -> None:
        tell_all(name, probe, self._tell, mark=Mark.NOTE)

    def _observe(self, name: str, mark: Mark, text: str, facts: Mapping[str, Any]) -> None:
        self._tell(Observation(name, mark, text, facts))

    def _extras(self) -> dict[str, dict[str, Any]]:
        """Return what else an upload may write into runs: the account, fields of the settings."""
        extras: dict[str, dict[str, Any]] = {}
        if self._seen.user_id:
            extras[ASSIGNMENT] = {"assignedTo": self._seen.user_id}
        run = self._seen.types.get("run")
        fields = self._plan.named_fields("run")
        custom = [field for field in (run.fields or () if run else ()) if _is_free_text(field)]
        if not fields and custom:
            fields = {custom[0].name: "pytest-jama"}
        if fields:
            extras[CUSTOM_FIELDS] = fields
        return extras

    def _attach(
        self, project: Project, plan_id: int, runs: Sequence[ScratchRun]
    ) -> Iterator[Observation]:
        """Attach a file to a run by one body, and to another one, or the plan, by the other."""
        fields = {"name": "pytest-jama check", "description": "made by a write probe"}
        answer = self._ask.write("POST", f"/projects/{project.id}/attachments", {"fields": fields})
        facts: dict[str, Any] = {"create": said(answer)}
        if answer.is_good and answer.created_id:
            attachment = answer.created_id
            self._plan.note_made("attachment", attachment)
            path = f"/attachments/{attachment}/file"
            facts["file"] = said(self._ask.send_file(path, "pytest-jama.txt", _CONTENT))
            places = [f"{RUNS_PATH}/{run.id}" for run in runs] + [f"{PLANS_PATH}/{plan_id}"]
            for place, name in zip(places, ("attachment", "attachmentItemId"), strict=False):
                body = {name: attachment}
                facts[name] = said(self._ask.write("POST", f"{place}/attachments", body))
        takes = [name for name in ("attachment", "attachmentItemId") if facts.get(name) == DONE]
        if takes:
            text = f"test runs take files, named by {' or '.join(takes)}"
        else:
            last = next(iter(reversed([each for each in facts.values() if each != DONE])), "")
            text = f"a file cannot be attached: {last}; results arrive without files"
        yield Observation("attachment", Mark.OK if takes else Mark.NOTE, text, facts)

    def _rename(
        self, project: Project, plan_id: int, fields: Mapping[str, Any]
    ) -> Iterator[Observation]:
        """Give the plan long names, then its own again."""
        facts: dict[str, Any] = {}
        path = f"{PLANS_PATH}/{plan_id}"
        for size in (200, 256):
            name = f"{fields['name']} {'n' * size}"[:size]
            body = {"project": project.id, "fields": {**fields, "name": name}}
            answer = self._ask.write("PUT", path, body)
            stored = str(self._ask.read(path).fields.get("name") or "") if answer.is_good else ""
            facts[str(size)] = _kept(answer, len(stored), size)
        last = self._ask.write("PUT", path, {"project": project.id, "fields": dict(fields)})
        facts["named_back"] = said(last)
        text = f"of 200 characters: {facts['200']}; of 256: {facts['256']}"
        mark = Mark.OK if facts["200"] == "whole" else Mark.PROBLEM
        yield Observation("names", mark, text, facts)

    def _tell_made(self, name: str) -> None:
        if not self.made:
            self._observe("made", Mark.OK, "nothing was made in Jama", {"made": []})
            return
        named = "; ".join(f"{each.kind} {each.id} {each.link}".rstrip() for each in self.made)
        text = f"stays in Jama, named {quoted(name)}: {named}"
        self._observe("made", Mark.NOTE, text, {"made": [each.kind for each in self.made]})


def _kept(answer: ServerAnswer, stored: int, sent: int) -> str:
    if not answer.is_good:
        return answer.words
    return "whole" if stored == sent else f"cut to {stored} characters"


def _scratch(row: Json) -> ScratchRun:
    steps = fields_of(row).get("testRunSteps")
    return ScratchRun(id_of(row), len(steps) if isinstance(steps, list) else 0)


def _is_free_text(field: FieldFacts) -> bool:
    is_text = field.kind in ("STRING", "TEXT") and field.text_type != "RICHTEXT"
    return "$" in field.name and is_text and not field.is_read_only
