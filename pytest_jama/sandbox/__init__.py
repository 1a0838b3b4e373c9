"""Servers of test management that run on your own machine; so far a local Jama Connect.

What stands here knows nothing of Jama: serving, faults, the record of requests, the database.
"""
