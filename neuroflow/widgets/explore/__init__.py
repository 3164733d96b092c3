"""The Explore form."""
