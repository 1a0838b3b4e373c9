"""The flows about files: scripts of Gherkin tests, attachments of manual tests and runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jama.core.errors import Problem, SettingsError
from pytest_jama.core.text import quoted
from pytest_jama.targets.octane.evidence_files import ATTACHMENTS, attach, find_attachment
from pytest_jama.targets.octane.flow_bulk import Intent, run_bulk
from pytest_jama.targets.octane.flow_reading import find_one
from pytest_jama.targets.octane.flow_rows import FlowRows, column_of, make_row
from pytest_jama.targets.octane.flows import ready_for_automation
from pytest_jama.targets.octane.list_entries import entry
from pytest_jama.targets.octane.packed_files import pack_named
from pytest_jama.targets.octane.wishes import logical_name, require_run_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_jama.targets.octane.flow_reading import Desk
    from pytest_jama.targets.octane.packed_files import PackedFile

_FIELDS = ("id", "name", "owner{name}")
_STATUS = "list_node.automation_status."


def take_gherkin(desk: Desk) -> FlowRows:
    """List Gherkin tests that are ready for automation, write their scripts, mark them.

    Raises:
        SettingsError: When the scripts cannot be written.
        TargetError: When the server does not answer, or refuses it.
    """
    entities, wishes = desk.entities, desk.wishes
    query = ready_for_automation(wishes)
    tests = list(entities.list("gherkin_tests", fields=",".join(_FIELDS), query=query))
    files = _write_scripts(desk, tests) if wishes.has("scripts") else {}
    columns = tuple(map(column_of, _FIELDS))
    if not wishes.has("mark"):
        rows = tuple(
            {**make_row(test, _FIELDS), "script": files.get(str(test["id"]))} for test in tests
        )
        return FlowRows((*columns, "script"), rows)
    return _mark(desk, tests, files)


def _mark(desk: Desk, tests: Sequence[Mapping[str, Any]], files: Mapping[str, str]) -> FlowRows:
    entities, wishes = desk.entities, desk.wishes
    word, is_agreed = wishes.text("mark"), wishes.has("yes")
    needs_entry = bool(tests) and is_agreed
    name = logical_name(word, _STATUS)
    status = entry(entities, "list_node", name) if needs_entry else {}
    intents = [
        Intent(test, f"automation status -> {word}", _marked(test, status)) for test in tests
    ]
    done = run_bulk(
        intents, lambda some: entities.change("gherkin_tests", some), is_agreed=is_agreed
    )
    rows = tuple(
        {**row, "owner": make_row(test, _FIELDS)["owner"], "script": files.get(str(test["id"]))}
        for row, test in zip(done.rows, tests, strict=True)
    )
    return done._replace(columns=("id", "name", "owner", "script", *done.columns[2:]), rows=rows)


def _marked(test: Mapping[str, Any], status: Mapping[str, str]) -> Mapping[str, Any]:
    return {"id": str(test["id"]), "automation_status": status}


_UNFIT = re.compile(r"[^\w.-]+")
_LONGEST_STEM = 80


def script_name(test: Mapping[str, Any]) -> str:
    """Return the name of the file for the script of a test; IDs tell equal names apart."""
    stem = _UNFIT.sub("_", str(test.get("name") or ""))[:_LONGEST_STEM].strip("._")
    return f"{_UNFIT.sub('_', str(test['id']))}-{stem or 'test'}.feature"


def _write_scripts(desk: Desk, tests: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Write the script of each test into a file; return the paths by the IDs of the tests."""
    folder = Path(desk.wishes.text("scripts"))
    files: dict[str, str] = {}
    for test in tests:
        test_id = str(test["id"])
        path = folder / script_name(test)
        script = desk.entities.script(test_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(script, encoding="utf-8", errors="replace", newline="\n")
        except OSError as exc:
            what = f"{path} cannot be written: {exc.strerror or exc}"
            raise SettingsError(Problem(what, "name another folder", "--scripts")) from exc
        files[test_id] = str(path)
    return files


def attach_file(desk: Desk) -> FlowRows:
    """Attach a file to a test or to a run, and name it in the script of the test where wished.

    Raises:
        SettingsError: When the file cannot be attached, or options do not fit together.
        TargetError: When the server does not answer, or refuses it.
    """
    entities, wishes = desk.entities, desk.wishes
    _require_one_owner(desk)
    path = Path(wishes.text("file"))
    file = pack_named(path.name, require_attachable(path))
    kind = "test" if wishes.has("test") else "run"
    owner_id = find_one(desk, "test") if kind == "test" else wishes.text("run")
    attachment_id = _attach(desk, f"owner_{kind}", owner_id, file)
    if wishes.has("in-script"):
        script = entities.script(owner_id)
        entities.set_script(owner_id, with_attachment(script, file.name, attachment_id))
    row = {"id": attachment_id, "name": file.name, "owner": f"{kind} {owner_id}"}
    return FlowRows(tuple(row), (row,))


def _require_one_owner(desk: Desk) -> None:
    wishes = desk.wishes
    if wishes.has("test") == wishes.has("run"):
        what = "a file belongs to one test or to one run"
        raise SettingsError(Problem(what, "give --test or --run, one of them", "command line"))
    if wishes.has("in-script") and wishes.has("run"):
        what = "a run has no script of its own"
        raise SettingsError(Problem(what, "use it with --test", "--in-script"))
    if wishes.has("run"):
        require_run_id(wishes.text("run"))


def _attach(desk: Desk, owner: str, owner_id: str, file: PackedFile) -> str:
    """Make an attachment; one of the same name that was there before is another one."""
    like_it = find_attachment(owner, owner_id, file.name).statement
    rows = desk.entities.list(ATTACHMENTS, fields="id", query=like_it)
    known = frozenset(str(row["id"]) for row in rows)
    return attach(desk.entities, owner, owner_id, file, known=known)


def with_attachment(script: str, name: str, attachment_id: str) -> str:
    """Return the script of a manual test with one more step, which names an attachment.

    How scripts refer to attachments is not public, so that it is a step in words.

    Args:
        script: The script; a line is a step.
        name: The name of the file.
        attachment_id: The ID of the attachment.
    """
    step = f"- See the attachment {name} (ID {attachment_id})"
    return f"{script.rstrip()}\n{step}".lstrip("\n")


_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f]|^\.')


def require_attachable(path: Path) -> bytes:
    """Return the content of a file that is to be attached.

    Args:
        path: The file.

    Raises:
        SettingsError: When it cannot be read, or its name is one that the server refuses.
    """
    if _FORBIDDEN.search(path.name):
        what = f"the server takes no file that is named {quoted(path.name)}"
        remedy = 'rename it: without / \\ : * ? " < > | and without a point at its beginning'
        raise SettingsError(Problem(what, remedy, "FILE"))
    try:
        return path.read_bytes()
    except OSError as exc:
        what = f"{path} cannot be read: {exc.strerror or exc}"
        raise SettingsError(Problem(what, "check the path", "FILE")) from exc
