"""The REST operations, one module for each part of the API."""
