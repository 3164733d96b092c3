"""Withdrawal of consent on the command line."""

import json


def test_it_asks_first_and_lists_what_remains(project, run, cohort_folder):
    scans, people = cohort_folder / "scans", cohort_folder / "participants.tsv"
    run("package", project, "C", scans, "--participants", people, "--quiet")
    name = "D002"
    code, _, said = run("forget", project, name)
    assert code == 2
    assert "removes for good: C D002" in said
    code, out, _ = run("forget", project, name, "--yes", "--json")
    assert code == 0
    states = {item["state"] for item in json.loads(out)["items"]}
    assert states == {"removed", "remains"}
    assert run("forget", project, name, "--yes")[0] == 3
