"""What is kept is checked: numbers, codes and texts, at every depth and in private attributes."""

from __future__ import annotations

import struct
import zlib

import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_sequence
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from support.headers import image, put_raw, written
from support.scans import SMALL, header

from neuroflow.demo.scans.csa import csa_header
from neuroflow.studies.deidentify.names import Identifiers
from neuroflow.studies.deidentify.residue import is_kept_number, is_kept_text_of_number
from neuroflow.studies.dicom.csa import read_tags

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of bad values

PROTOCOL = b"""<XProtocol>
### ASCCONV BEGIN ###
sCoilSelectMeas.lRxChannelConnected = 20
sSliceArray.lGinaPower = 2
alFree[3] = 7654321
tPatientName = "CHAN"
### ASCCONV END ###
"""


@pytest.mark.parametrize("name", ["CHAN^PETER", "GINA^MARY", "POWER^JANE", "PACE^LANE", "LING^MEI"])
def test_name_within_a_protocol_word_removes_no_csa_header(name):
    dataset = image(name)
    dataset.InstitutionName, dataset.InstitutionAddress = "Image Centre", "3 Mill Lane"
    dataset.PatientID = "7654321"
    for element in list(dataset.group_dataset(0x0029)):
        del dataset[element.tag]
    block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    fields = {
        "B_value": ("IS", [1000]),
        "ImaCoilString": ("LO", [f"C:{name.split('^')[0]}"]),
        "MrPhoenixProtocol": ("UN", [PROTOCOL.decode()]),
    }
    block.add_new(0x10, "OB", csa_header(fields))
    data = pydicom.dcmread(DicomBytesIO(written(dataset)))
    tags = read_tags(data[0x0029, 0x1010].value)
    assert tags["B_value"] == [1000]
    assert tags["ImaCoilString"] == [""]
    (protocol,) = tags["MrPhoenixProtocol"]
    assert "lRxChannelConnected = 20" in protocol
    assert "lGinaPower = 2" in protocol
    assert "7654321" not in protocol
    assert "CHAN" not in protocol


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00181316, "DS", b"MUSTERMANN"),
        (0x00181316, "DS", b"1.5\\DRHOUSE"),
        (0x00200100, "IS", b"ROOM DRHOUSE"),
        (0x00200012, "IS", b"7654321"),
        (0x00180015, "CS", b"DRHOUSE"),
        (0x00185100, "CS", b"DRHOUSE WARD7"),
        (0x00203401, "CS", b"DRHOUSE_WS3"),
        (0x0018100B, "UI", b"1.2.840.99.5550123"),
        (0x00080005, "CS", b"DRHOUSE WARD7"),
        (0x00189005, "SH", b"ep_DRHOUSE"),
        (0x00181020, "LO", b"for house"),
        (0x0018A001, "UN", b"DRHOUSE"),
        (0x00281201, "OW", b"DRHOUSE "),
    ],
)
def test_text_in_a_number_or_code_is_removed(tag, vr, value):
    dataset = image("HOUSE^GREG")
    dataset.PatientID = "7654321"
    put_raw(dataset, tag, vr, value)
    data = written(dataset)
    for word in (b"HOUSE", b"house", b"WARD7", b"7654321", b"5550123", b"MUSTERMANN"):
        assert word not in data


def test_ids_and_people_of_nested_sequences_are_found_in_texts():
    dataset = image()
    other = Dataset()
    other.PatientID = "ALTMRN5566"
    dataset.OtherPatientIDsSequence = [other]
    request = Dataset()
    request.RequestingPhysician = "HOUSE^GREG"
    dataset.RequestAttributesSequence = [request]
    dataset.OperatorsName = ["WU^LI", "SCHREIBER"]
    dataset.SequenceName = "ep_ALTMRN5566"
    dataset.PulseSequenceName = "dti_greg"
    dataset.SoftwareVersions = ["VE11", "Li"]
    dataset.ManufacturerModelName = "Prisma Schreiber"
    read = pydicom.dcmread(DicomBytesIO(written(dataset)))
    for word in ("SequenceName", "PulseSequenceName", "SoftwareVersions", "ManufacturerModelName"):
        assert word not in read


def test_age_and_name_of_a_nested_item_are_removed():
    dataset = image()
    dataset.PatientAge = "097Y"
    nested = Dataset()
    nested.PatientAge, nested.PatientName, nested.MTState = "097Y", "HIDDEN^ZQ", 1
    dataset.MRSpatialSaturationSequence = [nested]
    read = pydicom.dcmread(DicomBytesIO(written(dataset)))
    assert read.PatientAge == "060Y"
    assert not [tag for tag in read.MRSpatialSaturationSequence[0] if tag.tag.group == 0x0010]


