"""Simulated scans in the formats of the makers."""
