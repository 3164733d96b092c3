"""GE's protocol data block: a compressed text, of which only known lines of numbers are kept."""

from __future__ import annotations

import re
import zlib

_NUMERIC_LINES = (
    "VIEWORDER SLICEORDER NUMSHOTS PHASEPOLAR PHASEPOLARITY MBACCEL PHASEACCEL SLICEACCEL NOSLC"
    " NECHO DIFNUMDIRS DIFNUMT2 DUALSPINECHO FOV SLTHICK SPC PHASEFOV MATRIXX MATRIXY"
    " TEMPORALPHASES DISTORTIONCORRECTION DIFPROCTYPE HOECC MULTIBVALUE MULTINEXVALUE"
)
_KEPT = frozenset(_NUMERIC_LINES.split())
_OPTIONS = "EDR CLA EPI DIFF ARC HB ASSET FMRI SQ FC SAT SS IR MPH"
_WORDS = {
    "IOPT": frozenset(_OPTIONS.split()),
    "PSEQ": frozenset({"SPIN ECHO", "GRADIENT ECHO"}),
    "PLANE": frozenset({"OBLIQUE", "AXIAL", "SAGITTAL", "CORONAL"}),
    "IMODE": frozenset({"2D", "3D"}),
    "SWAPPF": frozenset({"R/L", "A/P", "S/I", "UNSWAPPED", "AUTO"}),
}
_LINE = re.compile(rb'^(?:set )?([A-Z0-9_]{2,32}) "([^"\r\n]{0,200})"', re.MULTILINE)
_NUMBERS = re.compile(r"(?:-?\d+(?:\.\d*)?;?){1,16}")
_GZIP = b"\x1f\x8b"
_MOST = 1 << 20


def blank_protocol(value: bytes) -> bytes | None:
    """Keep the numbers and known words of a protocol; None where it cannot be read."""
    # The layout as dcm2niix reads it: four bytes of length, and a gzip stream.
    start = value.find(_GZIP, 0, 8)
    if start < 0:
        return None
    try:
        text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(value[start:], _MOST)
    except zlib.error:
        return None
    lines = []
    for key, content in _LINE.findall(text):
        name, words = key.decode("ascii"), content.decode("latin-1")
        if name in _KEPT and _NUMBERS.fullmatch(words):
            lines.append(f'{name} "{words}"')
        elif name in _WORDS:
            known = [word for word in words.split(", ") if word.upper() in _WORDS[name]]
            lines.append(f'{name} "{", ".join(known)}"')
    packed = _packed("\n".join([*lines, ""]).encode("ascii"))
    return len(packed).to_bytes(4, "little") + packed + b"\0" * (len(packed) % 2)


def _packed(text: bytes) -> bytes:
    """Compress without name and time."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    tail = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return head + packer.compress(text) + packer.flush() + tail
