"""The pytest plugin: what it costs when it is installed but not enabled.

PYTEST_DONT_REWRITE: nothing here asserts, and every pytest session imports this module.

Without ``--jama`` the plugin declares its options, its marker and the fixture ``jama``, and does
nothing else. Keep this module small and free of imports; `activation` holds what ``--jama`` starts.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_jama.plugin.evidence import Evidence

MARKER = (
    "jama(case, ..., step=None): the test is evidence of these Jama test cases (API ID, document "
    "key or global ID), or of one step of them; the nearest marker wins."
)

OPTIONS = {
    "--jama-config": ("FILE", "settings file; default: jama.yaml, from the rootdir upwards"),
    "--jama-url": ("URL", "base URL of Jama Connect"),
    "--jama-project": ("KEY", "project key or API ID"),
    "--jama-plan": ("NAME", "test plan, by name or id:N"),
    "--jama-cycle": ("NAME", "test cycle, by name or id:N"),
}
SWITCHES = {
    "--jama": "report the results to Jama Connect at the end of the session",
    "--jama-no-upload": "only write the journal, send nothing",
    "--jama-dry-run": "read from Jama and print the exact changes, write nothing there",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("jama", "Jama Connect (pytest-jama)")
    for name, text in SWITCHES.items():
        group.addoption(name, action="store_true", help=text)
    for name, (metavar, text) in OPTIONS.items():
        group.addoption(name, metavar=metavar, help=text)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; with ``--jama``, start the rest, before other plugins are configured."""
    config.addinivalue_line("markers", MARKER)
    if config.option.jama:
        from pytest_jama.plugin.activation import activate  # noqa: PLC0415 (only when enabled)

        activate(config)


@pytest.fixture
def jama(request: pytest.FixtureRequest) -> Evidence:
    """Report steps and notes to Jama: ``with jama.step(1): ...``; a no-op without ``--jama``."""
    from pytest_jama.plugin.evidence import start_evidence  # noqa: PLC0415 (only when used)

    return start_evidence(request.node)
