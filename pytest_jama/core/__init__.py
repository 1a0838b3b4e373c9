"""Values and rules: what a result is, what it proves, what shall change at the target.

Standard library only; nothing here knows pytest, HTTP, files or Jama's JSON. The way of one result:
`results` -> `cases` (links) -> `verdicts` -> `plan` (of `runs`) -> `target` (port) -> `receipts` ->
`report`; `publish` is the use case that goes it.
"""
