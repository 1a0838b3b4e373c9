"""The pytest plugin: what it costs when it is installed but not enabled.

PYTEST_DONT_REWRITE: nothing here asserts, and every pytest session imports this module.

Without ``--jama``, ``--octane`` and ``--junitxml`` the plugin declares its options, its marker and
the fixture ``jama``, and does nothing else, but for the tags of pytest-bdd where that is there.
Keep this module small and free of imports, also of names: pytest looks at each one. `activation`
holds what these options start.
"""

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_jama.plugin.step_fixture import JamaFixture


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("jama", "Jama Connect and ALM Octane (pytest-jama)")
    for name, metavar, text in (
        ("jama", None, "report the results to Jama Connect at the end of the session"),
        ("jama-no-upload", None, "only write the journal, send nothing"),
        ("jama-dry-run", None, "read from Jama and print the exact changes, write nothing there"),
        ("jama-config", "FILE", "settings file; default: jama.yaml, from the rootdir upwards"),
        ("jama-url", "URL", "base URL of Jama Connect"),
        ("jama-project", "KEY", "project key or API ID"),
        ("jama-plan", "NAME", "test plan, by name or id:N"),
        ("jama-cycle", "NAME", "test cycle, by name or id:N"),
        ("jama-select", "CASES", "run only tests of cases: planned, not-passed, or KEY,KEY..."),
        ("jama-journal", "DIR", "folder of the journals; default: .jama beside jama.yaml"),
        ("jama-strict", None, "fail when no test is linked to a test case"),
        ("octane", None, "report the results to ALM Octane at the end of the session"),
        ("octane-no-upload", None, "only write the journal, send nothing to ALM Octane"),
        ("octane-dry-run", None, "read from ALM Octane and print what would be sent, send nothing"),
        ("octane-config", "FILE", "settings file; default: octane.yaml, from the rootdir upwards"),
        ("octane-journal", "DIR", "folder of the journals; default: .jama beside octane.yaml"),
    ):
        form = {"metavar": metavar} if metavar else {"action": "store_true"}
        # A `dest` of its own spares pytest the search for one that all other options leave free.
        group.addoption(f"--{name}", dest=name.replace("-", "_"), help=text, **form)
    for name in ("jama", "octane"):
        group.addoption(
            f"--{name}-report",
            dest=f"{name}_report",
            metavar="FILE",
            action="append",
            help="write the record of the session there at its end, by suffix: .html, .md, .json, "
            ".csv, .xml; several times",
        )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; start what is wanted, before other plugins are configured."""
    config.addinivalue_line(
        "markers",
        "jama(case, ..., step=None): the test is evidence of these Jama test cases (API ID, "
        "document key or global ID), or of one step of them; the nearest marker wins.",
    )
    if hasattr(config.hook, "pytest_bdd_apply_tag"):  # pytest-bdd is there
        from pytest_jama.plugin.scenario_steps import ScenarioTags  # noqa: PLC0415 (see above)

        config.pluginmanager.register(ScenarioTags(), "jama-scenario-tags")
    option = config.option
    if option.jama or option.octane:
        from pytest_jama.plugin.activation import activate  # noqa: PLC0415 (only when enabled)

        activate(config)
    elif (
        option.jama_dry_run
        or option.octane_dry_run
        or option.jama_report
        or option.octane_report
        or option.jama_select is not None
    ):
        from pytest_jama.plugin.activation import refuse_lonely  # noqa: PLC0415 (see above)

        refuse_lonely(config)
    elif getattr(config.option, "xmlpath", None):
        from pytest_jama.plugin.activation import activate_file  # noqa: PLC0415 (see above)

        activate_file(config)


@pytest.fixture
def jama(request: pytest.FixtureRequest) -> "JamaFixture":
    """Say what a test shows of steps, ``with jama.step(1): ...``, and notes, ``jama.note(...)``."""
    from pytest_jama.plugin.attempts import start_fixture  # noqa: PLC0415 (only when used)

    return start_fixture(request.node)
