"""Siemens' CSA header: read what neuroflow needs, and blank what may identify someone."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from neuroflow.studies.dicom.fast_reader import Lookup
from neuroflow.studies.dicom.private_blocks import CSA_CREATOR, CSA_GROUP, CSA_TAGS

with warnings.catch_warnings():
    # nibabel calls its DICOM readers experimental on import; only its CSA parser is used here.
    warnings.simplefilter("ignore", UserWarning)
    from nibabel.nicom import csareader

READ_ERRORS = (csareader.CSAError, ValueError, AssertionError, IndexError, struct.error)
"""Exceptions of nibabel's parser on damaged bytes."""
_SAFE_NAMES = (
    "AcquisitionMatrixText B_matrix B_value BandwidthPerPixelPhaseEncode "
    "DiffusionDirectionality DiffusionGradientDirection EchoColumnPosition EchoLinePosition "
    "EchoPartitionPosition FlowCompensation GradientMode GSWDDataType ICE_Dims "
    "ImaAbsTablePosition ImaCoilString ImaPATModeText ImaRelTablePosition MeasuredFourierLines "
    "MosaicRefAcqTimes MultistepIndex NonPlanarImage NumberOfImagesInMosaic NumberOfPrescans "
    "PATModeText PhaseEncodingDirectionPositive PositivePCSDirections ProtocolSliceNumber "
    "RealDwellTime RFSWDDataType SliceMeasurementDuration SliceNormalVector SlicePosition_PCS "
    "SliceResolution SliceArrayConcatenations SequenceMask TablePositionOrigin TimeAfterStart "
    "UsedChannelMask ReadoutOS MrProtocolVersion Isocentered CoilString AbsTablePosition "
    "RelTablePosition"
)
SAFE = frozenset(_SAFE_NAMES.split())
"""Tags whose values describe only the acquisition."""
PROTOCOLS = frozenset({"MrPhoenixProtocol", "MrProtocol", "MrEvaProtocol"})
"""Tags that hold the whole protocol as text, including names of people and dates."""
_NUMBERS = frozenset({b"FL", b"FD", b"DS", b"SS", b"US", b"SL", b"UL", b"IS"})
_NUMBER = re.compile(r"\s*[+-]?\d*\.?\d*(?:[eE][+-]?\d+)?\s*")
_LONG_NUMBER = 6
"""Digits; shorter numbers of a protocol are no ids."""
_HARMLESS = re.compile(rb"[A-Za-z0-9 .,:;+\-*/_()<>%]{0,64}\s*")
_BEGIN, _END = b"### ASCCONV BEGIN", b"### ASCCONV END ###"
_ASSIGNMENT = re.compile(
    rb"^(?![^\n=]*(?:Patient|Birth|Date|UID|Serial))"
    rb"[A-Za-z][\w.\[\]]*[ \t]*=[ \t]*-?(?:0x[0-9a-fA-F]{1,8}|\d{1,9}(?:\.\d*)?(?:e[+-]?\d+)?)"
    rb"[ \t]*$",
    re.MULTILINE,
)


def read_csa(look: Lookup) -> Mapping[str, list[Any]]:
    """Read the image part of Siemens' CSA header, whichever block it reserved."""
    for tag in CSA_TAGS:
        value = look(tag)
        creator = str(look(CSA_GROUP << 16 | (tag & 0xFFFF) >> 8) or CSA_CREATOR)
        if isinstance(value, bytes) and creator.strip(" \0").startswith(CSA_CREATOR):
            return read_tags(value) or {}
    return {}


def read_tags(value: bytes) -> dict[str, list[Any]] | None:
    """Read a CSA header's values."""
    try:
        parsed = csareader.read(value)  # type: ignore[no-untyped-call]
    except READ_ERRORS:
        return None
    return {name: tag["items"] for name, tag in parsed["tags"].items()}


def blank_csa(
    value: bytes, is_identifying: Callable[[str], bool] = lambda _: False
) -> bytes | None:
    """Blank what may identify someone in a CSA header, without changing its structure."""
    if value[:4] != b"SV10" or read_tags(value) is None:
        return None
    blanked = bytearray(value)
    # Only values are searched: names of tags and of lines of the protocol identify nobody.
    (n_tags,) = struct.unpack_from("<I", value, 8)
    at = 16
    for _ in range(n_tags):
        name = value[at : at + 64].split(b"\0")[0].decode("latin-1")
        # The bytes after the end of the name are left over from other names.
        blanked[at + len(name) : at + 64] = bytes(64 - len(name))
        vr = value[at + 68 : at + 70]
        (n_items,) = struct.unpack_from("<i", value, at + 76)
        at += 84
        for _ in range(n_items):
            (length,) = struct.unpack_from("<4xi", value, at)
            at += 16
            item = value[at : at + length]
            padded = -(-length // 4) * 4
            kept = _blank_item(name, item, is_identifying, is_number=vr in _NUMBERS)
            blanked[at : at + padded] = kept + bytes(len(blanked[at : at + padded]) - len(kept))
            at += padded
    blanked[at:] = bytes(len(blanked) - at)
    return bytes(blanked)


def _blank_item(
    name: str, item: bytes, is_identifying: Callable[[str], bool], *, is_number: bool
) -> bytes:
    text = item.split(b"\0")[0]
    if name in PROTOCOLS:
        return _blank_protocol(item, is_identifying)
    plain = text.decode("latin-1")
    if name in SAFE and (
        _NUMBER.fullmatch(plain)
        or (not is_number and _HARMLESS.fullmatch(text) and not is_identifying(plain))
    ):
        return text
    # Readers expect a number in the place of a number.
    return b"0" if is_number and item else b""


def _blank_protocol(item: bytes, is_identifying: Callable[[str], bool]) -> bytes:
    """Keep the assignments of numbers in the text protocol; replace the rest by spaces."""
    text = item.rstrip(b"\0")
    start, end = text.find(_BEGIN), text.find(_END)
    if start < 0 or end < start:
        return b" " * len(text)
    head_end = text.find(b"\n", start) + 1 or len(text)
    kept = bytearray(b" " * len(text))
    kept[start : start + len(_BEGIN)] = _BEGIN
    kept[start + len(_BEGIN) : start + len(_BEGIN) + 4] = b" ###"
    for match in _ASSIGNMENT.finditer(text, head_end, end):
        number = match.group().split(b"=")[1].strip().decode("ascii")
        if not (len(number) >= _LONG_NUMBER and is_identifying(number)):
            kept[match.start() : match.end()] = match.group()
    for at in (index for index in range(head_end - 1, end) if text[index : index + 1] == b"\n"):
        kept[at : at + 1] = b"\n"
    kept[end : end + len(_END)] = _END
    return bytes(kept)
