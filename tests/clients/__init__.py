"""Clients that others publish, run unchanged against the running service."""
