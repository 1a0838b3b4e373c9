"""The reader of JUnit XML: the only place that knows lxml and junitparser."""

from __future__ import annotations

from junit_uploader.readers.junit.reading import FileReading, read_junit

__all__ = ["FileReading", "read_junit"]
