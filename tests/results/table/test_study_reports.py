"""Reports beside the values of their studies: facts, warnings, cross-check, cache."""

import os
import stat

import numpy as np
import pytest
from support import report_corpus as corpus
from support.aidp_files import STEMS

import neuroflow as nf
from neuroflow.errors import ResultWarning
from neuroflow.results import cached_results, cached_warnings, read_results, study_facts


@pytest.fixture
def cohort(folder):
    """Return a folder of six studies with reports of six grammars, all of them right."""
    rng = np.random.default_rng(3)
    texts = [corpus.text_2024, corpus.text_2025, corpus.instructions_for_use, corpus.json_texts]
    texts += [corpus.json_objects, corpus.xml]
    for n, write in enumerate(texts):
        values = {name: round(float(rng.uniform(0.05, 0.5)), 4) for name in corpus.VALUES}
        put(folder, f"s{n}", values, write(values))
    return folder


def put(folder, study, values, text):
    stems = [stem for stem in STEMS if stem not in values]
    cells = [f"{stem},0.1{n:03d}5,0.5" for n, stem in enumerate(stems)]
    cells += [f"{region},{value + 0.00003:.6f},0.6" for region, value in values.items()]
    folder.put(f"{study}_out/aidp.csv", "\n".join(["region,FW,FA", *cells]) + "\n")
    ending = {"{": "json", "<": "xml"}.get(text[0], "txt")
    folder.put(f"{study}_out/prediction.{ending}", text)


def swap(folder, one, other, name):
    first, second = (folder.path / f"{study}_out" / name for study in (one, other))
    texts = first.read_text(), second.read_text()
    first.write_text(texts[1])
    second.write_text(texts[0])


def test_all_right_studies_agree_in_facts(cohort):
    facts = study_facts(cohort.path)
    assert facts["cross_check"].tolist() == ["agrees"] * 6
    assert facts["warnings"].tolist() == [""] * 6
    assert facts["report_understood"].tolist() == [1.0] * 6
    assert facts["p_atypical"].tolist() == [corpus.ATYPICAL] * 6
    assert facts.loc[0, "control_mean_pSN"] == 0.1753
    assert set(facts["report_form"]) == {"text", "JSON", "XML"}


def test_swapped_values_are_a_warning_of_the_call_by_name(cohort):
    swap(cohort, "s1", "s4", "aidp.csv")
    with pytest.warns(ResultWarning, match=r"report and aidp.csv differ \(2\): s1, s4"):
        table = read_results(cohort.path)
    assert table.attrs["cross_check"]["accused"] == ["s1", "s4"]
    assert table.attrs["cross_check"]["agrees"] == 4
    with pytest.warns(ResultWarning):
        facts = study_facts(cohort.path).set_index("study_id")
    assert "matches the aidp.csv of s4" in facts.loc["s1", "cross_check_detail"]
    assert "matches the aidp.csv of s1" in facts.loc["s4", "warnings"]
    assert facts.loc["s0", "warnings"] == ""


def test_status_shows_the_warning_and_opens_no_report_again(cohort, tmp_path, monkeypatch):
    swap(cohort, "s1", "s4", "aidp.csv")
    cache = tmp_path / "cache"
    late = 2**62

    def later():
        return late

    cached_results(cohort.path, cache, clock_ns=later)
    monkeypatch.setattr("neuroflow.results.table.report_cache.read_report", None)
    told = cached_warnings(cohort.path, cache)
    assert set(told) == {"s1", "s4"}


def test_a_changed_report_is_read_again(cohort, tmp_path):
    cache = tmp_path / "cache"
    assert cached_warnings(cohort.path, cache) == {}
    path = cohort.path / "s0_out" / "prediction.txt"
    path.write_text(path.read_text().replace("pSN Free Water Value:0.", "pSN Free Water Value:0.9"))
    assert "pSN is" in cached_warnings(cohort.path, cache)["s0"]


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" + b"x" * 500, None])
def test_a_damaged_cache_of_reports_is_made_again(cohort, tmp_path, content):
    cache = tmp_path / "cache"
    cached_warnings(cohort.path, cache)
    path = cache / "reports.sqlite"
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    facts = cached_results(cohort.path, cache).studies
    assert facts["cross_check"].tolist() == ["agrees"] * 6


@pytest.mark.skipif(os.name != "posix", reason="modes have no meaning there")
def test_only_its_owner_reads_the_cache_of_reports(cohort, tmp_path):
    path = tmp_path / "cache" / "reports.sqlite"
    path.parent.mkdir()
    path.touch(mode=0o644)  # made by an earlier version
    cached_warnings(cohort.path, path.parent)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_methods_text_says_how_many_agree(cohort):
    swap(cohort, "s1", "s4", "aidp.csv")
    with pytest.warns(ResultWarning):
        table = read_results(cohort.path)
    table["group"] = table["study_id"].map(lambda name: "PD" if name < "s3" else "Control")
    text = nf.methods_text(nf.compare_groups(table))
    assert "agrees with the values used here at the printed precision in 4 of 6" in text
    assert "it differs in s1, s4." in text


def test_no_reports_no_sentence(folder):
    for n in range(6):
        folder.study(f"s{n}", 0.2 + n / 100)
    table = read_results(folder.path)
    assert "cross_check" not in table.attrs
    assert study_facts(folder.path)["cross_check"].tolist() == ["not compared"] * 6


def test_the_table_counts_products_and_models_of_the_service(cohort):
    facts = study_facts(cohort.path)
    counts = facts.groupby(["product", "model_version"]).size()
    expected = [
        {"product": product, "model_version": model, "n": n}
        for (product, model), n in counts.items()
    ]
    assert len(expected) > 1
    assert read_results(cohort.path).attrs["service"] == expected
