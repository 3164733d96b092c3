"""Upload studies once and only once."""
