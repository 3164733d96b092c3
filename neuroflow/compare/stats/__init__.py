"""Statistical methods over all regions at once."""
