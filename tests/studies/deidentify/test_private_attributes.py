"""The allow-list of private attributes contains all that the service reads."""

import pytest
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from neuroflow.studies.deidentify.private_attributes import SERVICE, is_safe

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
