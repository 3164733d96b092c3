"""The makers' private attributes in whichever block a PACS moved them to."""

import io
from dataclasses import replace

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from support import quirks
from support.packages import SALT, leaks, only_study, package_bytes
from support.scans import SECRETS, SMALL, write_dicom, write_mosaic

from neuroflow.demo.scans import maker_quirks
from neuroflow.studies.dicom.fast_reader import lookup
from neuroflow.studies.dicom.gradients import read_gradient
from neuroflow.studies.dicom.header import read_header
from neuroflow.studies.dicom.private_blocks import gather, lookup_gathered, private_value
from neuroflow.studies.diffusion import Gradient
from neuroflow.studies.package.build import make_package
from neuroflow.studies.protocol.acquisition_reader import read_acquisition


def written(folder, maker):
    if maker == "siemens mosaic":
        return write_mosaic(folder, replace(SMALL, n_slices=5))
    paths = write_dicom(folder, replace(SMALL, vendor=maker.split()[0]))
    if maker == "siemens vb":
        quirks.edit(paths, maker_quirks.siemens_vb)
    if maker == "philips classic":
        quirks.edit(paths, maker_quirks.philips_classic)
    return paths


def as_implicit(ds, _number):
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian


@pytest.mark.parametrize("first", [0x14, 0xE0])
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(
    "maker", ["siemens", "siemens mosaic", "siemens vb", "ge", "philips", "philips classic"]
)
def test_blocks_of_any_number_are_read_alike(tmp_path, maker, first, implicit):
    paths = written(tmp_path, maker)[-4:]
    before = [read_header(io.BytesIO(path.read_bytes())) for path in paths]
    quirks.edit(paths, maker_quirks.private_blocks_from(first))
    if implicit:
        quirks.edit(paths, as_implicit)
    after = [read_header(io.BytesIO(path.read_bytes())) for path in paths]
    assert any(frame.gradient.direction for one in before for frame in one.frames)
    for one, other in zip(before, after, strict=True):
        assert other.frames == one.frames
        assert (other.mosaic_slices, other.mosaic_times) == (one.mosaic_slices, one.mosaic_times)
        assert other.protocol == one.protocol


@pytest.mark.parametrize("maker", ["siemens", "ge", "philips"])
def test_a_study_with_other_blocks_is_packaged_whole(tmp_path, maker):
    folder = tmp_path / "scans"
    quirks.edit(written(folder, maker), maker_quirks.private_blocks_from(0x14))
    package = make_package(only_study(folder), "C", tmp_path / "out", salt=SALT)
    assert leaks(package_bytes(package.path)) == []
    made = read_acquisition(only_study(tmp_path / "out"))
    assert made.gradients == read_acquisition(only_study(folder)).gradients


def add_foreign_blocks(ds, _number):
    """Let a PACS take the maker's first blocks, and write names into its own and another's."""
    for group, low in ((0x2001, 0x03), (0x2005, 0xB0), (0x0019, 0x0C), (0x0019, 0xBB)):
        ds.add_new((group, 0x10), "LO", f"SOME PACS {SECRETS['family']}")
        ds.add_new((group, 0x1000 | low), "LO", SECRETS["family"])
    ds.add_new((0x2005, 0xF0), "LO", "Philips MR Imaging DD 001")
    ds.add_new((0x2005, 0xF0B1), "LT", f"called {SECRETS['family']}")


@pytest.mark.parametrize("maker", ["siemens", "ge", "philips"])
def test_names_in_the_blocks_of_others_are_not_sent(tmp_path, maker):
    folder = tmp_path / "scans"
    paths = written(folder, maker)
    plain = read_acquisition(only_study(folder)).gradients.volumes
    quirks.edit(paths, maker_quirks.private_blocks_from(0x2A))
    quirks.edit(paths, add_foreign_blocks)
    assert read_acquisition(only_study(folder)).gradients.volumes == plain
    package = make_package(only_study(folder), "C", tmp_path / "out", salt=SALT)
    assert leaks(package_bytes(package.path)) == []
    assert read_acquisition(only_study(tmp_path / "out")).gradients.volumes == plain


def test_a_nearer_block_of_the_maker_comes_first():
    ds = Dataset()
    for block, value in ((0x10, 700), (0x14, 1000)):
        ds.add_new((0x0019, block), "LO", "SIEMENS MR HEADER")
        ds.add_new((0x0019, block << 8 | 0x0C), "IS", value)
    assert read_gradient(lookup_gathered(ds)).b_value == 700


@pytest.mark.parametrize("creator", ["SOME PACS 1.0", "GEMS_ACQU_01"])
def test_another_owners_block_is_no_weighting(creator):
    ds = Dataset()
    ds.add_new((0x0019, 0x14), "LO", creator)
    ds.add_new((0x0019, 0x140C), "IS", 1000)
    assert read_gradient(lookup_gathered(ds)) == Gradient(None)


@pytest.mark.parametrize("block", [0x10, 0x13])
def test_a_near_block_of_another_owner_is_no_weighting(block):
    values = {0x00190000 | block: "SOME PACS 1.0", 0x00190000 | block << 8 | 0x0C: 1000}
    assert private_value(values.get, 0x0019, 0x0C, "SIEMENS") is None
    values[0x00190000 | block] = b"Siemens MR HEADER "
    assert private_value(values.get, 0x0019, 0x0C, "SIEMENS") == 1000


def test_blocks_without_a_creator_are_not_searched_elsewhere():
    ds = Dataset()
    ds.add_new((0x0019, 0x140C), "IS", 1000)
    assert read_gradient(lookup_gathered(ds)).b_value is None


def test_gathered_values_leave_the_stored_ones_alone():
    values = {0x20010014: "Philips Imaging DD 001", 0x20011403: 1000.0}
    found = gather(dict(values))
    assert {tag: found[tag] for tag in values} == values
    assert private_value(found.get, 0x2001, 0x03, "PHILIPS") == 1000.0
    assert private_value(lookup(Dataset()), 0x2001, 0x03, "PHILIPS") is None


@pytest.mark.parametrize("block", [0x11, 0x12, 0x13, 0x14, 0x20, 0xFF])
def test_a_block_of_any_number_is_looked_up(block):
    ds = Dataset()
    ds.EchoTime = 88
    ds.add_new((0x2001, block), "LO", "Philips Imaging DD 001")
    ds.add_new((0x2001, block << 8 | 0x03), "FL", 1000.0)
    look = lookup_gathered(ds)
    assert private_value(look, 0x2001, 0x03, "PHILIPS") == 1000.0
    assert look(0x00180081) == 88


def test_standard_attributes_are_in_no_block():
    values = {0x00181403: 7, 0x00180014: "SIEMENS MR HEADER", 0x0018140C: 8}
    assert gather(dict(values)) == values


def test_blocks_that_are_searched_anyway_are_not_added():
    values = {0x00190010: "GEMS_ACQU_01", 0x001910BB: "0.6", 0x00190013: "SIEMENS MR HEADER"}
    values[0x0019130C] = 1000
    assert gather(dict(values)) == values


def test_the_first_far_block_of_a_maker_comes_first():
    values = {0x00190020: "SIEMENS MR HEADER", 0x0019200C: 1000, 0x00190030: "SIEMENS MR HEADER"}
    found = gather({0x0019300C: 2000, **values})
    assert private_value(found.get, 0x0019, 0x0C, "SIEMENS") == 1000
