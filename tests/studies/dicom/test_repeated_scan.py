"""Headers of a series compared with those before: the same is found as in each alone."""

import io
import random
from dataclasses import replace

import pytest
from support import quirks
from support.scans import SMALL, write_dicom, write_mosaic

from neuroflow.demo.scans import maker_quirks
from neuroflow.studies.dicom.element_scan import SCAN_ERRORS, scan_elements
from neuroflow.studies.dicom.fast_reader import RawHeader, read_raw
from neuroflow.studies.dicom.header import READ_ERRORS, TAGS, _classic, _header, read_header
from neuroflow.studies.dicom.private_blocks import gather
from neuroflow.studies.dicom.repeated_scan import RepeatedScan

END = 0x52009229


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Return files of several series, in the order of their names."""
    folder = tmp_path_factory.mktemp("series")
    paths = [*write_mosaic(folder / "vb", SMALL)]
    quirks.edit(paths, maker_quirks.siemens_vb)
    for number, vendor in enumerate(("siemens", "ge", "philips")):
        scan = replace(SMALL, vendor=vendor, number=number + 5)
        paths += write_dicom(folder / vendor, scan)
    return [path.read_bytes() for path in paths]


def begin(data):
    return 132 + 12 + int.from_bytes(data[140:144], "little")


def damaged(data, rng):
    """Change some bytes of a header, or leave out or repeat a part of it."""
    at = rng.randrange(begin(data), len(data))
    kind = rng.randrange(5)
    if kind == 0:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + rng.randrange(1, 30) :]
    if kind == 2:
        return data[:at] + data[at - 20 : at] + data[at:]
    if kind == 3:
        return data[:at]
    return data


def outcome(scan, data):
    try:
        found = scan(data, begin(data), implicit=False)
    except SCAN_ERRORS as error:
        return type(error)
    return found[0], found[1]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_does_not_depend_on_earlier_files(series, seed):
    rng = random.Random(seed)
    repeated = RepeatedScan(TAGS, END)

    def alone(data, at, *, implicit):
        return scan_elements(data, at, TAGS, END, implicit=implicit)

    for number in range(400):
        data = series[number % len(series)] if rng.random() < 0.8 else rng.choice(series)
        data = damaged(data, rng) if rng.random() < 0.3 else data
        assert outcome(repeated, data) == outcome(alone, data), number


def test_files_of_a_series_share_what_does_not_differ(series):
    repeated = RepeatedScan(TAGS, END)
    ge = [data for data in series if b"GEMS_ACQU_01" in data]
    scans = [repeated(data, begin(data), implicit=False) for data in (*ge, *ge)]
    assert scans[-1].like is scans[-2].like is not None
    assert 0x00200013 in scans[-1].own  # the instance number
    assert 0x0020000D not in scans[-1].own  # the study
    assert len(scans[-1].own) < len(scans[-1].elements) / 2


def test_headers_read_in_turn_equal_those_read_alone(series):
    rng = random.Random(7)
    compared = 0
    for number in range(300):
        data = damaged(rng.choice(series), rng) if number % 3 == 0 else rng.choice(series)
        try:
            raw = read_raw(io.BytesIO(data), TAGS, END)
            header = read_header(io.BytesIO(data))
        except (*READ_ERRORS, *SCAN_ERRORS):
            continue
        try:
            elements, stop = scan_elements(data, begin(data), TAGS, END, implicit=False)
        except SCAN_ERRORS:
            continue
        alone = RawHeader(gather(dict(elements)), raw.syntax, stop, raw.sop_class)
        assert header == _header(alone, alone.syntax, _classic(alone))
        compared += 1
    assert compared > 150


def test_an_unlike_series_is_scanned_alone_after_a_while(series):
    repeated = RepeatedScan(TAGS, END)
    data = series[-1]
    at = begin(data)
    for number in range(40):  # each begins with another element
        other = data[:at] + bytes([0x07, 0, number, 0x10]) + b"SH\x02\x00ab" + data[at:]
        assert repeated(other, begin(other), implicit=False).elements
    assert repeated(data, begin(data), implicit=False).stop is not None
