"""What is generated from the declaration of the settings: schema, page, flags and variables."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pydantic
import pytest
import yaml

from junit_uploader.options import OCTANE_FLAGS, OCTANE_LISTS, OCTANE_OTHERS, SHARED_FLAGS
from pytest_jama.config.kinds import JAMA, KINDS, OCTANE, TargetKind
from pytest_jama.config.layers import overridable
from pytest_jama.config.mistakes import keys_of, section_of
from pytest_jama.config.reference import SCHEMAS, make_schema, page_text, schema_text
from pytest_jama.config.types import Allowed, find_metadata
from pytest_jama.plugin.activation import SETTING_FLAGS
from tests.every import every

if TYPE_CHECKING:
    from pydantic import BaseModel

PYDANTIC = tuple(map(int, pydantic.VERSION.split(".")[:2]))

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {JAMA: DOCS / "settings.md", OCTANE: DOCS / "octane-settings.md"}
"""The pages of the checkout that these tests are in; the package may be installed elsewhere."""

of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

EXAMPLE = """\
url: https://acme.jamacloud.com        # a context path is fine: https://host/contour
project: JEET1                         # project key or API ID
plan: "Release ${RELEASE:-dev}"        # a name, or {id: 20494}, or {name:, create:, group:}
cycle: "Build ${BUILD_NUMBER:-local} ${DATE}"   # a name, or {id:}, or {name:, create: true}
tests:                                 # test ID or pattern -> case reference(s)
  tests/test_login.py::test_ok: JEET1-TC-12          # document key
  tests/test_login.py::TestLockout: [JEET1-TC-13, 20497]   # several cases; API ID
  tests/checkout/test_pay.py::test_card: {case: JEET1-TC-20, step: 2}
  "com.acme.LoginTest.*": GID-51234                  # global ID
verdicts:                              # outcome -> Jama status, or `leave`
  passed: PASSED
  failed: FAILED
  error: FAILED
  skipped: leave
  xfailed: leave
  xpassed: PASSED
  incomplete: INPROGRESS
upload:
  on_error: fail
  give_up_after: 120s
  concurrency: 8
  rate: auto
run:
  actual_results: true
  assigned_to: none
  fields: {}
