"""Controls and helpers that all forms share."""
