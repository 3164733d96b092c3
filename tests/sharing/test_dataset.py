"""A project as a BIDS dataset that validates, and that gives the same table again."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import realistic_table

import neuroflow as nf
from neuroflow.errors import FolderError, TableError

VALIDATOR = shutil.which("bids-validator-deno", path=Path(sys.executable).parent)


def cohort(visits=1):
    table = realistic_table({"Control": 4, "PSP": 4})
    table["participant_id"] = table["study_id"].str.replace("study", "HC_")
    parts = [
        table.assign(session_id=str(n), study_id=table["study_id"] + f"v{n}", age=table["age"] + n)
        for n in range(1, visits + 1)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.skipif(VALIDATOR is None, reason="bids-validator-deno is not installed")
@pytest.mark.parametrize("visits", [1, 2])
def test_the_dataset_has_no_error_under_the_validator(tmp_path, visits):
    folder = nf.export_bids(cohort(visits), tmp_path / "data", title="Free water")
    done = subprocess.run(
        [VALIDATOR, folder, "--json"], capture_output=True, text=True, check=False
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    errors = [(each["code"], each["location"]) for each in issues if each["severity"] == "error"]
    assert errors == []
    assert done.returncode == 0


def test_the_exported_table_is_the_same_table(tmp_path, run_compare):
    table = cohort(2)
    folder = nf.export_bids(table, tmp_path / "data")
    file = folder / "derivatives" / "neuroflow" / "cohort_table.tsv"
    texts = {"session_id": "str", "value": "str"}  # pandas before 3.1 may miss the last digit
    again = pd.read_csv(file, sep="\t", dtype=texts, na_values="n/a")
    again["value"] = again["value"].map(float)
    assert again["value"].tolist() == table["value"].tolist()
    assert again["participant_id"].iloc[0] == "sub-HC0000"
    mine, theirs = (run_compare(each)["p"].to_numpy() for each in (table, again))
    np.testing.assert_array_equal(mine, theirs)


@pytest.fixture
def run_compare():
    def compare(table):
        table = table[table["region"].isin(["pSN", "SCP"])]
        return nf.compare_groups(table, visit="first", covariates=["age", "sex"])

    return compare


def test_every_column_of_the_phenotype_is_described(tmp_path):
    folder = nf.export_bids(cohort(), tmp_path / "data") / "phenotype"
    (file,) = folder.glob("*.tsv")
    values = pd.read_csv(file, sep="\t")
    described = json.loads(file.with_suffix(".json").read_text("utf-8"))
    assert set(described) == {"MeasurementToolMetadata", *values.columns}
    assert described["pSN_FW"]["LongName"] == "Free water, Posterior substantia nigra"
    assert described["pSN_FW"]["Units"] == "1"


def test_each_visit_has_a_file_of_its_own(tmp_path):
    folder = nf.export_bids(cohort(2), tmp_path / "data") / "phenotype"
    assert sorted(file.name for file in folder.glob("*.tsv")) == [
        "neuropacs_ses-1.tsv",
        "neuropacs_ses-2.tsv",
    ]


def test_the_crate_has_the_digest_of_every_file(tmp_path):
    pytest.importorskip("rocrate")
    table = cohort()
    table.attrs["service"] = [{"product": "P", "model_version": "7", "n": 8}]
    folder = nf.export_bids(table, tmp_path / "data")
    graph = json.loads((folder / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    digests = {each["@id"]: each["sha256"] for each in graph if "sha256" in each}
    there = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "ro-crate-metadata.json"
    }
    assert digests == there
    (action,) = [each for each in graph if each["@type"] == "CreateAction"]
    assert "P, model version 7, 8 studies" in action["description"]


def test_no_id_of_a_study_leaves_with_the_dataset(tmp_path):
    table = cohort()
    folder = nf.export_bids(table, tmp_path / "data")
    for file in (each for each in folder.rglob("*") if each.is_file()):
        assert "study0001v1" not in file.read_text("utf-8")


def test_labels_that_are_one_in_bids_are_refused(tmp_path):
    table = cohort()
    table["participant_id"] = table["participant_id"].replace("HC_0001", "HC-0000")
    with pytest.raises(TableError, match="the same in BIDS"):
        nf.export_bids(table, tmp_path / "data")
    with pytest.raises(TableError, match="no participant"):
        nf.export_bids(table.assign(participant_id=None), tmp_path / "data")
    twice = pd.concat([cohort(), cohort().assign(study_id="other")])
    with pytest.raises(TableError, match="two studies in one visit"):
        nf.export_bids(twice, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FolderError, match="not an empty folder"):
        nf.export_bids(cohort(), tmp_path)
