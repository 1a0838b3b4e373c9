"""The templates for CI systems: filled in as each system does it, their scripts bring results."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest
import yaml

from pytest_jama.config import JAMA, OCTANE
from pytest_jama.core.plan import Place, Plan, UploadReport
from pytest_jama.session.ci_output import Told, session_values
from tests.every import every
from tests.fork_server import quick_python
from tests.harness import ADDOPTS
from tests.systems import shell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.harness import Repository

ROOT = Path(__file__).parents[1]
CI = ROOT / "examples" / "ci"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
GITLAB = list(yaml.safe_load_all((CI / "gitlab" / "jama.yml").read_text("utf-8")))
AZURE = yaml.safe_load((CI / "azure" / "jama.yml").read_text("utf-8"))
JENKINS = (CI / "jenkins" / "vars" / "jamaUpload.groovy").read_text("utf-8")
TEAMCITY = ET.parse(CI / "teamcity" / "jama.xml").getroot()  # noqa: S314 (our own)

REPORTS = "reports/one.xml\nreports/*.two.xml"
PLACED = UploadReport(Plan((Place("cycle", "Build 1", 8, "https://jama.test/8"),)))
ARGUMENTS = "--cycle=Build $(touch forged)\n--strict"
NEEDED = {"reports": REPORTS, "arguments": ARGUMENTS, "config": "my settings/jama.yaml"}


CHECKOUT = "/the/checkout"
"""Stands for the folder of the test in what a system fills in."""


class Script(NamedTuple):
    """What a CI system runs.

    Attributes:
        text: The script.
        environment: What the template adds to the environment.
        shell: What the system runs it with.
    """

    text: str
    environment: Mapping[str, str]
    shell: tuple[str, ...] = ("sh",)


def github() -> Script:
    """Fill in the expressions of the action."""
    step = ACTION["runs"]["steps"][0]
    inputs = {name: said.get("default", "") for name, said in ACTION["inputs"].items()} | NEEDED
    known = {f"inputs.{name}": value for name, value in inputs.items()}
    known["github.action_path"] = "pytest-jama"
    environment = {name: expression(value, known) for name, value in step["env"].items()}
    bash = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
    return Script(step["run"], {**environment, "GITHUB_ACTIONS": "true"}, bash)


def expression(text: str, known: Mapping[str, str]) -> str:
    """Return what an expression of GitHub stands for: the first value that is there."""
    inside = re.fullmatch(r"\$\{\{ (.*) \}\}", text)
    names = inside[1].split(" || ") if inside else []
    return next(filter(None, (known[name] for name in names)), "") if names else text


def gitlab() -> Script:
    """Fill in the inputs of the component."""
    spec, jobs = GITLAB
    inputs = {
        name: said.get("default", "") for name, said in spec["spec"]["inputs"].items()
    } | NEEDED
    (job,) = jobs.values()
    variables = {name: interpolated(value, inputs) for name, value in job["variables"].items()}
    folder = {"CI_PROJECT_DIR": CHECKOUT}
    expanded = {
        name: re.sub(r"\$(CI_PROJECT_DIR)", lambda found: folder[found[1]], value)
        for name, value in variables.items()
    }
    (text,) = job["script"]
    return Script(text, {**expanded, "GITLAB_CI": "true"}, ("sh", "-e"))


def interpolated(text: str, inputs: Mapping[str, str]) -> str:
    return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: inputs[found[1]], text)


def azure() -> Script:
    """Fill in the parameters of the template."""
    given = {each["name"]: each.get("default", "") for each in AZURE["parameters"]} | NEEDED
    known = {f"parameters.{name}": value for name, value in given.items()}
    step = AZURE["steps"][0]
    environment = {
        name: expression(value, known)
        for name, value in step["env"].items()
        if not name.startswith("${{ each ")
    }
    return Script(step["bash"], {**environment, "TF_BUILD": "True"}, ("bash",))


def jenkins() -> Script:
    """Take what Groovy makes of the string of the shared library."""
    (text,) = re.findall(r"script: '''\n(.*?)'''", JENKINS, re.DOTALL)
    names = re.findall(r'"(UPLOAD_\w+)=', JENKINS)
    values = dict(zip(names, [REPORTS, NEEDED["config"], ARGUMENTS, "p", "python3"], strict=True))
    outputs = {"JAMA_OUTPUTS": f"{CHECKOUT}/.jama-outputs.properties", "JENKINS_URL": "https://ci"}
    return Script(text.replace("\\\\", "\\"), {**values, **outputs}, ("sh", "-xe"))


def teamcity() -> Script:
    """Take what TeamCity makes of the script of the meta-runner."""
    values = {each.get("name", ""): each.get("value", "") for each in TEAMCITY.iter("param")}
    texts = {each.get("name", ""): each.text or "" for each in TEAMCITY.iter("param")}
    environment = {
        name.removeprefix("env."): value for name, value in values.items() if name.startswith("env")
    }
    given = {f"UPLOAD_{name.upper()}": value for name, value in NEEDED.items()}
    text = texts["script.content"]
    assert re.findall(r"(?<!%)%(?:%%)*(?!%)", text.replace("%%", "")) == []  # no reference
    script = text.replace("%%", "%")
    return Script(script, {**environment, **given, "TEAMCITY_VERSION": "2026.1"})


SYSTEMS = {
    "github": github,
    "gitlab": gitlab,
    "azure": azure,
    "jenkins": jenkins,
    "teamcity": teamcity,
}
systems = pytest.mark.parametrize("make", SYSTEMS.values(), ids=SYSTEMS)

PYTHON = """#!/bin/sh
# stands for Python and pip, which would ask for packages: `python3 -m venv FOLDER`
mkdir -p "$3/bin"
cat > "$3/bin/python" <<'END'
#!/bin/sh
echo "$@" >> "$PIP_LOG"
END
cat > "$3/bin/junit-uploader" <<END
#!/bin/sh
test -z "\\$FORCED_STATUS" || exit "\\$FORCED_STATUS"
exec "$REAL_PYTHON" -m junit_uploader "\\$@"
END
chmod +x "$3/bin/python" "$3/bin/junit-uploader"
"""
REPORT = """
<testsuite name="s">
  <testcase classname="c" name="{name}" time="1">
    <properties><property name="jama" value="KEY-TC-{number}"/></properties>
  </testcase>
