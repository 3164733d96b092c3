"""Gradients and echo-planar marks as the makers split them between public and private tags."""

import io
import math

import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from neuroflow.studies.dicom.fast_reader import lookup
from neuroflow.studies.dicom.gradients import B_VALUE, declared_directions, read_gradient
from neuroflow.studies.dicom.header import ECHO_PLANAR, read_header
from neuroflow.studies.diffusion import Gradient, count_directions, interleaved, shells


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


@pytest.mark.parametrize(
    ("length", "b_value"),
    [(0.02, 5000.0), (0.031, 5.0), (0.5, 1250.0), (0.969, 4695.0), (0.975, 5000.0)],
)
def test_ge_vectors_of_nearly_full_length_or_none_scale_nothing(length, b_value):
    assert gradient(ge((0, length, 0), private=5000)).b_value == b_value


@pytest.mark.parametrize(("public", "b_value"), [(999.0, 250.0), (998.0, 998.0)])
def test_ge_b_values_that_differ_by_rounding_are_the_same(public, b_value):
    assert gradient(ge((0.5, 0, 0), public=public, private=1000)).b_value == b_value


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


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        (0x20051415, 32, 32),
        (0x20051415, b"32 ", 32),
        (0x001910E0, "30", 30),
        (0x001910E0, ["30", "0"], 30),
        (0x001910E0, "1", 1),
        (0x001910E0, "0", None),
        (0x20051599, 32, None),
    ],
)
def test_declared_directions_are_those_of_philips_and_ge(tag, value, expected):
    assert declared_directions({tag: value}.get) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [([1000.0], 1000.0), ([1000.0, 0.0], None), ("1e3", 1000.0), ("nan", None), ("b", None)],
)
def test_a_b_value_is_one_finite_number(value, expected):
    assert read_gradient({B_VALUE: value}.get).b_value == expected


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ([0.0, 0.0, 1.0], (0.0, 0.0, 1.0)),
        ([0.6, 0.8], None),
        ([0.6, 0.8, 0.0, 0.0], None),
        ([0.0, 0.0, 0.0], None),
        ([0.6, "x", 0.8], None),
        ([0.5, 0.5, 0.5], (0.5, 0.5, 0.5)),
        (0.5, None),
    ],
)
def test_a_direction_has_three_numbers_not_all_zero(vector, expected):
    values = {B_VALUE: 1000.0, 0x00189089: vector}
    assert read_gradient(values.get).direction == expected


def test_b_values_near_each_other_are_one_shell():
    assert shells([]) == ()
    assert shells([0, 50, 1000, 1050, 1101, 2000]) == (0.0, 1025.0, 1101.0, 2000.0)
    assert shells([51, 1000]) == (51.0, 1000.0)


def test_directions_of_unweighted_images_do_not_count():
    along = (1.0, 0.0, 0.0)
    assert count_directions([Gradient(0.0, along), Gradient(50.0, along), Gradient(1000.0)]) == 0
    assert count_directions([Gradient(51.0, along), Gradient(None, (0.0, 1.0, 0.0))]) == 2
    assert count_directions([Gradient(1000.0, (2.0, 0.0, 0.0)), Gradient(1000.0, along)]) == 1


@pytest.mark.parametrize(("degrees", "expected"), [(0.9, 1), (1.1, 2), (178.9, 2), (179.1, 1)])
def test_directions_within_a_degree_are_one(degrees, expected):
    turned = (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0)
    pair = [Gradient(1000.0, (1.0, 0.0, 0.0)), Gradient(1000.0, turned)]
    assert count_directions(pair) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 1], None),
        ([0, 1, 2], False),
        ([2, 1, 0], False),
        ([0, 2, 4, 1, 3, 5], True),
        ([0, 1, 2, 0, 1, 2], False),
        ([0, 1, 0, 1, 0, 1], None),
        ([0, 2, 1, 3, 0, 2, 1, 3], True),
    ],
)
def test_slices_acquired_apart_are_interleaved(times, expected):
    assert interleaved(times) is expected
