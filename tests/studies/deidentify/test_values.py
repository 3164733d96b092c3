"""What is kept of the values of attributes."""

import pytest
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.attributes import has_its_type
from neuroflow.studies.deidentify.values import MODEL, SEQUENCE, VERSION, are_so_many, known_words


@pytest.mark.parametrize(
    ("text", "known", "kept"),
    [
        ("Prisma Uniklinik Xberg", MODEL, "Prisma"),
        ("MAGNETOM Prisma_fit", MODEL, "MAGNETOM Prisma_fit"),
        ("*ep_MILL", SEQUENCE, "*ep"),
        ("epse2d1_72", SEQUENCE, "epse2d1_72"),
        ("syngo MR E11 for Lee", VERSION, "syngo MR E11"),
    ],
)
def test_only_known_words_and_numbers_are_kept(text, known, kept):
    assert known_words(text, known) == kept


@pytest.mark.parametrize(
    ("vr", "value", "multiplicity", "most", "expected"),
    [
        ("US", 3, "1", 16, True),
        ("US", [21343, 14658], "1", 16, False),
        ("FD", [0.0, 52.5, 105.0], "1-n", 2, True),
        ("FD", [2e40], "1-n", 2, False),
    ],
)
def test_more_numbers_than_an_attribute_has_are_refused(vr, value, multiplicity, most, expected):
    assert are_so_many(vr, value, multiplicity, most) is expected


@pytest.mark.parametrize(("vr", "expected"), [("DS", True), ("LO", False)])
def test_an_element_of_another_type_is_recognised(vr, expected):
    assert has_its_type(BaseTag(0x00180081), vr) is expected