</testsuite>
"""


@pytest.fixture
def checkout(repository: Repository) -> Repository:
    """A checkout with two reports, and a Python that installs nothing."""
    for number, name in enumerate(("one", "a.two"), start=1):
        repository.case(number)
        repository.write(f"reports/{name}.xml", REPORT.format(name=name, number=number))
    python = repository.write("bin/python3", PYTHON)
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (repository.folder / "my settings").mkdir()
    (repository.folder / "jama.yaml").rename(repository.folder / "my settings" / "jama.yaml")
    return repository


def run(there: Repository, script: Script, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as the system does: from a file, in the checkout."""
    path = there.write("script.sh", script.text)
    folder = str(there.folder)
    filled_in = {name: text.replace(CHECKOUT, folder) for name, text in script.environment.items()}
    search = os.pathsep.join((str(there.folder / "bin"), os.environ["PATH"]))
    return subprocess.run(  # noqa: S603 (our own script)
        [*script.shell, str(path)],
        cwd=there.folder,
        env={
            **there.environment(),
            **filled_in,
            "PATH": search,
            "PIP_LOG": str(there.folder / "pip.log"),
            "REAL_PYTHON": quick_python(ADDOPTS),
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


TOLD = {
    "github": "outputs.txt",
    "gitlab": "jama.env",
    "jenkins": ".jama-outputs.properties",
    "azure": "##vso[task.setvariable variable=JAMA_SESSION_PASSED;isoutput=true]2\n",
    "teamcity": "##teamcity[setParameter name='JAMA_SESSION_PASSED' value='2']\n",
}
"""Where the values are, in a file or in what is printed."""


@shell
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_script_of_a_template_brings_all_reports_and_tells_the_values(
    checkout: Repository, system: str
) -> None:
    finished = run(checkout, SYSTEMS[system](), GITHUB_OUTPUT="outputs.txt")

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert checkout.statuses() == {1: "PASSED", 2: "PASSED"}
    assert "Build $(touch forged)" in finished.stdout
    assert not (checkout.folder / "forged").exists()
    told = checkout.folder / TOLD[system]
    if TOLD[system].startswith("##"):
        assert TOLD[system] in finished.stdout
    else:
        assert "JAMA_SESSION_PASSED=2\n" in told.read_text("utf-8")


@shell
@systems
def test_a_bad_end_of_the_upload_is_the_end_of_the_script_and_leaves_nothing_behind(
    checkout: Repository, make: Callable[[], Script], tmp_path: Path
) -> None:
    own = tmp_path / "temporary files"
    own.mkdir()
    assert run(checkout, make(), FORCED_STATUS="3", TMPDIR=str(own)).returncode == 3
    assert list(own.iterdir()) == []


@shell
def test_teamcity_keeps_the_journal_whatever_the_end(checkout: Repository) -> None:
    said = "##teamcity[publishArtifacts '.jama => jama-journal']"
    assert said not in run(checkout, teamcity(), FORCED_STATUS="2").stdout
    (checkout.folder / ".jama").mkdir()
    assert said in run(checkout, teamcity(), FORCED_STATUS="3").stdout.splitlines()


@systems
def test_what_is_installed_is_what_the_user_says(make: Callable[[], Script]) -> None:
    assert make().environment["UPLOAD_PACKAGE"] in {"pytest-jama", "p"}
    assert 'pip install --quiet --disable-pip-version-check "$UPLOAD_PACKAGE"\n' in make().text


def test_all_templates_run_the_same_script() -> None:
    texts = {
        name: [
            line.strip() for line in make().text.splitlines() if "venv" in line or "$IFS" in line
        ]
        for name, make in SYSTEMS.items()
    }
    last = {make().text.strip().splitlines()[-1].strip() for make in SYSTEMS.values()}
    assert len(last) == 1
    assert len({tuple(lines) for lines in texts.values()}) == 1


def test_every_output_of_the_action_is_a_value_of_sessions() -> None:
    values = {*session_values(Told(JAMA, PLACED)), *session_values(Told(OCTANE, UploadReport()))}
    named = re.findall(r"steps\.upload\.outputs\.(\w+)", str(ACTION["outputs"]))
    assert named
    assert set(named) - values == {"OCTANE_SESSION_WORKSPACE_URL"}


@every(
    "document, condition",
    [
        (ACTION["runs"]["steps"][1], "always() && inputs.artifact != ''"),
        (AZURE["steps"][0], "always()"),
        (AZURE["steps"][1]["${{ if ne(parameters.artifact, '') }}"][0], "always()"),
        (next(iter(GITLAB[1].values())), "always"),
        (next(iter(GITLAB[1].values()))["artifacts"], "always"),
    ],
    ids=["github journal", "azure", "azure journal", "gitlab", "gitlab journal"],
)
def test_uploads_and_journals_come_also_after_failed_tests(
    document: dict[str, Any], condition: str
) -> None:
    found = [document.get(name) for name in ("if", "condition", "when")]
    assert condition in found


def test_every_template_keeps_the_journal() -> None:
    (job,) = GITLAB[1].values()
    assert ACTION["runs"]["steps"][1]["with"]["path"].endswith("/.jama")
    assert ".jama" in job["artifacts"]["paths"]
    assert "publish': '.jama'" in str(AZURE["steps"][1])
    assert "archiveArtifacts artifacts: '.jama/**'" in JENKINS


def test_gitlab_takes_up_the_files_that_its_job_writes() -> None:
    (job,) = GITLAB[1].values()
    kept = job["artifacts"]["reports"].values()
    written = [each.strip() for each in job["variables"]["JAMA_OUTPUTS"].split(",")]
    assert written == [f"$CI_PROJECT_DIR/{name}" for name in kept]


def test_azure_hands_secrets_over_by_their_names() -> None:
    (credentials,) = (
        each["default"] for each in AZURE["parameters"] if each["name"] == "credentials"
    )
    assert credentials == {pair: f"$({pair})" for pair in ("JAMA_CLIENT_ID", "JAMA_CLIENT_SECRET")}


def test_jenkins_fills_nothing_into_its_script() -> None:
    assert "script: '''" in JENKINS
    assert [JENKINS.count(each) for each in "{(["] == [JENKINS.count(each) for each in "})]"]
    assert JENKINS.index("archiveArtifacts") > JENKINS.index("finally")


def test_teamcity_runs_the_step_also_after_failed_ones() -> None:
    (mode,) = (
        each.get("value")
        for each in TEAMCITY.iter("param")
        if each.get("name") == "teamcity.step.mode"
    )
    assert mode == "execute_always"


@pytest.mark.parametrize(
    "action", re.findall(r"uses: (.*)", str((ROOT / "action.yml").read_text()))
)
def test_the_action_pins_what_it_uses(action: str) -> None:
    assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action)
