"""Usage: counting calls, and statistics about all records."""
