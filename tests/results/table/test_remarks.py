"""Unexpected values are warned of where a table is read, one warning per kind."""

import warnings

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import ResultWarning

REGIONS = ("pSN", "aSN", "SCP", "MCP", "Putamen", "Caudate", "GP", "STN")


def rows(seed, shift=0.0):
    rng = np.random.default_rng(seed)
    return {f"{name}_FW": f"{0.2 + shift + 0.01 * rng.normal():.4f}" for name in REGIONS}


def cohort(tmp_path, changes=None, n=12):
    """A folder of results; `changes` are the values of some studies, or whole texts."""
    for i in range(n):
        study = f"s{i:02d}"
        change = (changes or {}).get(study, {})
        text = (
            "".join(f"{k},{v}\n" for k, v in (rows(i) | change).items() if v is not None)
            if isinstance(change, dict)
            else change
        )
        (tmp_path / f"{study}_out").mkdir()
        (tmp_path / f"{study}_out" / "aidp.csv").write_text(text)
    return tmp_path


def told(folder):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = nf.read_results(folder)
    return table, [str(each.message) for each in caught if each.category is ResultWarning]


def test_an_ordinary_cohort_gives_no_warning(tmp_path):
    table, said = told(cohort(tmp_path))
    assert said == []
    assert "unexpected" not in table.attrs


CASES = {
    "Values outside 0 to 1 (1 study): s03": {"pSN_FW": "1.3"},
    "Codes for missing values, read as missing (2 in 1 study): s03": {
        "pSN_FW": "-999",
        "SCP_FW": "9999",
    },
    "Values of exactly 0 or 1, as in regions outside the brain mask (2 in 1 study): s03": {
        "pSN_FW": "0",
        "SCP_FW": "1.0",
    },
    "Values that look like percent without a sign (8 in 1 study): s03": {
        name: f"{100 * float(value):.2f}" for name, value in rows(3).items()
    },
    "Files without any number (1 study): s03": dict.fromkeys(rows(3), "n/a"),
    "Studies with far fewer values than most (1 study): s03": {"pSN_FW": None, "SCP_FW": None},
    "Cells that hold no number (1 study): s03": {"pSN_FW": "#DIV/0!"},
    "Studies with outliers (beyond 6 robust SD) in many regions (8 in 1 study): s03": rows(3, 0.5),
    "Columns with numbers that were not used (1 study): s03": "region,FW,Freiwert\n"
    + "".join(f"{name[:-3]},{v},{float(v) + 0.1}\n" for name, v in rows(3).items()),
}


@pytest.mark.parametrize("sentence", CASES)
def test_each_kind_is_one_warning_with_count_and_ids(tmp_path, sentence):
    table, said = told(cohort(tmp_path, {"s03": CASES[sentence]}))
    assert sentence in said
    assert sum(table.attrs["unexpected"].values()) >= 1


def test_many_studies_of_one_kind_are_one_warning(tmp_path):
    changes = {f"s{i:02d}": {"pSN_FW": "0"} for i in range(11)}
    _, said = told(cohort(tmp_path, changes))
    (sentence,) = said
    assert "(11 studies): s00, s01" in sentence
    assert sentence.endswith(", ...")


def test_codes_for_missing_values_are_missing_in_the_table(tmp_path):
    table, _ = told(cohort(tmp_path, {"s03": {"pSN_FW": "-999"}}))
    value = table.set_index(["study_id", "region"]).loc[("s03", "pSN"), "value"]
    assert np.isnan(value)


def test_what_was_read_stands_in_methods_and_captions(tmp_path):
    table, _ = told(cohort(tmp_path, {"s03": {"pSN_FW": "-999"}}))
    table["group"] = np.where(table["study_id"].astype(str) < "s06", "Control", "PD")
    says = "When results were read: codes for missing values, read as missing (1 in 1 study)."
    assert says in nf.methods_text(nf.compare_groups(table))
    assert says in nf.plot.caption(nf.plot.strip(table))


def test_zeros_and_ones_are_counted_and_left_out(tmp_path):
    changes = {"s01": {"pSN_FW": "0.0"}, "s02": {"SCP_FW": "1"}, "s03": {"MCP_FW": "0"}}
    table, said = told(cohort(tmp_path, changes))
    assert said == [
        "Values of exactly 0 or 1, as in regions outside the brain mask (3 studies): s01, s02, s03"
    ]
    table["group"] = np.where(table["study_id"].astype(str) < "s06", "Control", "PD")
    effects = nf.compare_groups(table, exclude_suspect=True)
    assert pd.Series(effects["n_suspect"].to_numpy(), effects["region"]).sum() == 3


def test_a_cohort_without_any_number_is_warned_of(tmp_path):
    _, said = told(
        cohort(tmp_path, {f"s{i:02d}": "region,FW\npSN,\nMCP,\n" for i in range(3)}, n=3)
    )
    assert "Files without any number (3 studies): s00, s01, s02" in said


def test_ids_that_differ_in_case_only_are_warned_of(tmp_path):
    names = ["S1", "S2", "s2", "s3"]
    lines = [f"{name},0.{n + 2},0.3\n" for n, name in enumerate(names)]
    (tmp_path / "all.csv").write_text("study_id,pSN_FW,MCP_FW\n" + "".join(lines))
    table, said = told(tmp_path)
    assert said == ["Ids that differ from another in case only (2 studies): S2, s2"]
    assert sorted(table["study_id"].astype(str).unique()) == names
