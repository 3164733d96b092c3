"""GE's protocol data block: known lines of numbers and words stay, within a limited size."""

from __future__ import annotations

import gzip

import pytest

from neuroflow.studies.dicom.ge_protocol import blank_protocol


def block(text: bytes, start: bytes = b"\0\0\0\0") -> bytes:
    return start + gzip.compress(text, mtime=0)  # names of tests must not change


def kept(value: bytes) -> str:
    made = blank_protocol(value)
    assert len(made) % 2 == 0
    size = int.from_bytes(made[:4], "little")
    assert set(made[4 + size :]) <= {0}
    return gzip.decompress(made[4 : 4 + size]).decode()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('NOSLC "64"', 'NOSLC "64"'),
        ('set NOSLC "64"', 'NOSLC "64"'),
        ('FOV "24.0;-3"', 'FOV "24.0;-3"'),
        ('FOV "24 of MILLER"', ""),
        ('PATIENTID "7654321"', ""),
        ('IOPT "EPI, MILLER, diff"', 'IOPT "EPI, diff"'),
        ('PSEQ "Spin Echo"', 'PSEQ "Spin Echo"'),
        ('IMODE "MILLER"', 'IMODE ""'),
        ('nosl "4"', ""),
        ('N "4"', ""),
    ],
)
def test_known_lines_of_a_protocol_are_kept(line, expected):
    assert kept(block(f'{line}\nNECHO "1"\n'.encode())) == f'{expected}\nNECHO "1"\n'.lstrip()


def test_a_protocol_beyond_a_megabyte_is_cut():
    first, last = b'NECHO "1"\n', b'NOSLC "4"\n'
    most = (1 << 20) - len(first) - len(last)
    assert kept(block(first + b" " * (most - 1) + b"\n" + last)) == 'NECHO "1"\nNOSLC "4"\n'
    assert kept(block(first + b" " * (most + 9) + b"\n" + last)) == 'NECHO "1"\n'


@pytest.mark.parametrize("start", [b"", b"\0\0\0\0", b"\0" * 6])
def test_the_compressed_text_begins_among_the_first_bytes(start):
    assert kept(block(b'NECHO "1"\n', start)) == 'NECHO "1"\n'


@pytest.mark.parametrize("value", [b"", b"text", block(b"", b"\0" * 7), b"\x1f\x8bno gzip at all"])
def test_a_protocol_that_cannot_be_read_is_none(value):
    assert blank_protocol(value) is None
