"""The Connect form."""
