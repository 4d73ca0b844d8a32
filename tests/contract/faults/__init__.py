"""Deliberate faults, each switched on in a running server of the tests, so that checks are seen to catch them."""
