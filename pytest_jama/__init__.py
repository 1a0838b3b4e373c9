"""Report test results to Jama Connect: the pytest plugin, its toolbox and their shared core."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pluggy

    hookimpl = pluggy.HookimplMarker("pytest_jama")
    """Mark a function as an implementation of one of the hooks in `pytest_jama.hooks.specs`."""

__version__ = "0.1.0"

__all__ = ["__version__", "hookimpl"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Make `hookimpl` when it is asked for: pluggy costs as much as Python's own start."""
        if name != "hookimpl":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import pluggy  # noqa: PLC0415 (see above)

        globals()[name] = pluggy.HookimplMarker("pytest_jama")
        return globals()[name]
