"""What is kept, and the SQL that keeps it; no HTTP, no rules of the API."""
