"""Benchmarks: `make bench`, `make hostile`, and `python -m bench.<module>` for each of the others."""
