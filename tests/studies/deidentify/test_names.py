"""Names, ids, places and dates are found in texts as whole words, in any spelling."""

from __future__ import annotations

import pytest

from neuroflow.studies.deidentify.names import Identifiers, dates, person, place


def is_found(name: str, text: str) -> bool:
    return Identifiers(person(name), ()).is_in(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KIM^LEE", "ep2d_KIM"),
        ("KIM^LEE", "for Lee"),
        ("LI^WU", "ep2d_li"),
        ("WU^LI", "scan 2 WU"),
        ("O'BRIEN-SMITH^MARY ANN", "OBRIEN"),
        ("O'BRIEN-SMITH^MARY ANN", "Prisma of MRS SMITH"),
        ("O'BRIEN-SMITH^MARY ANN", "dti_maryann"),
        ("O’Brien^Mary", "brien"),
        ("MEIER-LUTZ^EVA", "ep_MEIER"),
        ("MÜLLER^ÄNNE", "ep_MUELLER"),
        ("MÜLLER^ÄNNE", "ep_Muller aenne"),
        ("MUELLER", "Müller"),
        ("Mu\u0308ller", "MÜLLER"),
        ("GROSS", "Groß"),
        ("SØRENSEN", "soerensen"),
        ("山田^太郎", "DTI山田2"),
        ("VAN DER BERG^J", "berg"),
        ("HOUSE", "ep_DRHOUSE"),
        ("LE^ANH", "ep_LE"),
        ("O^YUNA", "ep_O"),
        ("E^ANNA", "dti for E"),
        ("Ý^LAN", "ep_y"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "yamada"),
        ("DR. MILLER, ANNA", "anna"),
    ],
)
def test_name_is_found_in_a_text(name, text):
    assert is_found(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CHAN^PETER", "lRxChannelConnected"),
        ("GINA^MARY", "ORIGINAL"),
        ("LANE^ANNE", "PLANE"),
        ("KYRA", "Skyra"),
        ("KIM", "KIMONO"),
        ("VAN DER BERG^J", "van"),
        ("MILLER^ANNA^^DR^MD", "MR MD"),
        ("LI", "LIMIT"),
        ("E^ANNA", "syngo MR E11"),
        ("SCHMIDT^R", "R"),
    ],
)
def test_part_of_another_word_is_no_name(name, text):
    assert not is_found(name, text)


@pytest.mark.parametrize(
    ("identifier", "text", "found"),
    [
        ("MRN7654321", "xMRN7654321y", True),
        ("MRN7654321", "scan 7654321", True),
        ("AB-123 456", "ver AB123456", True),
        ("AB123456", "AB-123.456", True),
        ("1000", "ep_b1000#1", False),
        ("1000", "id 1000", True),
        ("12", "ep_b12", False),
        ("P1", "P1", False),
    ],
)
def test_id_is_found_whatever_separates_its_parts(identifier, text, found):
    assert Identifiers((), {identifier}).is_in(text) is found


@pytest.mark.parametrize(
    "text", ["29.02.1964", "1964-02-29", "29-Feb-1964", "02/29/64", "19640229", "b 29 FEB 1964"]
)
def test_date_is_found_in_every_notation(text):
    assert Identifiers((), dates("19640229")).is_in(text)


def test_common_words_of_places_identify_nobody():
    words = Identifiers(place("Image Centre Beispielstadt, 3 Mill Lane"), ())
    assert not words.is_in("IMAGE NUM 4 Centre")
    assert words.is_in("Skyra Beispielstadt")


def test_text_with_a_uid_is_found():
    assert Identifiers((), ()).is_in("of 1.3.12.2.1107.5.2.43.67093.2022")
    assert not Identifiers((), ()).is_in("27.1.0.3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ep2d_KIM", True), ("epMILLER1", True), ("AB 123", True), ("KIMONO", False)],
)
def test_a_name_or_number_is_found_as_a_whole_word(text, expected):
    words = Identifiers({"KIM", "MILLER"}, {"1000", "AB-123"})
    assert words.is_in(text) is expected


def test_a_b_value_is_no_identifier():
    assert not Identifiers({"KIM"}, {"1000"}).is_in("ep_b1000#1")
