"""Values and rules: what a result is, what it proves, what shall change at the target.

Standard library only; nothing here knows pytest, HTTP or Jama's JSON, and only `trust` opens files,
for all rooms above. A result goes through `results`, `cases` (its links) and `verdicts`; `port` has
what a target gets and returns.
"""
