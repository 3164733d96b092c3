"""The CSA header that Siemens scanners add to their images, as far as diffusion needs it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

_CHECK = 77
_SLOTS = 6  # Siemens writes at least six, empty ones included


def csa_header(fields: Mapping[str, tuple[str, Iterable[object]]]) -> bytes:
    """Encode fields in the format "SV10".

    The format as documented by nibabel, https://nipy.org/nibabel/dicom/siemens_csa.html
    """
    head = b"SV10" + b"\4\3\2\1" + struct.pack("<2I", len(fields), _CHECK)
    return head + b"".join(_field(name, vr, list(values)) for name, (vr, values) in fields.items())


def _field(name: str, vr: str, values: list[object]) -> bytes:
    items = [f"{value}".encode("ascii") + b"\0" for value in values]
    items += [b""] * (_SLOTS - len(items))
    head = struct.pack(
        "<64si4s3i", name.encode("ascii"), len(values), vr.encode("ascii"), 0, len(items), _CHECK
    )
    return head + b"".join(
        struct.pack("<4i", len(item), len(item), _CHECK, len(item))
        + item
        + b"\0" * (-len(item) % 4)
        for item in items
    )
