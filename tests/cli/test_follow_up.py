"""Repeated visits on the command line: change, trials, repeatability, single people."""

import json

import pandas as pd
import pytest

import neuroflow as nf


@pytest.fixture
def visits_file(tmp_path):
    from support.follow_up import cohort

    cohort().to_parquet(tmp_path / "visits.parquet")
    return tmp_path / "visits.parquet"


def test_change_of_all_visits_is_compared(run, visits_file):
    code, out, err = run("compare", visits_file, "--change", "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert {row["contrast"] for row in answer["effects"]} == {"Control", "PSP", "PSP - Control"}
    assert "mixed model" in answer["methods"]
    code, _, err = run("compare", visits_file, "--change", "--visit", "first")
    assert (code, "--visit does not fit" in err) == (3, True), err


def test_true_changes_are_counted_by_a_table_of_repeatability(run, visits_file, tmp_path):
    known = tmp_path / "repeatability.csv"
    code, _, err = run("repeatability", visits_file, "--within", "2", "--to", known)
    assert code == 0, err
    words = ("compare", visits_file, "--repeatability", known)
    code, out, err = run(*words, "--change", "--json")
    assert code == 0, err
    counts = {
        row["contrast"]: row["n_exceed"]
        for row in json.loads(out)["effects"]
        if row["region"] == "pSN"
    }
    assert 0 <= counts["PSP"] <= 40
    assert counts["PSP - Control"] is None
    code, _, err = run(*words)
    assert (code, "--change" in err) == (3, True), err


def test_a_change_profile_needs_a_person_with_two_visits(run, visits_file, tmp_path):
    words = ("plot", "change_profile", visits_file, "--to", tmp_path / "one.png", "--dpi", "50")
    code, _, err = run(*words)
    assert (code, "needs --study, with a participant" in err) == (3, True), err
    code, out, err = run(*words, "--study", "PSP003")
    assert code == 0, err
    assert "Change of free water of PSP003" in out.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "adjusted"),
    [
        ((), "the interval and age"),
        (("--covariates", "none"), "the interval"),
    ],
)
def test_a_figure_adjusts_as_in_python_by_itself(run, visits_file, tmp_path, words, adjusted):
    whole = ("plot", "change_profile", visits_file, "--study", "PSP003", *words)
    code, out, err = run(*whole, "--to", tmp_path / "one.png", "--dpi", "50", "--json")
    assert code == 0, err
    assert f"adjusted for {adjusted}." in json.loads(out)["caption"]


def test_participants_of_a_trial_are_computed(run, visits_file, tmp_path):
    words = ("--groups", "PSP", "--visits", "0,1,2", "--slowing", "0.5")
    code, out, err = run("power", visits_file, *words, "--to", tmp_path / "sizes.csv", "--json")
    assert code == 0, err
    assert [row["contrast"] for row in json.loads(out)["sizes"]] == ["PSP", "PSP"]
    assert "slows the change per year by 50%" in json.loads(out)["methods"]
    assert pd.read_csv(tmp_path / "sizes.csv")["n_per_arm"].min() > 1


def test_repeatability_of_every_region_is_printed(run, visits_file):
    code, out, err = run("repeatability", visits_file, "--within", "2")
    assert code == 0, err
    assert "repeatability coefficient" in out.replace("\n", " ")


def test_changes_of_single_people_are_compared_with_controls(run, visits_file, tmp_path):
    known = tmp_path / "repeatability.csv"
    assert run("repeatability", visits_file, "--within", "2", "--to", known)[0] == 0
    words = ("person-change", visits_file, "--repeatability", known, "--covariates", "none")
    code, out, err = run(*words, "--json")
    assert code == 0, err
    rows = pd.DataFrame(json.loads(out)["changes"])
    table = pd.read_parquet(visits_file)
    expected = nf.person_change(table, covariates=[], repeatability=pd.read_csv(known))
    assert rows["z"].tolist() == pytest.approx(expected["z"].tolist(), nan_ok=True)
    assert rows["exceeds"].notna().any()


@pytest.mark.parametrize("method", ["ancova", "mmrm"])
def test_arms_are_compared_as_in_python(run, visits_file, tmp_path, method):
    table = pd.read_parquet(visits_file)
    table["arm"] = table["group"].replace({"Control": "Placebo", "PSP": "Drug"})
    table["visit"] = table.groupby(["participant_id", "region"]).cumcount().astype(str)
    table.to_parquet(tmp_path / "trial.parquet")
    words = ("compare-arms", tmp_path / "trial.parquet", "--visit", "visit", "--method", method)
    code, out, err = run(*words, "--json")
    assert code == 0, err
    rows = pd.DataFrame(json.loads(out)["effects"])
    expected = nf.compare_arms(table, visit="visit", method=method)
    assert set(rows["contrast"]) == {"Drug - Placebo"}
    assert rows["estimate"].tolist() == pytest.approx(expected["estimate"].tolist(), nan_ok=True)
    assert rows["p"].notna().any()


@pytest.mark.parametrize("command", [("person-change",), ("compare", "--change")])
@pytest.mark.parametrize("content", [None, b"", b"\xd3\xff\x00,\n"])
def test_a_broken_table_of_repeatability_is_named(run, visits_file, tmp_path, command, content):
    known = tmp_path / "known.csv"
    if content is not None:
        known.write_bytes(content)
    code, _, err = run(*command, visits_file, "--repeatability", known)
    said = " ".join(err.split())
    assert code == 3, err
    assert "known.csv cannot be read as a table of repeatability" in said
    assert "neuroflow repeatability --to" in said
