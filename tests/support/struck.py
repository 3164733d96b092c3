"""How many faults struck in this session, by kind: told at the end of the tests."""

from collections import Counter

STRUCK = Counter()
"""From the kind of fault to how often it struck."""
