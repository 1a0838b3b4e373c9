"""The targets: adapters that bring updates to a test-management server.

Only this package knows HTTP. A further target is a folder beside `jama`, and two lines in
`pytest_jama.hooks.extensions`.
"""
