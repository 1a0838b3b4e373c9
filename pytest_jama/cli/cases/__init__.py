"""``pytest-jama cases``: test cases beside the tests that are linked to them.

`case_commands` has the options, `case_tests` the tests and the settings of all of these commands.
`case_listing` lists and finds gaps; `case_creating` creates what `case_drafts` drafts, and
`made_cases` tells what has become of it.
"""
