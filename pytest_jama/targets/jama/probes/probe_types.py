"""What the item types of plan, cycle and run ask for, beside what the settings give them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import TargetError
from pytest_jama.core.observation import Mark, Observation
from pytest_jama.core.text import counted, quoted
from pytest_jama.targets.jama.probes.inquiry import id_of
from pytest_jama.targets.jama.probes.server_description import FieldFacts, TypeFacts, read_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_jama.config.models import Settings
    from pytest_jama.targets.jama.probes.inquiry import Inquiry
    from pytest_jama.targets.jama.wire import Json

_GIVEN: Mapping[str, frozenset[str]] = {
    "plan": frozenset({"name", "project"}),
    "cycle": frozenset({"name", "project", "startDate", "endDate", "testPlan"}),
    "run": frozenset(
        {
            *("name", "project", "testPlan", "testCycle", "testCase", "testRunSetName"),
            *("testRunStatus", "testRunSteps", "actualResults", "description"),
        }
    ),
}
"""The fields that an upload gives, or the server; those that only the server sets are not asked."""

_ACTUAL_RESULTS = "actualResults"
_ATTACHMENTS = "ATTACHMENTS"
_LISTED_OPTIONS = 12


class TypeProbe:
    """Reads the item types, and compares them with the settings.

    Args:
        inquiry: Asks Jama.
        settings: What an upload would write.
        creates_plan: Whether an upload would make the plan.
    """

    def __init__(self, inquiry: Inquiry, settings: Settings, *, creates_plan: bool) -> None:
        self._ask = inquiry
        self._settings = settings
        self._creates_plan = creates_plan
        self._types: dict[str, TypeFacts] = {}

    def read(self, rows: Mapping[str, Json]) -> Mapping[str, TypeFacts]:
        """Return the item types by their roles; a list may lack the fields of its types."""
        for role, row in rows.items():
            found = read_type(row)
            if found.fields is None:
                answer = self._ask.read(f"/itemtypes/{id_of(row)}")
                found = read_type(answer.data) if answer.is_good else found
            self._ask.hide(*(field.label for field in found.fields or () if "$" in field.name))
            self._types[role] = found
        return self._types

    def observe(self) -> Iterator[Observation]:
        """Yield what they mean for an upload."""
        for role in _GIVEN:
            found = self._types.get(role)
            name = f"type: {role}"
            if found is None or found.fields is None:
                what = "is not told" if found is None else "has no list of fields"
                text = f"the item type of test {role}s {what}; its fields show only in use"
                yield Observation(name, Mark.NOTE, text, {"found": found is not None})
                continue
            yield self._needed(role, found)
            yield from self._wanted(role, found)
        run = self._types.get("run")
        if run is not None and run.fields is not None:
            yield self._actual_results(run)
        yield from self._attachments()

    def _needed(self, role: str, found: TypeFacts) -> Observation:
        """Say which fields must have a value that no setting gives."""
        wanted = self._wanted_fields(role)
        lacking = [
            each
            for each in found.fields or ()
            if each.is_required and not each.is_read_only and each.name not in _GIVEN[role]
            if not any(each.is_called(name) for name in wanted)
            if not (role == "run" and each.name == "assignedTo" and self._assigns)
        ]
        facts = {
            "found": True,
            "by_category": found.is_found_by_category,
            "fields": len(found.fields or ()),
            "required_without_setting": [each.kind for each in lacking],
        }
        name = f"type: {role}"
        if not lacking:
            text = f"test {role}s need no field that no setting gives"
            return Observation(name, Mark.OK, text, facts)
        named = ", ".join(self._with_options(each) for each in lacking)
        if role == "run":
            text = (
                f"test runs must have {named}; results may be refused until `run.fields` gives it"
            )
            return Observation(name, Mark.NOTE, text, facts, _fields_for(role, lacking))
        is_made = role == "cycle" or self._creates_plan
        text = f"test {role}s must have {named}, and no setting gives it: set `{role}.fields`"
        mark = Mark.PROBLEM if is_made else Mark.NOTE
        return Observation(name, mark, text, facts, _fields_for(role, lacking))

    @property
    def _assigns(self) -> bool:
        return self._settings.run.assigned_to != "none"

    def _wanted_fields(self, role: str) -> Mapping[str, Any]:
        place = getattr(self._settings, role)
        return getattr(place, "fields", {})

    def _wanted(self, role: str, found: TypeFacts) -> Iterator[Observation]:
        """Say whether the fields of the settings exist, can be written, and have such values."""
        wrong: list[str] = []
        kinds: list[str] = []
        usable: list[str] = []
        wanted = self._wanted_fields(role)
        for name, value in wanted.items():
            field = found.find(name)
            if field is None:
                wrong.append(f"there is no field {quoted(name)}{_alike(name, found)}")
                continue
            kinds.append(field.kind)
            if field.is_read_only:
                wrong.append(f"{_describe(field)} is read-only")
            elif field.pick_list:
                options = self._options(field)
                wrong += _not_listed(field, value, options)
                usable.append(self._with_options(field, options))
            else:
                usable.append(_describe(field))
        if not wanted:
            return
        facts = {"given": len(wanted), "wrong": len(wrong), "kinds": kinds}
        what = f"`{role}.fields`"
        if wrong:
            text = f"{what}: {'; '.join(wrong)}"
            yield Observation(f"fields: {role}", Mark.PROBLEM, text, facts)
        else:
            text = f"{what}: {counted(len(wanted), 'field')} can be written: {'; '.join(usable)}"
            yield Observation(f"fields: {role}", Mark.OK, text, facts)

    def _with_options(self, field: FieldFacts, options: Mapping[str, int] | None = None) -> str:
        """Return a field with the values that it may have, as far as these are listed."""
        if options is None:
            options = self._options(field) if field.pick_list else {}
        return f"{_describe(field)}, one of {_listed(options)}" if options else _describe(field)

    def _options(self, field: FieldFacts) -> Mapping[str, int]:
        """Return the values of a pick list, by their names."""
        rows: list[Json] = []
        with suppress(TargetError):  # the names of the fields are told all the same
            rows += self._ask.rows(f"/picklists/{field.pick_list}/options")
        options = {str(row.get("name")): id_of(row) for row in rows}
        self._ask.hide(*options, *options.values())
        return options

    def _actual_results(self, run: TypeFacts) -> Observation:
        """Say whether runs can take the account of a session, and as what."""
        field = run.find(_ACTUAL_RESULTS)
        name = "type: actual results"
        facts = {"found": field is not None, "text_type": field.text_type if field else ""}
        wants = self._settings.run.actual_results
        fitting = {"run": {"actual_results": False}}
        if field is None or field.is_read_only:
            what = "is read-only" if field else "is not there"
            text = f"the field {_ACTUAL_RESULTS} of test runs {what}: no account can be written"
            mark = Mark.PROBLEM if wants else Mark.OK
            return Observation(name, mark, text, {**facts, "read_only": bool(field)}, fitting)
        if field.text_type == "RICHTEXT":
            return Observation(name, Mark.OK, "accounts are written as rich text", facts)
        kind = field.text_type or "of an unknown kind"
        text = f"the field is {kind}: HTML would show as such; pytest-jama writes plain lines there"
        return Observation(name, Mark.NOTE, text, facts)

    def _attachments(self) -> Iterator[Observation]:
        told = {
            role: _ATTACHMENTS in found.widgets
            for role, found in self._types.items()
            if role != "cycle" and found.widgets is not None
        }
        lacking = [role for role, has in told.items() if not has]
        if not told:
            text = "the server does not tell whether files can be attached"
        elif lacking:
            named = " and ".join(f"test {role}s" for role in lacking)
            text = f"{named} take no files: their type has no attachments widget (an administrator)"
        else:
            text = "test plans and test runs take files"
        mark = Mark.OK if told and not lacking else Mark.NOTE
        yield Observation("type: attachments", mark, text, {"widget": told})


def _not_listed(field: FieldFacts, value: object, options: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with the value of a pick list."""
    given = value if isinstance(value, list) else [value]
    known = {*options, *options.values(), *map(str, options.values())}
    for each in given:
        if options and each not in known:
            yield f"{quoted(each)} is not an option of {_describe(field)}: {_listed(options)}"


def _listed(options: Mapping[str, int]) -> str:
    more = ", ..." if len(options) > _LISTED_OPTIONS else ""
    return ", ".join(map(quoted, list(options)[:_LISTED_OPTIONS])) + more


def _fields_for(role: str, lacking: list[FieldFacts]) -> Mapping[str, Mapping[str, Any]]:
    return {role: {"fields": {each.name: "..." for each in lacking}}}


def _describe(field: FieldFacts) -> str:
    label = "" if field.label == field.name else f" ({field.label})"
    return f"{quoted(field.name)}{label}"


def _alike(name: str, found: TypeFacts) -> str:
    wanted = name.partition("$")[0].casefold()
    for field in found.fields or ():
        if wanted in (field.name.partition("$")[0].casefold(), field.label.casefold()):
            return f"; did you mean {quoted(field.name)}?"
    return ""
