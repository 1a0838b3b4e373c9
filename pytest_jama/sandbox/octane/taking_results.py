"""Tests and runs come into being: what is made of a valid document."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_jama.sandbox.octane.entity_tables import Entity, NewEntity, dumped
from pytest_jama.sandbox.octane.result_steps import store_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_jama.sandbox.octane.entity_tables import EntityTables
    from pytest_jama.sandbox.octane.octane_knobs import OctaneKnobs
    from pytest_jama.sandbox.octane.result_document import Element
    from pytest_jama.sandbox.octane.result_references import ReferenceReader, ResultContext

_AT_A_TIME = 500
_STATUSES = ("passed", "failed", "skipped", "planned")
_WORST_FIRST = ("failed", "passed", "skipped", "planned")


@dataclass(frozen=True)
class BuildFound:
    """The CI server, job and build that a document names, and are known."""

    server: int
    job: Entity
    build: Entity

    def for_run(self) -> dict[str, int]:
        """Return the fields of a run."""
        return {"ci_server": self.server, "ci_job": self.job.pk, "ci_build": self.build.pk}

    def for_history(self) -> dict[str, Any]:
        """Return the fields of an entry of the history."""
        return {
            "build_id": self.build.pk,
            "build_name": self.build.fields["name"],
            "job_name": self.job.fields["name"],
        }


@dataclass(slots=True)
class _Taken:
    """A run on its way into the tables."""

    element: Element
    context: ResultContext
    test_key: str
    test: int = 0
    taxonomies: tuple[int, ...] = ()
    parent: int | None = None
    run_key: str = ""


@dataclass
class ResultTaker:
    """Stores the runs of one document.

    Attributes:
        head: What its head says, without what is missing.
        missing: What single runs refer to and is not there, filled while runs are taken.
    """

    tables: EntityTables
    knobs: OctaneKnobs
    references: ReferenceReader
    head: ResultContext
    build: BuildFound | None
    user: int
    skip_errors: bool
    missing: list[str] = field(default_factory=list)
    _suite_runs: dict[tuple[int, str], int] = field(default_factory=dict)
    _nodes: dict[tuple[str, str], int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def take(self, runs: Iterator[Element]) -> None:
        """Store all runs, some hundred at a time: a long document needs no more room."""
        native = {
            word: self.tables.listed(f"list_node.run_native_status.{word}") for word in _STATUSES
        }
        status = {word: self.tables.listed(f"list_node.run_status.{word}") for word in _STATUSES}
        while part := list(itertools.islice(runs, _AT_A_TIME)):
            taken = [each for each in map(self._begin, part) if each is not None]
            if taken:
                self._find_tests(taken)
                self._store_runs(taken, native, status)
        for suite_run in self._suite_runs.values():
            self._sum_up(suite_run, native, status)

    def _begin(self, element: Element) -> _Taken | None:
        if not element.children:
            return _Taken(element, self.head, _identity(element))
        own = self.references.read(element)
        if own.missing:
            name = element.attributes["name"]
            self.missing += [f"run {name!r}: {what}" for what in own.missing[:1]]
            if not self.skip_errors:
                return None
        return _Taken(element, own.inside(self.head), _identity(element))

    def _find_tests(self, taken: list[_Taken]) -> None:
        known = self.tables.by_keys(list({each.test_key for each in taken}))
        new: dict[str, NewEntity] = {}
        for each in taken:
            if each.test_key not in known and each.test_key not in new:
                new[each.test_key] = _new_test(each)
        numbers = dict(
            zip(new, self.tables.insert(list(new.values()), author=self.user), strict=True)
        )
        for each in taken:
            entity = known.get(each.test_key)
            each.test = numbers[each.test_key] if entity is None else entity.pk
            if entity is not None and each.context.test.items() - entity.fields.items():
                self.tables.replace(entity.pk, {**entity.fields, **each.context.test})
        self.tables.link(
            (each.test, name, target)
            for each in taken
            for name, targets in each.context.test_links.items()
            for target in targets
        )

    def _store_runs(
        self, taken: list[_Taken], native: dict[str, int | None], status: dict[str, int | None]
    ) -> None:
        for each in taken:
            each.taxonomies = tuple(sorted(map(self._node, each.context.taxonomies)))
            each.parent = self._suite_run(each.context)
            each.run_key = f"run:{each.test}:{','.join(map(str, each.taxonomies))}"
        known = self.tables.by_keys([each.run_key for each in taken])
        before = {key: run.fields["native_status"] for key, run in known.items()}
        current: dict[str, NewEntity] = {}
        history: list[NewEntity] = []
        stored: list[_Taken] = []
        for each in self._once(taken):
            word = each.element.attributes["status"].lower()
            run = self._run(each, native[word], status[word])
            is_new_failure = word == "failed" and before.get(each.run_key) != native["failed"]
            before[each.run_key] = native[word]
            current[each.run_key] = run
            history.append(self._history(each, run, is_new_failure=is_new_failure))
            stored.append(each)
        numbers = self._store_current(current, known)
        for each, entry in zip(stored, history, strict=True):
            entry.fields["run_id"] = numbers[each.run_key]
        self.tables.insert(history, author=self.user)
        with_children = [each for each in stored if each.element.children]
        pairs = ((numbers[each.run_key], each.element) for each in with_children)
        store_steps(self.tables, pairs, user=self.user)

    def _once(self, taken: list[_Taken]) -> Iterator[_Taken]:
        """Leave further runs of the same test and environment out, where a knob says so."""
        for each in taken:
            is_again = each.run_key in self._seen
            self._seen.add(each.run_key)
            if is_again and self.knobs.twice_in_document == "error":
                name = each.element.attributes["name"]
                self.missing.append(f"run {name!r}: it is in the document twice")
            if not is_again or self.knobs.twice_in_document == "both":
                yield each

    def _store_current(
        self, current: dict[str, NewEntity], known: dict[str, Entity]
    ) -> dict[str, int]:
        changed = {key: known[key] for key in current if key in known}
        created = [run for key, run in current.items() if key not in known]
        rows = [
            {
                "pk": entity.pk,
                "type": entity.type,
                "key": key,
                "test": current[key].test,
                "parent": current[key].parent,
                "is_last": 1,
                "fields": dumped(
                    {
                        "creation_time": entity.fields["creation_time"],
                        "author": self.user,
                        **current[key].fields,
                        "last_modified": self.tables.now_ms(),
                    }
                ),
            }
            for key, entity in changed.items()
        ]
        self.tables.database.insert("entities", *rows, conflict="REPLACE")
        made = self.tables.insert(created, author=self.user)
        numbers = {key: entity.pk for key, entity in changed.items()}
        return numbers | {str(run.key): pk for run, pk in zip(created, made, strict=True)}

    def _run(self, each: _Taken, native: int | None, status: int | None) -> NewEntity:
        attributes = each.element.attributes
        build = {} if self.build is None else self.build.for_run()
        fields: dict[str, Any] = {
            "name": attributes.get("run_name") or attributes["name"],
            "native_status": native,
            "status": status,
            "duration": int(attributes["duration"]),
            "started": self._started(each.element),
            "default_run_by": self.user,
            "run_by": self.user,
            **each.context.run,
            **build,
            **_words(each.element),
        }
        return NewEntity(
            type="run_automated",
            key=each.run_key,
            fields=fields,
            test=each.test,
            parent=each.parent,
            is_last=True,
            links={"taxonomies": each.taxonomies},
        )

    def _history(self, each: _Taken, run: NewEntity, *, is_new_failure: bool) -> NewEntity:
        attributes = each.element.attributes
        build = {} if self.build is None else self.build.for_history()
        fields = {
            "name": run.fields["name"],
            "run_id": 0,
            "test_id": each.test,
            "run_status": run.fields["status"],
            "run_native_status": run.fields["native_status"],
            "run_started": run.fields["started"],
            "run_duration": run.fields["duration"],
            "test_name": attributes["name"],
            "test_class": attributes.get("class"),
            "test_package": attributes.get("package"),
            "is_new_failure": is_new_failure,
            **build,
        }
        return NewEntity(type="run_history", fields=fields)

    def _started(self, element: Element) -> int:
        source = element.find("feature") or element
        started = source.attributes.get("started")
        return self.tables.now_ms() if started is None else int(started)

    def _node(self, taxonomy: tuple[str, str]) -> int:
        """Return the entry of an environment value; a missing one is made."""
        if taxonomy not in self._nodes:
            category, value = taxonomy
            root = self._keyed(
                NewEntity(
                    type="taxonomy_category_node",
                    key=f"category:{category}",
                    fields={"name": category},
                )
            )
            fields = {"name": value, "category": root}
            key = f"taxonomy:{json.dumps(taxonomy)}"
            node = NewEntity(type="taxonomy_item_node", key=key, fields=fields)
            self._nodes[taxonomy] = self._keyed(node)
        return self._nodes[taxonomy]

    def _suite_run(self, context: ResultContext) -> int | None:
        """Return the run of the suite: the one of the same id elsewhere, or one for this push."""
        if context.suite is None:
            return None
        suite, external = context.suite
        if (suite.pk, external) not in self._suite_runs:
            self._suite_runs[suite.pk, external] = self._new_suite_run(suite, external, context)
        return self._suite_runs[suite.pk, external]

    def _new_suite_run(self, suite: Entity, external: str, context: ResultContext) -> int:
        planned = "planned"
        new = NewEntity(
            type="run_suite",
            key=f"suite run:{suite.pk}:{external}" if external else None,
            test=suite.pk,
            is_last=True,
            fields={
                "name": suite.fields["name"],
                "native_status": self.tables.listed(f"list_node.run_native_status.{planned}"),
                "status": self.tables.listed(f"list_node.run_status.{planned}"),
                "started": self.tables.now_ms(),
                "external_run_id": external or None,
                "default_run_by": self.user,
                **context.run,
            },
        )
        return self._keyed(new) if external else self.tables.insert([new], author=self.user)[0]

    def _sum_up(
        self, suite_run: int, native: dict[str, int | None], status: dict[str, int | None]
    ) -> None:
        """Let a suite run have the worst status of its runs."""
        rows = self.tables.database.all(
            "SELECT DISTINCT json_extract(fields, '$.native_status') AS native FROM entities "
            "WHERE parent = ? AND type = 'run_automated'",
            (suite_run,),
        )
        found = {row["native"] for row in rows}
        word = next((word for word in _WORST_FIRST if native[word] in found), "planned")
        entity = self.tables.many([suite_run])[suite_run]
        summary = {"native_status": native[word], "status": status[word]}
        self.tables.replace(suite_run, {**entity.fields, **summary})

    def _keyed(self, new: NewEntity) -> int:
        found = self.tables.by_keys([str(new.key)])
        known = found.get(str(new.key))
        return known.pk if known is not None else self.tables.insert([new], author=self.user)[0]


def _identity(element: Element) -> str:
    """Return what a test is known by."""
    values = element.attributes
    parts = [values.get(name, "") for name in ("module", "package", "class", "name")]
    kind = "test" if element.name == "test_run" else "gherkin test"
    return f"{kind}:{_APART.join(parts)}"


_APART = "\x1f"
"""What no document can hold, since XML cannot."""


def _new_test(taken: _Taken) -> NewEntity:
    values = taken.element.attributes
    named = {
        "component": values.get("module"),
        "package": values.get("package"),
        "class_name": values.get("class"),
        "external_test_id": values.get("external_test_id"),
    }
    fields = {"name": values["name"], **taken.context.test}
    fields |= {name: value for name, value in named.items() if value}
    is_plain = taken.element.name == "test_run"
    kind = "test_automated" if is_plain else "gherkin_test"
    return NewEntity(type=kind, key=taken.test_key, fields=fields)


def _words(element: Element) -> dict[str, str]:
    """Return what a run says in words."""
    names = ("external_report_url", "external_run_id", "external_test_id", "run_type")
    words = {name: element.attributes[name] for name in names if name in element.attributes}
    error, description = element.find("error"), element.find("description")
    if error is not None:
        said = {name: error.attributes.get(name) for name in ("type", "message")}
        words |= {f"error_{name}": text for name, text in said.items() if text is not None}
        words["error_details"] = error.text
    if description is not None:
        words["description"] = description.text
    return words
