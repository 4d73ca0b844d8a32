"""The running server, fuzzed by Schemathesis: as a person and as a script, at each form of the paths."""
