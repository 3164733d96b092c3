"""Findings as a table for the people who acquire and export the scans."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import OptionError
from neuroflow.models import Finding, Severity, Study, StudyKind

SCANS = Path("/scans/P1")
FILES = (SCANS / "a" / "1.dcm", SCANS / "b" / "2.dcm")
STUDY = Study("P1 dwi", StudyKind.DICOM, SCANS.parent, FILES, participant_id="P1", session_id="2")


def findings(*rules: str, study: str = "P1 dwi") -> pd.DataFrame:
    rows = [Finding(study, rule, Severity.ERROR, "130 ms", "55–104 ms", "Ask.") for rule in rules]
    names = list(nf.check([]).columns)
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)


def test_each_finding_names_folder_rule_in_words_and_source():
    row = nf.findings_table(findings("echo_time"), [STUDY]).iloc[0]
    assert (row["participant_id"], row["session_id"], row["n_files"]) == ("P1", "2", 2)
    assert row["folder"] == str(Path("/scans/P1"))
    assert row["parameter"] == "Echo time"
    assert row["source"] == "neuropacs documentation, acquisition parameters"


def test_a_packed_study_is_named_by_its_archive(tmp_path):
    archive = tmp_path / "P1.zip"
    archive.touch()
    packed = replace(STUDY, root=archive, files=(archive / "x" / "1.dcm",))
    assert nf.findings_table(findings("echo_time"), [packed])["folder"].tolist() == [str(archive)]


def test_unknown_rules_and_studies_keep_their_row():
    table = nf.findings_table(findings("participant", study="gone"), [STUDY])
    assert table.loc[0, ["study", "parameter", "n_files"]].tolist() == ["gone", "Participant", 0]


def test_a_table_of_something_else_is_refused():
    with pytest.raises(OptionError, match="no column study"):
        nf.findings_table(pd.DataFrame({"age": [1]}), [STUDY])


def test_saved_findings_start_no_formula_and_explain_their_columns(tmp_path):
    evil = replace(STUDY, participant_id="=1+1")
    nf.save_cohort_table(nf.findings_table(findings("echo_time"), [evil]), tmp_path / "f.tsv")
    assert "\t'=1+1\t" in (tmp_path / "f.tsv").read_text(encoding="utf-8")
    assert "What the rule is about" in (tmp_path / "f.json").read_text(encoding="utf-8")
