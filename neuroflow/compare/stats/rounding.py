"""When numbers differ by no more than the rounding of their computation."""

from __future__ import annotations

ROUNDING = 1e-12
"""Of the largest number: a standard deviation that is smaller is rounding, and not variation."""
