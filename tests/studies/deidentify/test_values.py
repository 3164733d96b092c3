"""What is kept of the values of attributes."""

import struct

import pytest
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from neuroflow.studies.deidentify.attributes import has_its_type
from neuroflow.studies.deidentify.values import (
    MODEL,
    SEQUENCE,
    VERSION,
    are_numbers,
    are_so_many,
    is_code,
    is_measure,
    known_words,
    packed,
    text_inside,
    texts,
)


@pytest.mark.parametrize(
    ("text", "known", "kept"),
    [
        ("Prisma Uniklinik Xberg", MODEL, "Prisma"),
        ("MAGNETOM Prisma_fit", MODEL, "MAGNETOM Prisma_fit"),
        ("*ep_MILL", SEQUENCE, "*ep"),
        ("epse2d1_72", SEQUENCE, "epse2d1_72"),
        ("syngo MR E11 for Lee", VERSION, "syngo MR E11"),
        ("Prisma, Fit Xberg", MODEL, "Prisma Fit"),
        ("Prisma_Fit Xberg", MODEL, "Prisma_Fit"),
        ("Prisma Xberg - Fit", MODEL, "Prisma Fit"),
        ("(*Prisma Xberg", MODEL, "(*Prisma"),
        ("12 Xberg", MODEL, ""),
        ("E11 Xberg", VERSION, "E11"),
        ("MR 1234", VERSION, "MR 1234"),
        ("MR 12345", VERSION, "MR"),
        ("MR ab12", VERSION, "MR ab12"),
        ("MR abc12", VERSION, "MR"),
        ("MR a", VERSION, "MR a"),
        ("MR ab", VERSION, "MR"),
        ("MR \u00e9", VERSION, "MR"),
        ("", MODEL, ""),
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
        ("FD", [1.0, 2.0], "2", 1, True),
        ("FD", [1.0, 2.0, 3.0], "2", 16, False),
        ("US", [1, 2, 3], "1-n", 3, True),
        ("US", [1, 2, 3, 4], "1-n", 3, False),
        ("US", [1, 2, 3], "1-3", 1, True),
        ("FL", [1.0, 2.0], "1-n", 1, False),
        ("US", list(struct.unpack("<8H", b"MILLER ANNA, 12.")), "1-n", 16, False),
        ("US", list(struct.unpack("<7H", b"MILLER ANNA, 1")), "1-n", 16, True),
        ("DS", ["1", "2"], "1", 1, True),
    ],
)
def test_more_numbers_than_an_attribute_has_are_refused(vr, value, multiplicity, most, expected):
    assert are_so_many(vr, value, multiplicity, most) is expected


@pytest.mark.parametrize(("vr", "expected"), [("DS", True), ("LO", False)])
def test_an_element_of_another_type_is_recognised(vr, expected):
    assert has_its_type(BaseTag(0x00180081), vr) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M", True),
        ("monochrome2 ", True),
        ("", True),
        ("MR", True),
        ("IMAGE NUM 4", True),
        ("IMAGE NUM 123", False),
        ("CC:HE1", True),
        ("MILLER", False),
        ("M MILLER", False),
    ],
)
def test_a_code_is_a_known_term(text, expected):
    assert is_code(text) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["1.5", "-2e3", ""], True),
        ("+.5", True),
        ("1,5", True),
        ("1.5 m", False),
        ("1e", False),
        ("0" * 64, True),
        ("0" * 65, False),
        (b"1\\2", True),
        (None, True),
        (MultiValue(str, ["1", "MILLER"]), False),
    ],
)
def test_numbers_are_distinguished_from_texts(value, expected):
    assert bool(are_numbers(value)) is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, True), (9.9e8, True), (1e9, False), (-9.9e8, True), (2e-9, True), (1e-9, False)],
)
def test_measures_are_neither_enormous_nor_tiny(number, expected):
    assert is_measure(number) is expected


def test_values_become_texts_one_by_one():
    assert texts(None) == ()
    assert texts(b"A\\ B \0") == ["A", "B"]
    assert texts(MultiValue(int, [1, 2])) == ["1", "2"]
    assert texts(("a", ["b\\c", 1.5])) == ["a", "b", "c", "1.5"]


def test_numbers_are_packed_as_they_are_stored():
    assert packed("US", [1, 2]) == b"\1\0\2\0"
    assert packed("SL", -1) == b"\xff\xff\xff\xff"
    assert packed("FD", (1.0,)) == struct.pack("<d", 1)
    assert packed("US", 70_000) == packed("XX", 1) == packed("US", "a") == b""
    assert text_inside(b"\0\1MILLER\xffANNA\0of me") == "MILLER of me"
