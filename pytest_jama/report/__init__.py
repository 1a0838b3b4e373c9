"""What people and scripts read of a session: summary, JSON, progress, streams."""
