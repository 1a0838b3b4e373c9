"""The journal: one append-only file per session, enough to finish its upload.

The format is documented in docs/journal.md. `format` turns values into lines, `writer` appends
them, `folder` names the files and keeps their number small.
"""

from pytest_jama.journal.writer import JournalWriter, open_journal

__all__ = ["JournalWriter", "open_journal"]
