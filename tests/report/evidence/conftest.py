"""What needs a real browser is collected where there is one."""

from __future__ import annotations

from tests.sandbox.browser import find_browser

collect_ignore = [] if find_browser() else ["test_report_in_browser.py", "test_trace_in_browser.py"]
