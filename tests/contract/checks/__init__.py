"""Checks of the contract that run against any deployment: each works with what it makes itself, and nothing else."""
