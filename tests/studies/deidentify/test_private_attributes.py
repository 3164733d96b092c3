"""The allow-list of private attributes contains all that the service reads."""

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.datadict import get_private_entry
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.tag import Tag
from support.headers import image, put_raw, written

from neuroflow.studies.deidentify.private_attributes import SERVICE, is_safe

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of bad values

CREATORS = {
    0x2005: ["Philips MR Imaging DD 001", "Philips MR Imaging DD 006"],
    0x2001: ["Philips Imaging DD 001"],
    0x0019: ["SIEMENS MR HEADER", "GEMS_ACQU_01"],
    0x0043: ["GEMS_PARM_01"],
}


@pytest.mark.parametrize("number", sorted(SERVICE), ids=hex)
def test_attributes_of_the_service_are_kept_in_any_block(number):
    tag = Tag(number)
    for creator in ["", *CREATORS[tag.group]]:
        dataset = Dataset()
        if creator:
            dataset.add_new((tag.group, tag.element >> 8), "LO", creator)
            assert is_safe(dataset, Tag(tag.group, tag.element >> 8)), "its creator stays too"
        dataset.add_new(tag, "UN", b"1")
        assert is_safe(dataset, tag), creator


@pytest.mark.parametrize("creator", ["DOE^JANE", "PHILIPS Jane Doe", "GEMS_ACQU_01 Doe", "CLINIC"])
def test_unknown_private_creator_is_removed_with_its_block(creator):
    dataset = Dataset()
    dataset.add_new((0x2005, 0x0014), "LO", creator)
    dataset.add_new((0x2005, 0x1415), "LO", "DOE^JANE")
    assert not is_safe(dataset, Tag(0x2005, 0x0014))
    assert not is_safe(dataset, Tag(0x2005, 0x1415))


def test_unlisted_private_text_is_removed():
    dataset = Dataset()
    dataset.add_new((0x0019, 0x0010), "LO", "SIEMENS MR HEADER")
    dataset.add_new((0x0019, 0x10EE), "LO", "DOE^JANE")
    assert not is_safe(dataset, Tag(0x0019, 0x10EE))


def listed():
    """Return creator, group and low byte of what is to be kept, as a list beside this file."""
    found, creator = [], ""
    text = Path(__file__).with_name("kept_private_attributes.txt").read_text("ascii")
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words[0]) == 4 and words[0][0] in "02":
            found.append((creator, int(words[0], 16), int(words[1], 16)))
        else:
            creator = line
    return found


LISTED = listed()


def test_exactly_the_listed_private_attributes_are_kept():
    kept = []
    for creator in dict.fromkeys(creator for creator, _, _ in LISTED):
        dataset = Dataset()
        for group in sorted({group for owner, group, _ in LISTED if owner == creator}):
            dataset.add_new((group, 0x12), "LO", creator)
            tags = [Tag(group, 0x1200 | low) for low in range(0x100)]
            kept += [
                (creator, group, tag.element & 0xFF)
                for tag in tags
                if int(tag) not in SERVICE and is_safe(dataset, tag)
            ]
    assert set(kept) == set(LISTED)
    assert len(kept) == len(LISTED)


def test_no_attribute_of_free_text_is_listed():
    kinds = {}
    for creator, group, low in LISTED:
        try:
            kinds[creator, group, low] = get_private_entry((group << 16) | 0x1000 | low, creator)[0]
        except KeyError:
            continue
    assert len(kinds) > 200
    # Of short texts a few forms are kept, and of bytes the headers whose text is blanked.
    allowed = {"CS", "DS", "FD", "FL", "IS", "SL", "SS", "UL", "US", "SQ", "SH", "LO", "OB"}
    assert set(kinds.values()) <= allowed
    assert [key[1:] for key, vr in kinds.items() if vr == "OB"] == [
        (0x0029, 0x10),
        (0x0029, 0x20),
        (0x0025, 0x1B),
    ]


def test_the_service_reads_the_numbers_of_its_guide():
    # Philips' and GE's numbers of directions, and where the makers write weighting and direction.
    assert {0x20051415, 0x20051599, 0x001910E0, 0x00431039, 0x20011003} <= SERVICE
    assert {0x0019100C, 0x0019100D, 0x0019100E, 0x00191027} <= SERVICE
    assert {0x001910BB, 0x001910BC, 0x001910BD, 0x200510B0, 0x200510B1, 0x200510B2} <= SERVICE
    assert len(SERVICE) == 15


