"""A table for a paper, and its methods, say what was measured without anything else."""

import json
import re

import pandas as pd
import pytest
from support.comparison_tables import normal_table, realistic_table

from neuroflow.compare import compare_groups, methods_text, paper_table, save_paper_table
from neuroflow.compare.report.document import RECIPE, Document
from neuroflow.compare.report.references import WORKS

SERVICE = [{"product": "PD/MSA/PSP-v1.0", "model_version": "2BP20V6_29", "n": 24}]


@pytest.fixture(scope="module")
def paper():
    table = realistic_table({"Control": 12, "PSP": 12})
    table["participant_id"] = table["study_id"].where(table["study_id"] != "study0001", "study0000")
    table["session_id"] = table["study_id"]
    table.attrs["service"] = SERVICE
    return paper_table(table, covariates=["age", "sex"], visit="first")


@pytest.mark.parametrize("ending", ["md", "tex", "html", "docx", "xlsx"])
def test_every_format_says_what_its_cells_are(paper, tmp_path, ending):
    file = save_paper_table(paper, tmp_path / f"t.{ending}")
    text = words_of(file)
    for part in (
        "Free water (FW) in 66 regions: Control and PSP",
        "adjusted mean",
        "(standard error) of FW, a fraction between 0 and 1",
        "linear model of the value on group, adjusted for age and sex (sex as categorical)",
        "PSP: n = 12 people, one study each",
        "Benjamini-Hochberg",
        "corrected over 66 regions",
        "product PD/MSA/PSP-v1.0, model version 2BP20V6_29",
        "doi:10.1111/j.2517-6161.1995.tb02031.x",
    ):
        assert part in text, part


def words_of(file):
    if file.suffix == ".docx":
        document = pytest.importorskip("docx").Document(str(file))
        return "\n".join(paragraph.text for paragraph in document.paragraphs)
    if file.suffix == ".xlsx":
        pytest.importorskip("openpyxl")
        return "\n".join(pd.read_excel(file, sheet_name="methods")["about"])
    return file.read_text(encoding="utf-8").replace("\\_", "_")


def test_people_and_studies_are_counted_apart():
    table = normal_table()
    again = table.assign(study_id=table["study_id"] + "b", session_id="2")
    both = pd.concat([table.assign(session_id="1"), again])
    paper = paper_table(both, metric="M0", robust="cluster")
    n = table.loc[table["group"] == "PSP", "study_id"].nunique()
    assert f"PSP: n = {2 * n} studies of {n} people" in paper.attrs["footnote"]


def test_methods_name_metric_regions_service_and_versions(paper):
    text = paper.attrs["methods"]
    assert text.startswith("Free water (FW; fraction of the voxel's signal, 0 to 1) was analysed")
    assert "the neuropacs service (product PD/MSA/PSP-v1.0, model version 2BP20V6_29)" in text
    assert re.search(
        r"neuroflow \S+ \(Python 3\.\d+\.\d+, numpy [\d.]+, scipy [\d.]+, pandas", text
    )
    assert "C(" not in text


def test_each_version_of_the_model_is_counted():
    table = normal_table()
    table.attrs["service"] = [
        {"product": "A", "model_version": version, "n": n} for version, n in (("1", 40), ("2", 6))
    ]
    text = methods_text(compare_groups(table))
    assert "(product A, model version 1, 40 studies; product A, model version 2, 6 studies)" in text


def test_references_fit_the_method():
    table = normal_table()
    by_ranks = methods_text(compare_groups(table, method="mannwhitney", correction="holm"))
    assert WORKS["mannwhitney"] in by_ranks
    assert WORKS["holm"] in by_ranks
    assert "Welch" not in by_ranks
    assert WORKS["HC3"] in methods_text(compare_groups(table, robust="HC3"))


def test_a_wide_table_is_landscape_in_latex_and_html(paper, tmp_path):
    long = save_paper_table(paper, tmp_path / "t.tex").read_text("utf-8")
    assert r"\begin{landscape}" in long
    assert r"\begin{longtable}" in long
    short = save_paper_table(paper.head(20), tmp_path / "s.tex").read_text("utf-8")
    assert r"\begin{sidewaystable}" in short
    page = save_paper_table(paper, tmp_path / "t.html").read_text("utf-8")
    assert "size: landscape" in page
    assert page.count('<th scope="row"') == 66
    narrow = save_paper_table(paper[["Region", "q"]], tmp_path / "n.tex").read_text("utf-8")
    assert not re.search("sidewaystable|landscape", narrow)


def test_a_recipe_cannot_end_the_comment_that_holds_it():
    table = pd.DataFrame({"a": [1]})
    table.attrs["recipe"] = {"options": {"by": "--> <script> 5 % \n"}}
    text = Document.of(table).recipe_text
    assert "--" not in text
    assert "%" not in text
    assert "\n" not in text
    assert json.loads(text) == table.attrs["recipe"]


def test_the_recipe_in_latex_is_one_comment(paper, tmp_path):
    first, second, *_ = save_paper_table(paper, tmp_path / "t.tex").read_text("utf-8").splitlines()
    assert json.loads(first.removeprefix(f"% {RECIPE}"))["options"]["covariates"] == ["age", "sex"]
    assert second == r"\begin{landscape}"
