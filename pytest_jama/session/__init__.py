"""What every front-end shares: from results to the ending of a session."""
