"""Benchmarks: this service against two references on the same database in the same run (`python -m bench.run`)."""
