"""Operators' commands, one module a noun: each adds its commands to the parser, and calls what the API calls."""
