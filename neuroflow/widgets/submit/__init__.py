"""The Submit form."""
