"""``pytest-jama init``: the first settings file, from what is there.

`init_command` has the options, `init_jama` and `init_octane` make the file of their server.
"""
