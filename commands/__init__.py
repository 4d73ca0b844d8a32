"""Operators' commands, one module a noun. A command is thin: it calls what the API calls."""