def hidden_sequence(*, implicit: bool) -> bytes:
    item = Dataset()
    item.PatientName, item.OperatorsName = "HIDDEN^ZQ", "HIDDEN"
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = implicit, True
    write_sequence(stream, DataElement(Tag(0x00081140), "SQ", Sequence([item])), ["iso8859"])
    return stream.getvalue()


@pytest.mark.parametrize(
    ("creator", "tag"),
    [
        ("Philips MR Imaging DD 005", 0x20051092),
        ("Philips MR Imaging DD 005", 0x20051099),
        ("Philips MR Imaging DD 001", 0x2005107B),
        ("SIEMENS MR HEADER", 0x0051100F),
        ("SIEMENS MR SDI 02", 0x0021104F),
        ("GEMS_ACQU_01", 0x0019109C),
        ("", 0x20051415),
        ("", 0x001910BB),
        ("", 0x0019100E),
    ],
)
@pytest.mark.parametrize("kind", ["implicit", "explicit", "text"])
def test_unknown_private_value_is_kept_only_as_numbers(creator, tag, kind):
    dataset = header(SMALL, 1)
    if creator:
        dataset.add_new((tag >> 16, 0x10), "LO", creator)
    text = b"HIDDEN WARD7 DR X"
    put_raw(
        dataset, tag, "UN", text if kind == "text" else hidden_sequence(implicit=kind[0] == "i")
    )
    assert b"HIDDEN" not in written(dataset)


def test_private_texts_of_known_forms_are_kept():
    dataset = image()
    block = dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True)
    texts = {0x0C: "FoV 256*256", 0x0F: "HEA;HEP", 0x11: "p2", 0x13: "+LPH", 0x0E: "Tra>Cor(-3.1)"}
    for low, text in texts.items():
        block.add_new(low, "LO", text)
    block.add_new(0x12, "SH", "DRHOUSE WARD7")
    read = pydicom.dcmread(DicomBytesIO(written(dataset)))
    assert {low: read[0x0051, 0x1000 | low].value for low in texts} == texts
    assert (0x0051, 0x1012) not in read


@pytest.mark.parametrize(
    ("low", "text"),
    [
        (0x0E, "Tra 1964-02-29"),
        (0x0E, "19640229"),
        (0x0C, "FoV 19640229*1"),
        (0x0D, "SP H19640229"),
        (0x12, "TP 19640229"),
        (0x17, "SL 19640229"),
        (0x0B, "19640229*1"),
    ],
)
def test_dates_have_no_room_in_forms_of_numbers(low, text):
    dataset = image()
    dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True).add_new(low, "LO", text)
    assert (0x0051, 0x1000 | low) not in pydicom.dcmread(DicomBytesIO(written(dataset)))


@pytest.mark.parametrize(
    "text", ["Tra", "Cor>Tra(-12.5)", "T > C-25.4 > S3.1", "Tra>Cor(-10.5)>Sag(0.6)"]
)
def test_orientations_of_slices_are_kept(text):
    dataset = image()
    dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True).add_new(0x0E, "LO", text)
    assert pydicom.dcmread(DicomBytesIO(written(dataset)))[0x0051, 0x100E].value == text


@pytest.mark.parametrize("word", ["SamplesPerPixel", "HighBit", "AcquisitionMatrix", "StackID"])
@pytest.mark.parametrize("vr", ["US", "FL", "AT"])
def test_an_element_that_swallowed_others_is_removed(word, vr):
    dataset = image()
    tag = tag_for_keyword(word)
    put_raw(
        dataset, tag, vr, b"\1\0\x08\0\x50\0SH\x0a\0ACC998877 \x32\0\x32\x10PN\x0c\0DOKTOR^ANNA "
    )
    kept = written(dataset)
    assert b"DOKTOR" not in kept
    assert b"ACC99" not in kept
    assert tag not in pydicom.dcmread(DicomBytesIO(kept))


@pytest.mark.parametrize(
    ("tag", "vr", "values"),
    [
        (0x001910E0, "US", list(b"MILLER")),
        (0x00431039, "SL", [1] * 40),
        (0x200510B0, "FL", [1.0, 2.0, 3.0, 4.0]),
        (0x00191029, "FD", list(struct.unpack("<2d", b"MUSTERMANN^ERIKA"))),
    ],
)
def test_private_numbers_that_may_be_a_text_are_removed(tag, vr, values):
    dataset = image(vendor="ge" if tag in (0x001910E0, 0x00431039) else "philips")
    creators = {0x0019: "SIEMENS MR HEADER"} if tag == 0x00191029 else {}
    for group, creator in creators.items():
        dataset.add_new((group, 0x10), "LO", creator)
    dataset.add_new(tag, vr, values)
    assert Tag(tag) not in pydicom.dcmread(DicomBytesIO(written(dataset)))


