"""Jama Connect as a target: `make_jama_target`."""

from pytest_jama.targets.jama.target import JamaTarget, make_jama_target

__all__ = ["JamaTarget", "make_jama_target"]