SIEMENS, SDS, SDI = "SIEMENS MR HEADER", "SIEMENS MR SDS 01", "SIEMENS MR SDI 02"
TEXTS = [
    (SIEMENS, 0x0019, 0x0F, "Fast*"),
    (SIEMENS, 0x0019, 0x11, "Slice/Read"),
    (SIEMENS, 0x0051, 0x0B, "96p*96s"),
    (SIEMENS, 0x0051, 0x0C, "FoV 256*256"),
    (SIEMENS, 0x0051, 0x0D, "SP H12.5"),
    (SIEMENS, 0x0051, 0x0E, "Tra>Cor(-3.1)"),
    (SIEMENS, 0x0051, 0x0F, "C:HEA;HEP"),
    (SIEMENS, 0x0051, 0x11, "p2s2"),
    (SIEMENS, 0x0051, 0x12, "TP H0"),
    (SIEMENS, 0x0051, 0x13, "+LPH"),
    (SIEMENS, 0x0051, 0x15, "R"),
    (SIEMENS, 0x0051, 0x16, "p2 M/DIFFUSION/MOSAIC"),
    (SIEMENS, 0x0051, 0x17, "SL 2.0"),
    (SDS, 0x0021, 0x0C, "-RAF"),
    (SDS, 0x0021, 0x5E, "FoV 220*220"),
    (SDS, 0x0021, 0x5F, "TP 0"),
    (SDI, 0x0021, 0x06, "X_1_2_1"),
    (SDI, 0x0021, 0x4F, "HC1-7;NC1"),
    (SDI, 0x0021, 0x58, "110p*110"),
    (SDI, 0x0021, 0x77, "ep_b1000#12"),
    (SDI, 0x0021, 0x8B, "SP F3.5"),
    ("GEMS_ACQU_01", 0x0019, 0x9C, "epi2"),
    ("GEMS_ACQU_01", 0x0019, 0x9E, "EPI2"),
    ("GEMS_IMAG_01", 0x0027, 0x40, "S"),
    ("Philips Imaging DD 001", 0x2001, 0x20, "DwiSE"),
    ("Philips Imaging DD 001", 0x2001, 0x87, "1H"),
]


def kept_value(creator, group, low, text):
    dataset = image("MILLER^ANNA")
    dataset.remove_private_tags()
    dataset.private_block(group, creator, create=True).add_new(low, "LO", text)
    element = pydicom.dcmread(DicomBytesIO(written(dataset))).get((group, 0x1000 | low))
    return None if element is None else element.value


@pytest.mark.parametrize(("creator", "group", "low", "text"), TEXTS)
def test_private_texts_of_a_known_form_are_kept(creator, group, low, text):
    assert kept_value(creator, group, low, text) == text
    assert kept_value(creator, group, low, "MILLER, ANNA") is None
    assert kept_value(creator, group, low, "called MILLER") is None


def test_a_name_in_the_form_of_a_coil_is_removed():
    assert kept_value(SIEMENS, 0x0051, 0x0F, "HEA;ANNA") is None
    assert kept_value(SIEMENS, 0x0051, 0x16, "M/ANNA") is None
    assert kept_value("GEMS_ACQU_01", 0x0019, 0x9C, "epi_anna") is None
    assert kept_value("GEMS_ACQU_01", 0x0019, 0x9C, "epi_xberg") is None
    assert kept_value(SIEMENS, 0x0051, 0x13, "+RAL") == "+RAL"


def as_unknown(creator, tag, value):
    """Return whether bytes of an unknown type are kept."""
    dataset = image("MILLER^ANNA")
    dataset.remove_private_tags()
    if creator:
        dataset.add_new((tag >> 16, 0x10), "LO", creator)
    put_raw(dataset, tag, "UN", value)
    return Tag(tag) in pydicom.dcmread(DicomBytesIO(written(dataset)))


DD, RELA = "Philips Imaging DD 001", "GEMS_RELA_01"


@pytest.mark.parametrize(
    ("creator", "tag", "value", "is_kept"),
    [
        (DD, 0x20011003, struct.pack("<f", 1000), True),
        ("", 0x20011003, struct.pack("<f", -1e9), False),
        ("", 0x20011003, struct.pack("<f", 1e-10), False),
        (DD, 0x20011003, struct.pack("<f", 0), True),
        ("", 0x20011003, struct.pack("<f", 1000) + b"ab", False),
        ("", 0x20011003, struct.pack("<f", 1000), True),
        ("", 0x20051415, struct.pack("<i", 32), True),
        ("", 0x20051415, struct.pack("<2i", 32, 33), True),
        ("", 0x20051415, struct.pack("<3i", 32, 33, 34), False),
        ("", 0x20051415, b"MILLER\0\0", False),
        ("", 0x200510B1, struct.pack("<f", 0.6), True),
        ("", 0x00191027, struct.pack("<6d", *range(6)), True),
        (SIEMENS, 0x0019100E, struct.pack("<3d", 0.6, 0.8, 0), True),
        (SIEMENS, 0x0019100A, struct.pack("<H", 64), True),
        (RELA, 0x0021104F, struct.pack("<h", 64), True),
        (RELA, 0x0021104F, struct.pack("<3h", 64, 1, 2), False),
        (SDI, 0x00211004, struct.pack("<f", 1.0), False),  # of a type that nobody lists
        (SDI, 0x00211004, b"", True),
    ],
)
def test_bytes_are_kept_as_the_numbers_of_their_attribute(creator, tag, value, is_kept):
    assert as_unknown(creator, tag, value) is is_kept
