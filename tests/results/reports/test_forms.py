"""Each form of a report is read by its own parser."""

import pytest

from neuroflow.results.reports import (
    failure,
    json_form,
    named_text,
    parse_report,
    text_2023,
    text_lines,
    xml_form,
)
from neuroflow.results.reports.keys import Key, find_key
from neuroflow.results.reports.packed import pack, unpack


def test_a_failure_report_states_its_reason():
    text = "Failure Report\nReason for Failure\nReason: Study failed eligibility\n"
    assert failure.parse(text).failure == "Study failed eligibility"


def test_a_text_report_is_understood_as_a_whole():
    report = parse_report("Atypical:0.9130\npSN Free Water Value:0.2800\n")
    assert (report.grammar, report.share, dict(report.classes)) == (
        "text",
        1.0,
        {"atypical": 0.913},
    )
    assert report.biomarkers["pSN"].value == 0.28
    assert unpack(pack(report)).classes == report.classes


def test_a_json_report_names_its_order():
    report = json_form.parse('{"orderID": "a", "result": {"Atypical": "0.6", "FWpSN": "0.31"}}')
    assert (report.order_id, dict(report.classes)) == ("a", {"atypical": 0.6})
    assert report.biomarkers["pSN"].value == 0.31


def test_an_xml_report_names_its_order():
    report = xml_form.parse('<neuropacs orderID="a"><data name="FWpSN" value="0.31"/></neuropacs>')
    assert (report.order_id, report.biomarkers["pSN"].value) == ("a", 0.31)


def test_a_text_of_names_states_product_and_probability():
    report = named_text.parse("Product: PD/MSA/PSP-v1.0\nAtypical Probability: 93.2 %\n")
    assert (report.product, dict(report.probabilities)) == ("PD/MSA/PSP-v1.0", {"Atypical": 0.932})
    assert dict(report.classes) == {"atypical": 0.932}


def test_a_report_of_2023_has_the_probability_of_pd():
    text = "PD probability vs. MSA/PSP: 62.6%\nBiomarker levels: pSN=0.26, MCP=0.07\n"
    report = text_2023.parse(text)
    assert dict(report.classes) == {"atypical": 0.374}
    assert [value.value for value in report.biomarkers.values()] == [0.26, 0.07]


def test_a_line_without_a_key_continues_its_sentence():
    report = text_lines.parse("MSAPSPvsPD:0.2793\nMSAPSPvsPD Info:PD is\nmore probable.\n")
    assert dict(report.classes) == {"atypical": 0.2793}
    assert dict(report.sentences) == {"atypical": "PD is more probable."}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("ML Version", Key("fact", "model_version")),
        ("MSAPSPvsPD Info", Key("sentence", "atypical")),
        ("pSN Control StDev", Key("sd", "pSN")),
        ("FWpSN", Key("value", "pSN")),
    ],
)
def test_a_key_states_what_its_value_is(key, expected):
    assert find_key(key) == expected
