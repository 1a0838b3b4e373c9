"""The read-only page: plans, cycles, runs and steps, without scripts or outside resources."""

from pytest_jama.sandbox.page.views import router

__all__ = ["router"]