tls: {verify: true}
journal: .jama
"""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = make_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@of_each_kind
def test_the_shipped_schema_is_fresh(kind: TargetKind[Any]) -> None:
    shipped, fresh = SCHEMAS[kind].read_text(encoding="utf-8"), schema_text(kind)
    if PYDANTIC < (2, 11):  # it writes more, but allows the same
        shipped, fresh = map(_without_repetitions, (shipped, fresh))
    assert shipped == fresh, "run: python -m pytest_jama.config.reference"


def _without_repetitions(schema: str) -> str:
    """Return a schema without defaults, and without lists of the one value that is allowed.

    Before 2.11, pydantic writes the default of a setting also into what its type is declared with,
    which other settings share; before 2.10, it writes an only value twice.
    """

    def thinned(read: dict[str, Any]) -> dict[str, Any]:
        left_out = {"default", "enum"} if "const" in read else {"default"}
        return {key: value for key, value in read.items() if key not in left_out}

    return json.dumps(json.loads(schema, object_hook=thinned), indent=2)


@of_each_kind
def test_the_reference_page_is_fresh(kind: TargetKind[Any]) -> None:
    page = PAGES[kind].read_text(encoding="utf-8")
    assert page == page_text(page, kind), "run: python -m pytest_jama.config.reference"


def test_the_documented_example_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    assert list(validator.iter_errors(yaml.safe_load(EXAMPLE))) == []


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{run: , tests: , project: 52}",
        "{plan: {id: 5}, cycle: {name: B, start: '2024-02-01', missing_runs: regenerate}}",
        "{plan: {name: R, create: '${CREATE}'}, upload: {concurrency: '${N:-4}', rate: 2.5}}",
        "{upload: {give_up_after: 90}, tls: {verify: ca.pem, client_cert: c.pem}}",
        "{run: {fields: {a$1: 5, b$2: [1, x]}}, verdicts: {skipped: BLOCKED}}",
        "{names: '(?P<case>[0-9]+)', junit: {skipped_wins: true}}",
        "{report: r.html, software: Pump 4.2, device: 42, tester: '${TESTER:-}'}",
        "{report: [r.html, r.md], equipment: [{name: FM, id: 7, calibrated_until: '2027-03-01'}]}",
        "{report: {files: r.html, summary: never}, equipment: [Stopwatch]}",
        "{tests: {file: map.csv}}",
        "{tests: {file: [a.csv, '${B}.csv'], x: P-TC-1}}",
        "{tests: {file: P-TC-1}}",
        "{tests: {a: 'P-1#2', b: [{case: GID-5}, 7], c: 'P-1, P-2', d: '${CASE}'}}",
    ],
)
def test_other_forms_are_valid(validator: jsonschema.Draft202012Validator, text: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{urll: x}",
        "{password: x}",
        "{plan: ''}",
        "{plan: {id: 5, name: x}}",
        "{plan: {create: true}}",
        "{cycle: {id: 0}}",
        "{cycle: {name: x, group: y}}",
        "{names: [a]}",
        "{junit: {skipped_wins: often}}",
        "{report: {summary: often}}",
        "{equipment: [{id: 7}]}",
        "{upload: {concurrency: 65}}",
        "{upload: {concurrency: many}}",
        "{upload: {on_error: no}}",
        "{upload: {give_up_after: 2 weeks}}",
        "{verdicts: {passed: ok}}",
        "{run: {fields: {' ': 1}}}",
        "{run: {fields: {a$1: {}}}}",
        "{tests: {a: JEET1}}",
        "{tests: {file: []}}",
        "{tests: {a: []}}",
        "{tests: {a: {step: 1}}}",
        "{tests: {a: {case: A-1, step: 0}}}",
    ],
)
def test_mistakes_are_not_valid(validator: jsonschema.Draft202012Validator, text: str) -> None:
    assert not validator.is_valid(yaml.safe_load(text))


@pytest.fixture(scope="module")
def octane_validator() -> jsonschema.Draft202012Validator:
    schema = make_schema(OCTANE)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{url: 'https://octane.acme.com/ui/?p=1001/1002', release: 2.4, milestone: M, wait: 30}",
        "{space: 1001, workspace: 'id:5', modules: [Login, 7], suite: Smoke, target: octane}",
        "{modules: Login, suite: {name: 5, run: '${DATE}'}, report_url: '${CI_JOB_URL:-}'}",
        "{build: {server: s, job: j, id: 17, create: '${CREATE}'}, skip_errors: true}",
        "{environment: {OS: Linux, Python: 3.10}, fields: {Framework: pytest, Test_Level: Unit}}",
        "{environment: , fields: , suite: , build: , tests: , report_url: , release: }",
        "{tests: {a: 2001, b: [2001, '${ITEM}'], c: '1, 2', d: none, e: }, upload: {rate: 2}}",
    ],
)
def test_forms_of_octane_yaml_are_valid(
    octane_validator: jsonschema.Draft202012Validator, text: str
) -> None:
    assert list(octane_validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        *("{plan: x}", "{target: jama}", "{password: x}", "{release: [a]}", "{modules: {a: b}}"),
        *("{environment: [OS]}", "{environment: {OS: {a: b}}}", "{fields: {Priority: 1}}"),
        *("{suite: {run: x}}", "{suite: {name: x, id: 5}}", "{build: 17}", "{build: {job: j}}"),
        *("{skip_errors: maybe}", "{wait: soon}", "{report_url: ci.test}"),
        *("{tests: {a: P-TC-1}}", "{tests: {a: []}}", "{tests: {a: 0}}", "{tests: {a: {case: 5}}}"),
    ],
)
def test_mistakes_of_octane_yaml_are_not_valid(
    octane_validator: jsonschema.Draft202012Validator, text: str
) -> None:
    assert not octane_validator.is_valid(yaml.safe_load(text))


def declared(model: type[BaseModel], above: str = "") -> dict[str, Any]:
    """Return every setting by its dotted name."""
    found = {}
    for key, field in keys_of(model).items():
        section = section_of(field)
        found[f"{above}{key}"] = field
        if section:
            found |= declared(section, f"{above}{key}.")
    return found


schema_text_of = functools.cache(schema_text)


@every(
    "kind,name",
    [
        pytest.param(kind, name, id=f"{kind.name}-{name}")
        for kind in KINDS
        for name in declared(kind.load_model())
    ],
)
def test_every_setting_is_described_in_the_schema_and_on_the_page(
    kind: TargetKind[Any], name: str
) -> None:
    field = declared(kind.load_model())[name]
    assert re.match(r"^[A-Z].*\.", field.description)
    assert section_of(field) or find_metadata(field, Allowed)
    assert f"| `{name}` |" in PAGES[kind].read_text(encoding="utf-8")
    assert f'"{field.description}"'.replace('"', "") in schema_text_of(kind).replace("\\n", "\n")


def test_the_flags_of_the_plugin_are_the_declared_ones() -> None:
    declared = overridable(JAMA).values()
    assert [given.option for given in declared if given.option] == list(SETTING_FLAGS)


def test_the_flags_for_octane_are_the_declared_ones() -> None:
    declared = {given.option for given in overridable(OCTANE).values() if given.option}
    own = (*OCTANE_FLAGS, *OCTANE_LISTS, *OCTANE_OTHERS)
    assert declared == {*SHARED_FLAGS, *own} - {"output"}  # which is not a setting


VARIABLES = {
    JAMA: [
        *("JAMA_URL", "JAMA_PROJECT", "JAMA_PLAN", "JAMA_CYCLE"),
        *("JAMA_OUTPUTS", "JAMA_SOFTWARE", "JAMA_DEVICE", "JAMA_TESTER", "JAMA_JOURNAL"),
        *("JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET", "JAMA_USERNAME", "JAMA_PASSWORD"),
    ],
    OCTANE: [
        *("OCTANE_URL", "OCTANE_SPACE", "OCTANE_WORKSPACE", "OCTANE_RELEASE", "OCTANE_MILESTONE"),
        *(
            "OCTANE_SUITE",
            "OCTANE_OUTPUTS",
            "OCTANE_SOFTWARE",
            "OCTANE_DEVICE",
            "OCTANE_TESTER",
            "OCTANE_JOURNAL",
        ),
        *("OCTANE_CLIENT_ID", "OCTANE_CLIENT_SECRET", "OCTANE_USER", "OCTANE_PASSWORD"),
    ],
}


@of_each_kind
def test_the_variables_are_the_documented_ones(kind: TargetKind[Any]) -> None:
    declared = [given.variable for given in overridable(kind).values() if given.variable]
    credentials = [variable for pair in kind.pairs for variable in (pair.name, pair.secret)]
    assert [*declared, *credentials] == VARIABLES[kind]
    page = PAGES[kind].read_text(encoding="utf-8")
    assert all(f"| `{variable}` |" in page for variable in VARIABLES[kind])
