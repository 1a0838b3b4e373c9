"""What `pytest-jama check` finds out about a server: what an upload would meet there."""
