"""Expressions of PromQL, parsed: which metrics and labels they name."""

from dataclasses import dataclass, field
from typing import Any

import promql_parser

# Every time series has them; Prometheus adds them.
OF_PROMETHEUS = {"job", "instance"}


@dataclass
class Named:
    """The metrics that an expression names, each with the labels that are asked of it."""

    metrics: dict[str, set[str]] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)

    def add(self, expression: Any) -> bool:
        """Note what a part of an expression names; the walk goes on."""
        if isinstance(expression, promql_parser.VectorSelector):
            labels = {matcher.name for matcher in expression.matchers.matchers}
            self.metrics.setdefault(str(expression.name), set()).update(labels - OF_PROMETHEUS)
        if isinstance(expression, promql_parser.AggregateExpr) and expression.modifier is not None:
            self.grouped.update(set(expression.modifier.labels) - OF_PROMETHEUS)
        return True


def named_in(expression: str) -> Named:
    """Return what an expression names; raise ValueError if it is none."""
    named = Named()
    promql_parser.walk(promql_parser.parse(expression), named.add)
    return named
