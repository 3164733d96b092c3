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
        ("KIM^LEE", "ep2kim3"),
        ("MILLER^A", "anna mill"),
        ("VON^LI", "von"),
        ("A B C^ANNA", "annaabc"),
        ("SCHMITZ^EVA^MARIA^DR", "maria"),
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
        ("LI^WU", "e2li3"),
        ("MILLER^ANNA", "mil"),
        ("SYNGOPOULOS^EVA", "syngo MR E11"),
        ("PHASENKO^EVA", "phase"),
        ("PRISMAN^EVA", "Prisma"),
        ("EPFIDSON^EVA", "epfid"),
        ("VAN DER BERG^J", "der"),
        ("MUSTER B^EVA", "B"),
        ("SCHMITZ^EVA^MARIA^DRX^MDX", "drx mdx"),
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
        ("123", "id 123", False),
        ("AB12", "xAB12x", True),
        ("MRN12345", "scan 12345", False),
        ("MRN123456", "scan 123456", True),
        ("MRN123456", "scan 1234567", False),
        ("KÖ-1234", "KOE1234", True),
        ("KÖ-1234", "ko 1234", True),
    ],
)
def test_id_is_found_whatever_separates_its_parts(identifier, text, found):
    assert Identifiers((), {identifier}).is_in(text) is found


@pytest.mark.parametrize(
    "text", ["29.02.1964", "1964-02-29", "29-Feb-1964", "02/29/64", "19640229", "b 29 FEB 1964"]
)
def test_date_is_found_in_every_notation(text):
    assert Identifiers((), dates("19640229")).is_in(text)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("19641231", "31-Dec-1964"),
        ("19640101", "1 jan 1964"),
        ("19640101", "1964/JAN/01"),
        ("19641231", "12/31/64"),
        ("19641231", "31.12.64"),
        ("19641231", "1964_12_31"),
    ],
)
def test_dates_of_the_first_and_last_month_are_found(day, text):
    assert Identifiers((), dates(day)).is_in(text)


@pytest.mark.parametrize("day", ["", "1964", "196402290", "1964022A"])
def test_what_is_no_date_has_no_notations(day):
    assert list(dates(day)) == []


def test_dates_without_a_month_have_numbers_only():
    assert {form for form in dates("19641301") if form.isascii()} == set(dates("19641301"))
    assert not any(letter.isalpha() for form in dates("19640001") for letter in form)


@pytest.mark.parametrize(
    ("number", "is_id"),
    [
        ("7654321", True),
        ("+07654321", True),
        ("007654321 ", True),
        ("654321", False),
        ("12345", False),
    ],
)
def test_a_number_is_an_id_whatever_stands_before_it(number, is_id):
    assert Identifiers((), {"MRN7654321", "AB12345"}).is_number_of(number) is is_id


def test_common_words_of_places_identify_nobody():
    words = Identifiers(place("Image Centre Beispielstadt, 3 Mill Lane"), ())
    assert not words.is_in("IMAGE NUM 4 Centre")
    assert words.is_in("Skyra Beispielstadt")
    assert Identifiers(place("Bonn Ulm"), ()).is_in("of Bonn")
    assert not Identifiers(place("Bonn Ulm"), ()).is_in("of Ulm")


def test_text_with_a_uid_is_found():
    assert Identifiers((), ()).is_in("of 1.3.12.2.1107.5.2.43.67093.2022")
    assert not Identifiers((), ()).is_in("27.1.0.3")
    assert Identifiers((), ()).is_in("1.2.840.10008.5.1.40")
    assert not Identifiers((), ()).is_in("1.2.840.10008.5.1.4")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ep2d_KIM", True), ("epMILLER1", True), ("AB 123", True), ("KIMONO", False)],
)
def test_a_name_or_number_is_found_as_a_whole_word(text, expected):
    words = Identifiers({"KIM", "MILLER"}, {"1000", "AB-123"})
    assert words.is_in(text) is expected


def test_a_b_value_is_no_identifier():
    assert not Identifiers({"KIM"}, {"1000"}).is_in("ep_b1000#1")
