"""What the shell completes from a workspace and from cohort tables."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from support.collected import GROUPS, collect_into, people
from typer._completion_classes import BashComplete

from neuroflow.cli.program import app
from neuroflow.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return the folder of a workspace with eight collected studies, and its cohort."""
    folder = tmp_path_factory.mktemp("completed") / "project"
    with Workspace(folder) as ws:
        cohort = collect_into(ws, people(8))
        ws.exclude_result("sub-003_ses-1", "pSN", reason="motion")
    return folder, cohort


@pytest.fixture
def offered(project):
    """Return a function that lists what is offered for the last word after a command."""
    shell = BashComplete(typer.main.get_command(app), {}, "neuroflow", "_NEUROFLOW_COMPLETE")

    def complete(line):
        *before, last = line.replace("PROJECT", str(project[0])).split(" ")
        return [item.value for item in shell.get_completions(before, last)]

    return complete


def test_regions_are_offered_also_within_a_list(offered):
    assert offered("plot forest PROJECT --regions pS") == ["pSN"]
    assert offered("plot forest PROJECT --regions pSN,SC") == ["pSN,SCP"]
    assert "pSN,pSN" not in offered("plot forest PROJECT --regions pSN,p")
    assert offered("exclude-result PROJECT sub-001_ses-1 --region SC") == ["SCP"]


def test_metrics_and_columns_of_the_table_are_offered(offered):
    assert offered("compare PROJECT --metric FW,FA") == ["FW,FAt"]
    assert offered("report PROJECT --metric F") == ["FAt", "FW"]
    assert offered("compare PROJECT --covariates age,s") == [
        *("age,study_id", "age,session_id", "age,site", "age,sex")
    ]
    assert offered("compare PROJECT --by gr") == ["group"]
    assert offered("correlate PROJECT ag") == ["age"]
    assert "region" not in offered("table-one PROJECT --columns ")


def test_groups_are_those_of_the_chosen_column(offered):
    assert offered("compare PROJECT --groups ") == sorted(GROUPS)
    assert offered("compare PROJECT --by sex --groups F,") == ["F,M"]
    assert offered("accuracy PROJECT --truth sex --positive ") == ["F", "M"]
    assert offered("compare PROJECT --reference a") == ["auto"]
    assert offered("compare PROJECT --reference Co") == ["Control"]
    assert offered("harmonize PROJECT --reference-batch ") == ["A"]
    assert offered("compare PROJECT --visit ") == ["first", "last", "1"]


def test_studies_are_offered_by_label_and_by_id(offered, project):
    study = project[1].studies[3]
    assert offered("exclude-result PROJECT sub-003") == [study.label]
    assert offered(f"exclude-result PROJECT {study.study_id[:10]}") == [study.study_id]
    assert offered("exclude-result PROJECT ") == [each.label for each in project[1].studies]
    assert offered(f"plot profile PROJECT --study {study.study_id[:10]}") == [study.study_id]
    assert offered("plot profile PROJECT --study 003") == ["003_1"]
    assert offered("submit PROJECT C1 --only sub-000_ses-1,sub-003") == [
        f"sub-000_ses-1,{study.label}"
    ]
    assert offered("forget PROJECT sub-003") == ["sub-003", study.label]


def test_only_what_is_set_aside_is_offered_to_be_included(offered):
    assert offered("include-result PROJECT ") == ["sub-003_ses-1"]
    assert offered("include-result PROJECT sub-003_ses-1 --region ") == ["pSN"]
    assert offered("include-result PROJECT sub-001_ses-1 --region ") == []


def test_a_table_in_a_file_is_completed_as_a_workspace(offered, table_file):
    assert offered(f"plot forest {table_file} --regions pS") == ["pSN"]
    assert offered(f"correlate {table_file} p_p") == ["p_psp"]


@pytest.mark.parametrize("source", ["nowhere", "broken.csv", ""])
def test_what_cannot_be_read_completes_nothing(offered, source, tmp_path, capfd):
    (tmp_path / "broken.csv").write_bytes(b"\xff\xfe\x00")
    typed = tmp_path / source if source else ""
    assert offered(f"plot forest {typed} --regions p") == []
    assert offered(f"exclude-result {typed} a") == []
    assert capfd.readouterr() == ("", "")


def test_labels_of_studies_are_taken_as_they_are_offered(project, run):
    folder, cohort = project
    label = cohort.studies[5].label
    assert run("exclude-result", folder, label, "--reason", "motion")[0] == 0
    assert run("include-result", folder, label)[0] == 0


@pytest.mark.skipif(
    not Path(sys.executable).with_name("neuroflow").exists(), reason="not installed as a command"
)
def test_bash_is_offered_the_whole_list(project):
    line = f"neuroflow plot forest {project[0]} --regions pSN,SC"
    asked = {"_NEUROFLOW_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": "5"}
    command = Path(sys.executable).with_name("neuroflow")
    done = subprocess.run(
        [command], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["pSN,SCP"], "")
