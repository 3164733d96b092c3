"""Find and fetch results."""
