"""How long tests wait for what has to come: far longer than it takes, for machines are busy."""

PATIENCE = 180.0
"""Seconds. Whoever waits is told at once when it has come; only a failure takes so long."""
