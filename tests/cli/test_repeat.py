"""Repeating a study on the command line."""

import json


def test_it_asks_first_and_names_what_sends_it(project, run, cohort_folder, tmp_path):
    scans, people = cohort_folder / "scans", cohort_folder / "participants.tsv"
    sent = run("submit", project, "C", scans, "--participants", people, "--json", "--quiet")
    study = json.loads(sent[1])["studies"][0]["study_id"]
    command = ("repeat", project, "C", study, "--reason", "asked for")
    code, _, said = run(*command)
    assert code == 2
    assert "processed once more" in said
    code, out, said = run(*command, "--yes", "--json")
    again = json.loads(out)["study_id"]
    assert code == 0
    assert f"--only {again}" in said
    code, out, _ = run("submit", project, "C", "--only", again, "--json", "--quiet")
    assert code == 0
    (row,) = json.loads(out)["studies"]
    assert (row["study_id"], row["state"]) == (again, "submitted")
