"""The hooks of pytest-jama: their specifications, and the one place that calls them."""
