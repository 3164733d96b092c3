"""The command line: the only place that prints and exits."""

from neuroflow.cli.program import app, main

__all__ = ["app", "main"]
