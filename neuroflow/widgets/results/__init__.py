"""The Results form."""
