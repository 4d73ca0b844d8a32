"""How the service does as data grows: `python -m bench.growth.fill` and `python -m bench.growth.measure`."""
