"""Every published grammar is read completely, into one set of names."""

import json
from dataclasses import FrozenInstanceError
from datetime import date

import pytest
from support import report_corpus as corpus

from neuroflow.results.reports import folder_verdict, parse_report


@pytest.mark.parametrize("name", corpus.PREDICTIONS)
def test_every_published_grammar_is_understood_completely(name):
    report = parse_report(corpus.PREDICTIONS[name]())
    assert (report.share, report.unknown, report.warnings) == (1, (), ())
    assert report.classes == {"atypical": corpus.ATYPICAL, "psp_vs_msap": corpus.PSP}
    assert report.order_id == corpus.ORDER
    assert report.product.endswith("PSP-v1.0")
    assert report.date.year in (2023, 2024, 2025)
    digits = 2 if "2023" in name else 4
    assert {region: each.value for region, each in report.biomarkers.items()} == {
        region: round(value, digits) for region, value in corpus.VALUES.items()
    }
    assert {each.digits for each in report.biomarkers.values()} == {digits}


@pytest.mark.parametrize("name", ["text of 2024", "text of 2025", "instructions for use"])
def test_text_reports_give_controls_sentences_and_versions(name):
    report = parse_report(corpus.PREDICTIONS[name]())
    controls = {region: (each.mean, each.sd) for region, each in report.biomarkers.items()}
    assert controls == corpus.CONTROLS
    assert report.sentences["psp_vs_msap"] == "Of the two, MSA is the more probable one."
    assert report.sentences["atypical"].startswith("Of the two, MSA or PSP")
    assert (report.model_version, report.input) == ("TEST_31", "5120 DICOM files")


def test_json_of_objects_gives_controls_and_sentences():
    report = parse_report(corpus.json_objects())
    assert report.biomarkers["pSN"].mean == 0.1753
    assert report.sentences == {"atypical": "MSA or PSP is more probable."}
    assert (report.model_version, report.date) == ("TEST_31", date(2025, 6, 11))


def test_a_failure_report_gives_its_reason():
    report = parse_report(corpus.FAILURE)
    assert report.failure == "Study failed eligibility processing"
    assert (report.share, report.is_prediction) == (1, False)


@pytest.mark.parametrize("name", corpus.QUALITY)
def test_a_report_on_quality_control_gives_its_verdict(name):
    passed, failed = parse_report(corpus.QUALITY[name]), parse_report(corpus.FAILED_QUALITY[name])
    assert (passed.quality, passed.failure, passed.share) == ("pass", "", 1)
    assert (failed.quality, failed.share) == ("fail", 1)
    assert failed.failure.startswith("quality control failed")


def test_a_failed_check_is_named():
    assert parse_report(corpus.FAILED_QUALITY["list"]).failure.endswith(": check 4")


def test_a_key_with_names_in_reverse_order_is_a_warning():
    text = "MSAvsPSP:0.8\nMSAvsPSP Info:{}\n"
    unclear = parse_report(text.format("One of them."))
    assert unclear.classes == {"psp_vs_msap": 0.8}
    assert "read as the probability of PSP" in unclear.warnings[0]
    assert parse_report(text.format("PSP is more probable.")).warnings == ()
    assert parse_report(text.format("MSA is more probable.")).warnings != ()


def test_a_sentence_may_go_on_in_the_next_line():
    text = corpus.text_2025().replace("Of the two, MSA is", "Of the two, MSA\n  is")
    report = parse_report(text)
    assert report.sentences["psp_vs_msap"] == "Of the two, MSA is the more probable one."
    assert report.share == 1


@pytest.mark.parametrize("change", [
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace(":", ": "),
    lambda text: text.replace(":", " : "),
    lambda text: "\ufeff" + text,
    lambda text: text.upper(),
    lambda text: "\n\n".join(text.split("\n")),
    lambda text: "\n".join(reversed(text.strip().split("\n"))),
])  # fmt: skip
def test_text_may_come_in_another_dress(change, tmp_path):
    from neuroflow.results.reports import read_report

    path = tmp_path / "prediction.txt"
    path.write_bytes(change(corpus.text_2025()).encode())
    report = read_report(path)
    assert (report.share, report.unknown) == (1, ())
    assert report.biomarkers["pSN"].value == 0.2456
    assert report.classes["atypical"] == corpus.ATYPICAL


def test_lines_of_a_later_report_are_counted_and_named():
    report = parse_report(corpus.text_2025() + "Neurite Index:0.61\nAD:0.2\n")
    assert (report.n_unknown, report.unknown) == (2, ("Neurite Index:0.61", "AD:0.2"))
    assert report.share == 22 / 24
    assert report.classes["atypical"] == corpus.ATYPICAL


def test_a_value_outside_0_to_1_is_a_named_warning():
    report = parse_report(corpus.text_2025().replace("Atypical:0.8125", "Atypical:93.2"))
    assert "atypical" not in report.classes
    assert report.warnings == ("Atypical is not a number between 0 and 1: '93.2'",)