def test_times_of_many_slices_are_kept():
    dataset = image()
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x29, "FD", [2.5 * number for number in range(72)])
    assert len(pydicom.dcmread(DicomBytesIO(written(dataset)))[0x0019, 0x1029].value) == 72


def test_ge_protocol_keeps_slice_order_and_loses_texts():
    text = b'COIL "48HA"\nSEDESC "DTI MUSTERMANN"\nVIEWORDER "1"\nIOPT "EPI, DIFF, MUSTERMANN"\n'
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    packed = packer.compress(text) + packer.flush()
    dataset = image(vendor="ge")
    block = dataset.private_block(0x0025, "GEMS_SERS_01", create=True)
    block.add_new(0x1B, "OB", len(packed).to_bytes(4, "little") + packed)
    value = pydicom.dcmread(DicomBytesIO(written(dataset)))[0x0025, 0x101B].value
    kept = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(value[4:])
    assert kept == b'VIEWORDER "1"\nIOPT "EPI, DIFF"\n'


def test_manufacturer_with_more_words_is_cut_to_its_name():
    dataset = image()
    dataset.Manufacturer = "Siemens Miller Praxis"
    assert pydicom.dcmread(DicomBytesIO(written(dataset))).Manufacturer == "Siemens"


def test_method_is_written_as_codes():
    codes = pydicom.dcmread(DicomBytesIO(written(image()))).DeidentificationMethodCodeSequence
    assert [code.CodeValue for code in codes] == ["113100", "113107", "113108", "113111"]
    assert {code.CodingSchemeDesignator for code in codes} == {"DCM"}


WORDS = Identifiers({"MILLER"}, {"7654321"})
SMALLEST_PIXEL, MATRIX, B_VALUE, CHANNELS = 0x00280106, 0x00181310, 0x00189087, 0x0040A0B0


@pytest.mark.parametrize(
    ("tag", "vr", "value", "is_kept"),
    [
        (SMALLEST_PIXEL, "US", struct.pack("<H", 7), True),
        (SMALLEST_PIXEL, "SS", struct.pack("<h", -7), True),
        (SMALLEST_PIXEL, "FL", struct.pack("<f", 7), False),
        (SMALLEST_PIXEL, None, struct.pack("<H", 7), False),
        (SMALLEST_PIXEL, "OB", struct.pack("<H", 7), False),
        (SMALLEST_PIXEL, "US", b"", False),
        (SMALLEST_PIXEL, "US", b"\1\2\3", False),
        (SMALLEST_PIXEL, "US", struct.pack("<2H", 7, 8), False),
        (MATRIX, "US", struct.pack("<4H", 96, 0, 0, 96), True),
        (MATRIX, "US", struct.pack("<5H", 96, 0, 0, 96, 1), False),
        (MATRIX, "US", b"MILLER", False),
        (MATRIX, "US", b"MELLIR", True),
        (B_VALUE, "FD", struct.pack("<d", 1000), True),
        (B_VALUE, "FD", struct.pack("<d", float("nan")), False),
        (B_VALUE, "FD", struct.pack("<d", float("-inf")), False),
        (CHANNELS, "US", struct.pack("<2H", 1, 2), False),
        (0x00191011, "US", struct.pack("<H", 7), False),
        (0x00282001, "US", struct.pack("<H", 7), False),
    ],
)
def test_numbers_of_known_attributes_are_kept_as_they_are(tag, vr, value, is_kept):
    assert is_kept_number(tag, vr, value, WORDS) is is_kept


@pytest.mark.parametrize(
    ("tag", "vr", "value", "is_kept"),
    [
        (0x00200013, "IS", b"12", True),
        (0x00200013, "IS", b"-7", True),
        (0x00200013, "IS", b"7 ", True),
        (0x00200013, "IS", b"123456789 ", True),
        (0x00200013, "IS", b"1234567890", False),
        (0x00200013, "IS", b"7", False),
        (0x00200013, "IS", b"12  ", False),
        (0x00200013, "IS", b" 7", False),
        (0x00200013, "IS", b"+7", False),
        (0x00200013, "IS", b"1.5 ", False),
        (0x00200013, "IS", b"7654321 ", False),
        (0x00200013, None, b"12", False),
        (0x00200013, "LO", b"12", False),
        (0x00200013, "DS", b"12", False),
        (0x00180050, "DS", b"1.50", True),
        (0x00180050, "DS", b"1e10", False),
        (0x00280030, "DS", b"1.5\\2.25", True),
        (0x00280030, "DS", b"1.5\\7654321 ", False),
        (0x00101030, "DS", b"61", False),
        (0x00191011, "IS", b"12", False),
    ],
)
def test_numbers_as_texts_are_kept_as_they_would_be_written(tag, vr, value, is_kept):
    assert is_kept_text_of_number(tag, vr, value, WORDS) is is_kept
