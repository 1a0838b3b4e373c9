"""``pytest-jama check``: what is in the way of a session or an upload, before there is one.

`check_command` has the options, `check_jama` and `check_octane` conduct a check of their server;
`check_repository` and `check_tests` say what can be said without one.
"""
