"""Servers of test management that run on your own machine; so far a local Jama Connect.

What stands here serves any API: sockets and TLS, faults, the record of requests, the database.
"""
