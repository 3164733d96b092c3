"""Where makers of scanners differ: each function adds one quirk to a plain image.

A change gets the dataset of an image, and the number of the image in its series.
"""

from __future__ import annotations

from collections.abc import Callable

from pydicom.dataset import Dataset

from neuroflow.demo.scans.csa import csa_header

Change = Callable[[Dataset, int], None]


def without_direction(ds: Dataset, _number: int) -> None:
    """Make a trace image of a weighted one: Philips and Siemens write it without direction."""
    for block, elements in ((0x2005, (0xB0, 0xB1, 0xB2)), (0x0019, (0x0E, 0x27))):
        for element in elements:
            tag = (block, 0x1000 | element)
            if tag in ds and block == 0x2005:
                ds[tag].value = 0.0
            elif tag in ds:
                del ds[tag]


def image_type(*words: str) -> Change:
    """Return a change that gives images another Image Type."""

    def change(ds: Dataset, _number: int) -> None:
        mosaic = ["MOSAIC"] if "MOSAIC" in ds.ImageType else []
        ds.ImageType = [*words, *mosaic]

    return change


def ge_mr29(ds: Dataset, _number: int) -> None:
    """GE since DV25: the b-value is public as well, the direction private only."""
    ds.DiffusionBValue = float(ds[0x0043, 0x1039].value[0] % 1_000_000_000)


def philips_classic(ds: Dataset, _number: int) -> None:
    """Philips, classic images: spin echo by name, echo-planar by the EPI factor alone."""
    ds.ScanningSequence = "SE"
    block = ds.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x13, "SL", 59)


def siemens_vb(ds: Dataset, _number: int) -> None:
    """Siemens up to VB: weighting, slices and times stand in the CSA header alone."""
    ours = {element.tag.element & 0xFF: element.value for element in ds.group_dataset(0x0019)}
    fields: dict[str, tuple[str, list[object]]] = {"B_value": ("IS", [int(ours[0x0C])])}
    if 0x0E in ours:
        fields["DiffusionGradientDirection"] = ("FD", [f"{x:.8f}" for x in ours[0x0E]])
    if ours.get(0x0A):
        fields["NumberOfImagesInMosaic"] = ("US", [ours[0x0A]])
        fields["MosaicRefAcqTimes"] = ("FD", [f"{x:.3f}" for x in ours[0x29]])
    for element in list(ds.group_dataset(0x0019)):
        del ds[element.tag]
    block = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", csa_header(fields))


def _published(ds: Dataset) -> tuple[float, list[float] | None]:
    """Take the weighting out of the private attributes of Siemens."""
    ours = {element.tag.element & 0xFF: element.value for element in ds.group_dataset(0x0019)}
    for element in [element for element in ds if element.tag.is_private]:
        del ds[element.tag]
    return float(ours[0x0C]), list(ours[0x0E]) if 0x0E in ours else None


def siemens_xa_classic(ds: Dataset, _number: int) -> None:
    """Siemens XA, classic images: public weighting, no scanning sequence."""
    ds.DiffusionBValue, direction = _published(ds)
    ds.DiffusionDirectionality = "DIRECTIONAL" if direction else "NONE"
    if direction:
        ds.DiffusionGradientOrientation = direction
    del ds.ScanningSequence
    ds.EchoPlanarPulseSequence = "YES"


def canon(ds: Dataset, _number: int) -> None:
    """Canon, classic images: the direction is a comment, which de-identification removes."""
    b_value, direction = _published(ds)
    ds.Manufacturer, ds.DiffusionBValue = "CANON_MEC", b_value
    x, y, z = direction or (0.0, 0.0, 0.0)
    ds.ImageComments = f"b={b_value:g}({x:.3f},{y:.3f},{z:.3f})"


def uih(ds: Dataset, _number: int) -> None:
    """United Imaging: a grid of slices, and b-values in private attributes of its own."""
    b_value, direction = _published(ds)
    ds.Manufacturer = "UIH"
    block = ds.private_block(0x0065, "Image Private Header", create=True)
    block.add_new(0x09, "FD", b_value)
    block.add_new(0x37, "FD", direction or [0.0, 0.0, 0.0])


def private_blocks_from(first: int) -> Change:
    """Return a change that moves private attributes to blocks from another number on."""

    def change(ds: Dataset, _number: int) -> None:
        for element in [element for element in ds if element.tag.is_private]:
            del ds[element.tag]
            by = first - 0x10
            number = element.tag + (by if element.tag.is_private_creator else by << 8)
            ds.add_new(number, element.VR, element.value)

    return change


def without_b_values(ds: Dataset, _number: int) -> None:
    """Write no b-value that the standard or a known maker has, as UIH and Toshiba do."""
    for tag in [tag for tag in ds if tag.tag.is_private]:
        del ds[tag.tag]
