"""Latency as the number of accounts grows, on PostgreSQL: `python -m bench.growth`."""
