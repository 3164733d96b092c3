"""The manufacturers of MR scanners: no other text in their place leaves the house."""

from __future__ import annotations

import re

UNKNOWN = "UNKNOWN"
"""Stands for every text that is none of the names below."""
_NAMES = frozenset(
    re.split(
        r"\s*[;\n]\s*",
        """siemens; siemens healthineers; siemens-healthineers; siemens healthcare; siemens ag
        siemens healthcare gmbh; ge; ge healthcare; ge medical systems; general electric
        philips; philips healthcare; philips medical systems; philips dmc gmbh
        canon; canon_mec; canon medical systems; canon medical systems corporation
        toshiba; toshiba_mec; toshiba medical systems; uih; united imaging
        united imaging healthcare; hitachi; hitachi healthcare; hitachi medical corporation
        hitachi, ltd.; fujifilm; fujifilm corporation; fujifilm healthcare
        fujifilm healthcare corporation; bruker; bruker biospin; bruker biospin gmbh
        bruker biospin mri gmbh; hyperfine; esaote; neusoft medical systems; varian; agilent
        synaptive""",
    )
)
_FIRST = re.compile(
    r"(?:siemens|philips|ge|general electric|canon|toshiba|uih|united imaging|hitachi|fujifilm"
    r"|bruker|hyperfine|esaote|varian|agilent|synaptive)(?=[\s_,;:/(.]|$)",
    re.I,
)


def known_maker(text: str) -> str:
    """Return a manufacturer's name as it is, or only its first word where more was added.

    >>> known_maker("SIEMENS"), known_maker("Siemens Miller Praxis"), known_maker("A clinic")
    ('SIEMENS', 'Siemens', 'UNKNOWN')
    """
    name = text.strip(" \0")
    if name.isascii() and name.lower() in _NAMES:
        return name
    found = _FIRST.match(name)
    return found.group() if found else UNKNOWN if name else ""
