"""Siemens' CSA header: read, and blanked without changing its structure."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import pytest
from pydicom import dcmread

from neuroflow.demo.scans.csa import csa_header
from neuroflow.studies.dicom.csa import blank_csa, read_csa, read_tags

SIEMENS = Path(nibabel.__file__).parent / "nicom" / "tests" / "data" / "siemens_dwi_1000.dcm.gz"


@pytest.mark.parametrize("part", [0x1010, 0x1020])
def test_blanked_csa_header_keeps_structure_and_acquisition(part):
    with gzip.open(SIEMENS) as stream:
        value = dcmread(stream)[0x0029, part].value
    blanked = blank_csa(value)
    before, after = read_tags(value), read_tags(blanked)
    assert len(blanked) == len(value)
    assert set(after) == set(before)
    kept = ("B_matrix", "MosaicRefAcqTimes") if part == 0x1010 else ("SliceArrayConcatenations",)
    for name in kept:
        assert after[name] == before[name]
        assert after[name]
    if part == 0x1020:
        assert "sSliceArray.ucMode                       = 0x2" in after["MrPhoenixProtocol"][0]


@pytest.mark.parametrize("value", [b"", b"SV10", b"SV10" + bytes(80), bytes(300), b"SV10" * 90])
def test_damaged_csa_header_is_not_kept(value):
    assert blank_csa(value) is None


TAGS = {
    "B_value": ("IS", ["1000"]),
    "ImaCoilString": ("LO", ["C:HEA;HEP"]),
    "PhaseEncodingDirectionPositive": ("IS", ["1"]),
    "SliceMeasurementDuration": ("DS", ["-1.5e-3"]),
    "PATModeText": ("LO", ["p2", "of the ward!"]),
    "StudyComment": ("LO", ["MILLER"]),
    "UsedPatientWeight": ("DS", ["61.5"]),
}


@pytest.mark.parametrize(
    ("is_identifying", "coils"), [(None, "C:HEA;HEP"), (lambda text: "HEA" in text, "")]
)
def test_values_of_csa_tags_are_kept_by_name_and_form(is_identifying, coils):
    value = csa_header(TAGS)
    blanked = blank_csa(value) if is_identifying is None else blank_csa(value, is_identifying)
    assert len(blanked) == len(value)
    assert read_tags(blanked) == {
        "B_value": [1000],
        "ImaCoilString": [coils],
        "PhaseEncodingDirectionPositive": [1],
        "SliceMeasurementDuration": [-0.0015],
        "PATModeText": ["p2", ""],
        "StudyComment": [""],
        "UsedPatientWeight": [0.0],
    }


def test_what_is_left_over_in_a_csa_header_is_cleared():
    value = bytearray(csa_header({"B_value": ("IS", ["1000"])}))
    value[16 + 20 : 16 + 26] = b"MILLER"  # after the name of the tag
    value[16 + 84 + 16 + 5 : 16 + 84 + 16 + 8] = b"ANN"  # after the item
    blanked = blank_csa(bytes(value) + b"MILLER")
    assert blanked == csa_header({"B_value": ("IS", ["1000"])}) + bytes(6)


BEGIN, END = "### ASCCONV BEGIN", "### ASCCONV END ###"
LINES = [
    ("<XProtocol> MILLER", ""),
    (f"{BEGIN} object=MILLER ###", f"{BEGIN} ###"),
    ("sSliceArray.lSize = 64", "same"),
    ('sProtocolName = "MILLER"', ""),
    ("alFree[3]\t=\t-0x2F", "same"),
    ("sSpare.lNumber = 12345", "same"),
    ("sSpare.lOther = 123456", ""),
    ("sWipMemBlock.adFree[1] = 1.5e-3", "same"),
    ("sPatient.lNumber = 3", ""),
    ("lBirthYear = 1964", ""),
    ("lOfADate = 7", ""),
    ("lSerial = 12", ""),
    ("9lives = 9", ""),
    ("lTooLong = 1234567890", ""),
    (END, END),
    ("MILLER", ""),
]


@pytest.mark.parametrize("name", ["MrPhoenixProtocol", "MrProtocol", "MrEvaProtocol"])
def test_numbers_of_a_protocol_stay_in_their_places(name):
    blanked = blank_csa(
        csa_header({name: ("UN", ["\n".join(line for line, _ in LINES)])}),
        lambda text: text.startswith("12345"),
    )
    (text,) = read_tags(blanked)[name]
    expected = [(line if kept == "same" else kept).ljust(len(line)) for line, kept in LINES]
    # No line ends before the protocol begins, or after it has ended.
    assert text == f"{expected[0]} " + "\n".join(expected[1:-1]) + " " * 7


@pytest.mark.parametrize("text", [f"a = 1\n{END}", f"{BEGIN}\na = 1", f"{END}\n{BEGIN}\na = 1"])
def test_a_protocol_without_both_its_marks_is_blanked(text):
    (found,) = read_tags(blank_csa(csa_header({"MrProtocol": ("UN", [text])})))["MrProtocol"]
    assert found == " " * len(text)


@pytest.mark.parametrize("block", [0x10, 0x13])
@pytest.mark.parametrize(
    ("creator", "expected"),
    [("SIEMENS CSA HEADER", [1000]), (None, [1000]), ("SIEMENS MEDCOM OOG", None)],
)
def test_csa_header_is_read_from_the_blocks_of_its_creator(block, creator, expected):
    values = {0x00290000 | block << 8 | 0x10: csa_header({"B_value": ("IS", ["1000"])})}
    if creator:
        values[0x00290000 | block] = creator
    assert read_csa(values.get).get("B_value") == expected
