"""How much is believed of a file that somebody else made: bytes, cells and pixels.

A report of 20,000 studies with 150 values each has 24 MB and three million cells. Whatever is far
beyond that is damage or an attack, and is refused before it is fetched, read or drawn.
"""

from __future__ import annotations

TABLES = (".csv", ".tsv", ".txt")

MAX_TABLE_BYTES = 50_000_000
MAX_OTHER_BYTES = 200_000_000  # pictures, PDF and whatever else lies beside results
MAX_CELLS = 4_000_000  # of a table
MAX_PIXELS = 50_000_000  # of a picture; drawn, each takes four bytes


def max_bytes(name: str) -> int:
    """Return how large a file of this name may be.

    >>> max_bytes("aidp.csv"), max_bytes("prediction.png")
    (50000000, 200000000)
    """
    return MAX_TABLE_BYTES if name.lower().endswith(TABLES) else MAX_OTHER_BYTES


def in_megabytes(size: float) -> str:
    """Return a number of bytes for people.

    >>> in_megabytes(50_000_000), in_megabytes(2**63 - 1)
    ('50 MB', '9,223,372,036,855 MB')
    """
    return f"{size / 1e6:,.0f} MB"
