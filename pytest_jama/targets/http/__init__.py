"""JSON over HTTP for any REST server: login, pace, retries, and an end to waiting."""
