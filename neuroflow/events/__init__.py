"""Progress of long jobs: events, bars and the log."""
