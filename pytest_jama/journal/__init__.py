"""The journal: one append-only file per session, enough to finish its upload.

The format is documented in docs/journal.md. Writing: `format` turns values into lines, `writer`
appends them, `folder` names the files and keeps their number small, `locking` says who writes one.
Reading, for ``pytest-jama upload``: `choosing` finds the files, `appending` takes them up,
`reading` and `parsing` make each a `recording`, `merging` and `judging` make one judgement of them,
and `recalling` knows what need not be sent again.
"""

from pytest_jama.journal.writer import JournalWriter, open_journal

__all__ = ["JournalWriter", "open_journal"]
