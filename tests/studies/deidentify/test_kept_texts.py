"""Texts that are kept consist of words of the field; no name, also cut or among numbers."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.filebase import DicomBytesIO
from support.headers import STRANGE_MAKERS, image, put_raw, written

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of bad values


CUT_NAMES = [
    ("MILLER^ANNA", "SequenceName", "ep_MILL", "ep"),
    ("MILLER^ANNA", "SequenceName", "ep2d_mille_b1000", "ep2d_b1000"),
    ("OKONKWO-ADEYEMI^LI", "PulseSequenceName", "dti_okon", "dti"),
    ("MÜLLER^ÄNNE", "SequenceName", "Muell_se_epi", "se_epi"),
    ("MUSTERMANN^ERIKA", "SoftwareVersions", "syngo MR E11 Must", "syngo MR E11"),
    ("MUSTERMANN^ERIKA", "ManufacturerModelName", "Erik Prisma", "Prisma"),
]


@pytest.mark.parametrize(("name", "word", "text", "without"), CUT_NAMES)
def test_name_that_was_cut_is_found_in_any_text(name, word, text, without):
    dataset = image(name)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    setattr(dataset, word, text)
    assert pydicom.dcmread(DicomBytesIO(written(dataset))).get(word) in (None, without)


UNKNOWN_WORDS = [
    ("ManufacturerModelName", "Prisma Uniklinik Xberg", "Prisma"),
    ("ManufacturerModelName", "MAGNETOM Prisma_fit (Room 4, Dr Adler)", "MAGNETOM Prisma_fit 4"),
    ("ManufacturerModelName", "Xberg-3000", None),
    ("ManufacturerModelName", "SIGNA\u0301 Xberg", None),
    ("SoftwareVersions", ["27", "LX", "Xberg release:MR29.1_EA_2039.g"], None),
    ("SequenceName", "xberg_19450312", None),
    ("PulseSequenceName", "epse2d1_72 xberg", "epse2d1_72"),
    ("StackID", "Xberg", None),
    ("RescaleType", "Xberg", None),
    ("DimensionIndexPrivateCreator", "XBERG CLINIC", None),
    ("FunctionalGroupPrivateCreator", "SIEMENS MR XBERG", None),
    ("ImageComments", "b=1000 Xberg", None),
]


@pytest.mark.parametrize(("word", "text", "kept"), UNKNOWN_WORDS)
def test_words_that_are_none_of_the_field_are_not_kept(word, text, kept):
    dataset = image()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    setattr(dataset, word, text)
    data = written(dataset)
    assert b"xberg" not in data.lower()
    assert b"19450312" not in data
    if kept is not None:
        assert pydicom.dcmread(DicomBytesIO(data)).get(word) == kept


REAL_WORDS = [
    ("ManufacturerModelName", "MAGNETOM Prisma Fit"),
    ("ManufacturerModelName", "MAGNETOM Cima.X Fit"),
    ("ManufacturerModelName", "Investigational_Device_7T"),
    ("ManufacturerModelName", "TrioTim"),
    ("ManufacturerModelName", "GENESIS_SIGNA"),
    ("ManufacturerModelName", "DISCOVERY MR750w"),
    ("ManufacturerModelName", "SIGNA PET/MR"),
    ("ManufacturerModelName", "Ingenia Elition X"),
    ("ManufacturerModelName", "Achieva dStream"),
    ("ManufacturerModelName", "MR 7700"),
    ("ManufacturerModelName", "Vantage Galan 3T"),
    ("ManufacturerModelName", "uMR 790"),
    ("ManufacturerModelName", "Biospec 70/20"),
    ("SoftwareVersions", "syngo MR XA30"),
    ("SoftwareVersions", "syngo MR E11"),
    ("SoftwareVersions", ["28", "LX", "MR29.1_EA_2039.g"]),
    ("SoftwareVersions", ["27", "LX", "MR Software release:DV26.0_R03_1831.b"]),
    ("SoftwareVersions", ["5.7.1", "5.7.1.1"]),
    ("SoftwareVersions", "V6.0SP2000*"),
    ("SequenceName", "*ep_b1000#12"),
    ("SequenceName", "SEEPI2D+0.7"),
    ("SequenceName", "ep2d_diff"),
    ("SequenceName", "*epse2d1_128"),
    ("PulseSequenceName", "*epfid2d1_64"),
    ("PulseSequenceName", "DwiSE"),
]


@pytest.mark.parametrize(("word", "text"), REAL_WORDS)
def test_names_of_scanners_software_and_sequences_are_kept(word, text):
    dataset = image()
    setattr(dataset, word, text)
    assert pydicom.dcmread(DicomBytesIO(written(dataset))).get(word) == text


@pytest.mark.parametrize("vr", ["UN", "FL"])
@pytest.mark.parametrize("text", [b"ZQHIDDEN WARD7 DR HOUSE", b"Erika", b"see MUSTERMANN"])
def test_text_among_numbers_of_ge_is_removed(vr, text):
    dataset = image(vendor="ge")
    dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
    block = dataset.private_block(0x0043, "GEMS_PARM_01")
    put_raw(dataset, block.get_tag(0x38), vr, text.ljust(96))
    assert text not in written(dataset)


@pytest.mark.parametrize(
    ("word", "vr", "text"),
    [
        ("DiffusionGradientOrientation", "FD", b"MUSTERMANN, ERIKA 1945  "),
        ("DiffusionBValue", "FD", b"ERIKA 45"),
        ("AcquisitionMatrix", "US", b"ERIKA MR"),
    ],
)
def test_name_in_the_bytes_of_numbers_is_removed(word, vr, text):
    dataset = image()
    put_raw(dataset, tag_for_keyword(word), vr, text)
    assert text not in written(dataset)


@pytest.mark.parametrize("text", STRANGE_MAKERS)
def test_whoever_makes_no_scanners_is_called_unknown(text):
    dataset = image()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.Manufacturer = text
    data = written(dataset)
    assert pydicom.dcmread(DicomBytesIO(data)).Manufacturer == "UNKNOWN"
    assert text.encode() not in data


@pytest.mark.parametrize(
    ("texts", "kept"),
    [(["Xberg", "SIEMENS"], "SIEMENS"), (["Xberg", "Yberg"], "UNKNOWN"), ("", None)],
)
def test_of_several_makers_the_known_one_stays(texts, kept):
    dataset = image()
    dataset.Manufacturer = texts
    read = pydicom.dcmread(DicomBytesIO(written(dataset)))
    assert (read.get("Manufacturer") or None) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("BRAIN", "BRAIN"),
        ("XBERG", None),
        (["XBERG", "SE"], "SE"),
        (["SE", "XBERG", "IR"], ["SE", "IR"]),
    ],
)
def test_codes_are_kept_one_by_one(value, kept):
    dataset = image()
    dataset.ScanningSequence = value
    assert pydicom.dcmread(DicomBytesIO(written(dataset))).get("ScanningSequence") == kept


def test_an_empty_code_stays():
    dataset = image()
    dataset.ScanningSequence = ""
    assert "ScanningSequence" in pydicom.dcmread(DicomBytesIO(written(dataset)))
