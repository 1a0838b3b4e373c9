"""The journal: one append-only file per session, enough to finish its upload.

The format is described in docs/journal.md. `lines` turns values into lines, and `file` names the
file, locks it and appends to it. For ``pytest-jama upload``: `select` finds the files and locks
them again, `read` makes a `record` of each (`line_parser` reads its lines), and `rejudge` makes one
judgement of them and knows what need not be sent again.
"""

from pytest_jama.journal.file import JournalWriter, open_journal
from pytest_jama.journal.journals import Journals

__all__ = ["JournalWriter", "Journals", "open_journal"]
