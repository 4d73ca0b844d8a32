"""What operators are told about a server: advice on settings, checks, the start-up message, gauges."""