def test_the_report_of_another_product_is_no_failure():
    report = parse_report(
        "Order ID:a1\nAnalysis:AD/DLB-v1.0\nAD:0.8\nDisclaimer:It may be invalid in error.\n"
    )
    assert (report.failure, report.is_understood) == ("", False)
    assert report.product == "AD/DLB-v1.0"


@pytest.mark.parametrize("text", [
    "{" * 100_000, "[" * 100_000, '{"a":' * 50_000, "<neuropacs>" * 50_000,
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><neuropacs orderID="&b;"/>',
    "<neuropacs " + 'a="1" ' * 2, '{"orderID": ' + "9" * 5000 + "}",
    '{"result": {"Atypical": 1e999, "FWpSN": NaN}}', '{"result": [1, 2], "results": null}',
    '[{"Status": {"a": 1}}]', "[]", "{}", "null", "[null]",
])  # fmt: skip
def test_hostile_forms_end_in_a_report_that_says_nothing(text):
    report = parse_report(text)
    assert not report.is_understood


@pytest.mark.parametrize("text", [
    "a:b" + " " * 900_000 + "c", "pSN" + " " * 900_000 + ":0.1", "(" * 900_000,
    "Biomarker levels: " + "=," * 400_000, "x:" * 450_000, "\n" * 900_000,
    "Atypical Info:a\n" + "b\n" * 400_000, "Key: 0.5\n" * 100_000, "Failure Report\n" * 50_000,
])  # fmt: skip
def test_reports_of_a_megabyte_take_linear_time(text):
    report = parse_report(text)
    assert len(report.unknown) <= 20
    assert len(report.warnings) <= 21


def test_a_report_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        parse_report(corpus.FAILURE).failure = ""
    with pytest.raises(FrozenInstanceError):
        parse_report(corpus.text_2025()).biomarkers["pSN"].value = 0.5


def test_of_many_warnings_the_first_twenty_are_kept():
    pairs = ",".join(f"x{n}=1" for n in range(30))
    assert len(parse_report(f"Biomarker levels: pSN=0.1,{pairs}\n").warnings) == 20


@pytest.mark.parametrize(
    ("line", "warnings"),
    [("Biomarkers", 0), ("Biomarkers:", 1), (f"Biomarkers: pSN=0.1{' ' * 200}", 1)],
)
def test_a_line_without_readable_biomarkers_is_not_understood(line, warnings):
    report = parse_report(f"{corpus.text_2023()}{line}\n")
    assert (report.n_unknown, len(report.warnings)) == (1, warnings)


def test_damaged_xml_is_read_up_to_the_damage():
    report = parse_report('<neuropacs orderID="a"><data name="FWpSN" value="0.31"/><data')
    assert (report.order_id, report.biomarkers["pSN"].value) == ("a", 0.31)
    assert report.warnings == ("the XML is damaged; what stands before the damage was read",)


def test_text_between_the_elements_of_xml_is_not_understood():
    report = parse_report('<neuropacs orderID="a">\n  some words\n</neuropacs>')
    assert (report.understood, report.unknown) == (1, ("some words",))


@pytest.mark.parametrize(("length", "n_unknown"), [(80, 1), (81, 0)])
def test_a_sentence_continues_where_a_key_would_be_too_long(length, n_unknown):
    text = f"Atypical:0.8\nAtypical Info:Of the two,\n{'x' * length}: is more probable.\n"
    assert parse_report(text).n_unknown == n_unknown


def test_a_key_of_80_characters_is_read():
    report = parse_report(f"Atypical{'.' * 72}:0.8\nAtypical Info:Of the two,\n")
    assert (report.grammar, report.classes) == ("text", {"atypical": 0.8})


def test_text_that_only_begins_like_xml_is_not_xml():
    assert parse_report("<1% of the voxels\n").grammar != "XML"


def test_numbers_in_json_keep_their_digits():
    report = parse_report(json.dumps({"result": {"FWMCP": 0.00005, "FWpSN": 0.25, "FWSCP": 1}}))
    digits = {region: each.digits for region, each in report.biomarkers.items()}
    assert digits == {"MCP": 5, "pSN": 2, "SCP": 0}


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([corpus.text_2025()], "report"),
        ([corpus.FAILURE], "failure"),
        ([corpus.text_2025(), corpus.FAILURE], "failure"),
        (["Analysis:AD/DLB-v1.0\nSome AD:yes\n"], "report"),
        (["AD:0.8\n"], "report"),
        (["Insufficient data."], ""),
        (["\x00\x01\x02"], ""),
        ([], ""),
    ],
)
def test_the_reports_of_a_folder_say_whether_it_failed(tmp_path, texts, verdict):
    for n, text in enumerate(texts):
        (tmp_path / f"{n}.txt").write_text(text)
    (tmp_path / "a.png").write_bytes(b"x")
    assert folder_verdict(tmp_path) == verdict
