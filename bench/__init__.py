"""Benchmarks: this service against three references on the same database in the same run (`python -m bench.run`)."""
