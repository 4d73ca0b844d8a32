"""The outside world and policy, each with an embedded default. `lifecycle` readies them all."""
