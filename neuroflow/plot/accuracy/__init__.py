"""Figures of diagnostic accuracy."""
