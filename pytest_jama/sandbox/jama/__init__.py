"""A local Jama Connect: the REST API that a results reporter touches, kept in SQLite.

Written from Jama's public documentation only. It imports nothing of the client in this
distribution, so that client and sandbox can disagree in a test.
"""
