"""One project on disk: its cohorts, packages, submissions and results."""
