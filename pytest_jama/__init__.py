"""Report test results to Jama Connect: the pytest plugin, its toolbox and their shared core."""

import pluggy

__version__ = "0.1.0"

hookimpl = pluggy.HookimplMarker("pytest_jama")
"""Mark a function as an implementation of one of the hooks in `pytest_jama.hooks.specs`."""

__all__ = ["__version__", "hookimpl"]
