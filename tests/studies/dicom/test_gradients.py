"""Gradients and echo-planar marks as the makers split them between public and private tags."""

import io

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from neuroflow.studies.dicom.fast_reader import lookup
from neuroflow.studies.dicom.gradients import read_gradient
from neuroflow.studies.dicom.header import ECHO_PLANAR, read_header
from neuroflow.studies.diffusion import Gradient


def ge(vector, *, public=None, private=None):
    ds = Dataset()
    ds.Manufacturer = "GE MEDICAL SYSTEMS"
    if public is not None:
        ds.DiffusionBValue = public
    block = ds.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for element, value in zip((0xBB, 0xBC, 0xBD), vector, strict=True):
        block.add_new(element, "DS", str(round(value, 10)))
    if private is not None:
        block = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
        block.add_new(0x39, "IS", [private, 8, 0, 0])
    return ds


def gradient(ds):
    return read_gradient(lookup(ds))


@pytest.mark.parametrize("private", [None, 1000, 1_000_001_000])
def test_ge_has_a_public_b_value_and_a_private_direction(private):
    found = gradient(ge((0.6, -0.8, 0.0), public=1000.0, private=private))
    assert found == Gradient(1000.0, (0.6, -0.8, 0.0))


def test_ge_without_a_public_b_value_reads_both_from_private():
    assert gradient(ge((0, 0, 1), private=1_000_001_000)) == Gradient(1000.0, (0.0, 0.0, 1.0))


@pytest.mark.parametrize("public", [None, 1000.0])
def test_ge_custom_table_counts_zero_vectors_as_unweighted(public):
    found = gradient(ge((0, 0, 0), public=public, private=1000))
    assert (found.is_b0, found.direction) == (True, None)


@pytest.mark.parametrize(("share", "shell"), [(1.0, 2000.0), (0.5, 1000.0), (0.355, 710.0)])
@pytest.mark.parametrize("public", [None, 2000.0])
def test_ge_shells_are_shorter_vectors_of_the_largest_b_value(public, share, shell):
    length = share**0.5
    found = gradient(ge((0.6 * length, -0.8 * length, 0), public=public, private=1_000_002_000))
    assert found.b_value == shell


def test_ge_with_a_public_shell_b_value_is_not_rescaled():
    found = gradient(ge((0.6 * 0.7, -0.8 * 0.7, 0), public=1000.0, private=2000))
    assert found.b_value == 1000.0


def test_the_public_direction_outranks_the_private_one():
    ds = ge((1, 0, 0), public=1000.0)
    ds.DiffusionGradientOrientation = [0.0, 1.0, 0.0]
    assert gradient(ds) == Gradient(1000.0, (0.0, 1.0, 0.0))


def test_a_public_b_of_zero_needs_no_direction():
    assert gradient(ge((1, 0, 0), public=0.0)) == Gradient(0.0, None)


def test_philips_has_a_private_direction_and_a_public_b_value():
    ds = Dataset()
    ds.DiffusionBValue = 1000.0
    block = ds.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    for element, value in zip((0xB0, 0xB1, 0xB2), (0.0, 0.6, 0.8), strict=True):
        block.add_new(element, "FL", value)
    assert gradient(ds).direction == pytest.approx((0.0, 0.6, 0.8))


def test_an_isotropic_image_is_weighted_and_has_no_direction():
    ds = Dataset()
    ds.Manufacturer, ds.DiffusionBValue = "Philips Medical Systems", 1000.0
    found = gradient(ds)
    assert (found.b_value, found.direction, found.is_b0) == (1000.0, None, False)


def mr(**attributes):
    """Return the bytes of a small MR image."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MRImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelRepresentation = 2, 2, 16, 0
    ds.SamplesPerPixel, ds.PixelData = 1, b"\0" * 8
    for word, value in attributes.items():
        setattr(ds, word, value)
    return ds


def header_of(ds):
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return read_header(io.BytesIO(stream.getvalue()), len(stream.getvalue()))


@pytest.mark.parametrize(("factor", "expected"), [(59, "YES"), (1, None), (None, None)])
def test_the_epi_factor_of_philips_marks_echo_planar_images(factor, expected):
    ds = mr(Manufacturer="Philips Medical Systems", ScanningSequence="SE")
    block = ds.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x13, "SL", factor)
    assert header_of(ds).protocol.get(ECHO_PLANAR) == expected


def test_a_sequence_longer_than_the_first_read_is_read():
    ds = mr(Modality="MR")
    ds.ReferencedImageSequence = [Dataset() for _ in range(400)]
    for item in ds.ReferencedImageSequence:
        item.is_undefined_length_sequence_item = True
        item.ReferencedSOPInstanceUID = generate_uid()
    ds["ReferencedImageSequence"].is_undefined_length = True
    ds.SeriesNumber = 7
    assert header_of(ds).series_number == 7
