from datetime import date

import pytest

from neuroflow.errors import ResultError
from neuroflow.results.reports import parse_report, read_report

REPORT = """\
Order ID: 123e4567
Date: 2025-03-04 10:11:12
Product: PD/MSA/PSP-v1.0
Model Version: 2BP20V6_29

PD v Atypical
PD Probability: 0.1250
Atypical Probability: 87.5 %
Prediction: Atypical

PSPvsMSAp
MSAp Probability = 0,25
PSP Probability\t0.75
Prediction: PSP

Free Water
pSN: 0.2412
Putamen free water: 0.1831
SCP_FW: 0.3
Heart: 0.4
"""


def values(report):
    return {region: biomarker.value for region, biomarker in report.biomarkers.items()}


@pytest.mark.parametrize(
    ("text", "found"), [("0.24 high", {"pSN": 0.24}), ("0.24(high)", {"pSN": 0.24}), ("0.24x", {})]
)
def test_words_may_follow_a_number(text, found):
    report = parse_report(f"Prediction: PSP\nPutamen: 0.1\npSN: {text}\n")
    assert values(report) == {"Putamen": 0.1} | found


@pytest.mark.parametrize(("length", "is_key"), [(80, True), (81, False)])
def test_a_key_has_at_most_80_characters(length, is_key):
    name = "x" * (length - len("Probability of "))
    report = parse_report(f"Prediction: PSP\nProbability of {name}: 0.5\n")
    assert report.probabilities == ({name: 0.5} if is_key else {})


def test_all_that_is_known_of_a_report_is_found():
    found = parse_report(REPORT)
    assert found.labels == {"PD v Atypical": "Atypical", "PSPvsMSAp": "PSP"}
    assert found.probabilities == {"PD": 0.125, "Atypical": 0.875, "MSAp": 0.25, "PSP": 0.75}
    assert (found.product, found.model_version) == ("PD/MSA/PSP-v1.0", "2BP20V6_29")
    assert (found.order_id, found.date) == ("123e4567", date(2025, 3, 4))
    assert values(found) == {"pSN": 0.2412, "Putamen": 0.1831, "SCP": 0.3}
    assert found.classes == {"atypical": 0.875, "psp_vs_msap": 0.75}
    assert found.unknown == ("Heart: 0.4",)
    assert (found.text, found.failure, found.warnings) == (REPORT, "", ())


@pytest.mark.parametrize(
    ("line", "labels", "probabilities"),
    [
        ("Atypical = 0.93", {}, {"Atypical": 0.93}),
        ("Atypical: yes (93 %)", {"Atypical": "yes"}, {"Atypical": 0.93}),
        ("PSPvsMSAp: PSP", {"PSPvsMSAp": "PSP"}, {}),
        ("Probability of PSP: 0.5", {}, {"PSP": 0.5}),
        ("Prediction: PSP (97.5 %)", {"Prediction": "PSP"}, {"PSP": 0.975}),
        ("Prediction: PSP (see below)", {"Prediction": "PSP (see below)"}, {}),
    ],
)
def test_other_ways_to_write_a_classification(line, labels, probabilities):
    found = parse_report(line)
    assert (found.labels, found.probabilities) == (labels, probabilities)


@pytest.mark.parametrize(
    ("line", "biomarkers"),
    [
        ("pSN: 0.21 (reference 0.15-0.18)", {"pSN": 0.21}),
        ("Putamen (FW) = 0,2", {"Putamen": 0.2}),
        ("Free water in Superior cerebellar peduncle: 12 %", {"SCP": 0.12}),
        ("Posterior nigra (pSN) FW: 0.3; raised", {"pSN": 0.3}),
        ("MCP: 0.1-0.2", {}),
        ("Contact: 0.5", {}),
    ],
)
def test_biomarkers_are_read_as_reports_write_them(line, biomarkers):
    assert values(parse_report(line)) == biomarkers


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("PD Probability: 0.1250\n", {"atypical": 0.875}),
        ("PD Probability: 0.25\nPSP Probability: 0.5\n", {}),
        ("Atypical: 0.6\nPD Probability: 0.25\n", {"atypical": 0.6}),
        ("MSA Probability: 0.3\nPSP Probability: 0.7\n", {"psp_vs_msap": 0.7}),
        ("MSA Probability: 0.3\nPSP Probability: 0.5\n", {}),
    ],
)
def test_classes_follow_from_probabilities_that_leave_no_doubt(text, classes):
    assert parse_report(text).classes == classes


def test_of_several_dates_the_first_that_is_clear_counts():
    text = "Date: 03/04/2025\nReport date: April 3, 2025\nProcessed: 2026-01-01\n"
    assert parse_report(text).date == date(2025, 4, 3)


def test_a_probability_that_is_none_is_told_and_left_out():
    found = parse_report("PSP Probability: high\nPD Probability: 7\nMSA Probability: 0.1\n")
    assert found.probabilities == {"MSA": 0.1}
    assert len(found.warnings) == 2


def test_contradictions_are_told():
    found = parse_report("PSP Probability: 0.1\nPSP Probability: 0.9\n")
    assert found.probabilities == {"PSP": 0.1}
    assert "occurs twice" in found.warnings[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2025-03-04", date(2025, 3, 4)), ("04.03.2025", date(2025, 3, 4)), ("03/04/2025", None)],
)
def test_ambiguous_dates_are_not_guessed(text, expected):
    assert parse_report(f"Date: {text}").date == expected


def test_failure_reports_give_their_reason():
    found = parse_report("Order ID: 1\n\nThe study could not be processed: two studies.\n")
    assert found.failure == "The study could not be processed: two studies."
    found = parse_report("Status: FAILED\nReason: no b-values\n")
    assert found.failure == "no b-values"
    assert parse_report("FAILURE REPORT\nNo b-values\n").failure == "FAILURE REPORT"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xfd", b"::::\n==\n\t\t", b"a:" * 9999])
def test_odd_texts_are_no_prediction(tmp_path, content):
    path = tmp_path / "prediction.txt"
    path.write_bytes(content)
    found = read_report(path)
    assert (found.labels, found.probabilities, found.failure) == ({}, {}, "")


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "prediction.txt"
    with pytest.raises(ResultError, match="cannot be read"):
        read_report(path)
    path.write_bytes(b"\x89PNG\x00\x00")
    with pytest.raises(ResultError, match="not a textual report"):
        read_report(path)


def test_a_report_of_more_than_a_megabyte_is_refused(tmp_path):
    path = tmp_path / "prediction.txt"
    line = b"PD Probability: 0.25\n"
    path.write_bytes(line + b" " * ((1 << 20) - len(line)))
    assert read_report(path).probabilities == {"PD": 0.25}
    path.write_bytes(line + b" " * ((1 << 20) - len(line) + 1))
    with pytest.raises(ResultError, match="larger than 1 MB"):
        read_report(path)
