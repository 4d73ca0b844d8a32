"""One client does its worst: how others fare meanwhile."""
