"""Diagnostics for operators: advice on settings, checks, the start-up message, gauges."""
