"""Other products, other names and loose downloads: read, or named; never dropped in silence."""

import pytest
from support import report_corpus as corpus

from neuroflow.errors import FolderError, ResultWarning
from neuroflow.results import cached_results, read_results, study_facts

WIDE = "Subject,pSN_FW,MCP_FW,pSN_FA,MCP_FA\nx,0.2001,0.1002,0.5,0.6\n"
OTHER = "Subject,AD_Index,DLB_Index\nx,0.2,0.1\n"


def facts_of(folder):
    return study_facts(folder.path).set_index("study_id")


def test_results_of_another_product_are_named_and_no_failure(folder):
    folder.study("a")
    folder.put("b_out/aidd.csv", OTHER)
    folder.put("b_out/aidd.png", b"x")
    folder.put("b_out/aidd.nii.gz", b"x")
    facts = facts_of(folder)
    assert facts.loc["b", "not_read"] == "aidd.csv, aidd.nii.gz"
    assert (
        "results of a product that is not read: aidd.csv, aidd.nii.gz"
        in (facts.loc["b", "warnings"])
    )
    assert facts.loc["b", "failure"] == ""
    assert set(read_results(folder.path)["study_id"]) == {"a"}


def test_further_products_of_a_study_stand_beside_its_values(folder, tmp_path):
    folder.study("a")
    folder.put("a_out/aidd.csv", OTHER)
    for facts in (facts_of(folder), *_twice_through_the_cache(folder, tmp_path)):
        assert facts.loc["a", ["not_read", "n_values"]].tolist() == ["aidd.csv", 132]
        assert facts.loc["a", "warnings"] == ""


def _twice_through_the_cache(folder, tmp_path):
    for _ in range(2):
        results = cached_results(folder.path, tmp_path / "cache", clock_ns=lambda: 2**62)
        yield results.studies.set_index("study_id")


@pytest.mark.parametrize("name", ["features.csv", "AIDP_v2.tsv", "o1_report.csv", "values.csv"])
def test_a_table_of_another_name_is_looked_at(folder, name):
    folder.put(f"a_out/{name}", WIDE.replace(",", "\t") if name.endswith("tsv") else WIDE)
    folder.put("a_out/prediction.txt", corpus.text_2025({"pSN": 0.2001, **_rest()}))
    table = read_results(folder.path)
    assert set(table["study_id"]) == {"a"}
    assert len(table) == 4


def test_loose_downloads_are_read_by_their_order(folder):
    folder.put("o1_report.txt", corpus.text_2025())
    folder.put("o1_report.png", b"x")
    folder.put("o1_report.csv", WIDE)
    folder.put("o2_report.json", corpus.json_texts())
    folder.put("o3_report.xml", corpus.xml())
    folder.put("o4_failure.txt", corpus.FAILURE)
    folder.put("o4_failure.png", b"x")
    facts = facts_of(folder)
    assert facts["cross_check"].tolist() == ["differs", *["not compared"] * 3]
    assert facts.index.tolist() == ["o1", "o2", "o3", "o4"]
    assert facts["p_atypical"].tolist()[:3] == [corpus.ATYPICAL] * 3
    assert facts.loc["o4", "failure"] == "Study failed eligibility processing"
    assert facts.loc["o1", ["n_values", "picture"]].tolist() == [
        4, str(folder.path / "o1_report.png"),
    ]  # fmt: skip
    assert facts.loc["o4", "picture"].endswith("o4_failure.png")


def test_a_loose_download_is_matched_by_its_order(folder):
    folder.study("a")
    folder.put("a_out/prediction.txt", f"Order ID:{corpus.ORDER}\nAtypical:{corpus.ATYPICAL}\n")
    folder.put(f"downloads/{corpus.ORDER}_report.json", corpus.json_texts())
    facts = facts_of(folder)
    assert facts.index.tolist() == ["a"]
    assert "differ (" not in facts.loc["a", "warnings"]


def test_conflicting_files_of_a_study_warn_the_caller(folder):
    folder.study("a", 0.1)
    folder.study("a", 0.3, place="again/")
    with pytest.warns(ResultWarning, match=r"other values in a further file.* \(1\): a"):
        read_results(folder.path)


def test_a_folder_of_only_excel_files_gives_advice(folder):
    folder.put("a_out/aidp.xlsx", b"PK\x03\x04")
    with pytest.raises(FolderError, match="Excel"):
        read_results(folder.path)


def _rest():
    return {"MCP": 0.1002, "Putamen": 0.3, "SCP": 0.4}
