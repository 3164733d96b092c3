"""Every command does what it says, and bad input is one clear error."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from neuroflow import __version__
from neuroflow.studies.discovery.find import find_studies
from neuroflow.workspace.workspace import Workspace


def test_the_five_steps(run, project, service, cohort_folder, tmp_path):
    code, out, err = run(
        "submit", project, "PILOT_1", cohort_folder / "scans",
        "--participants", cohort_folder / "participants.tsv", "--json",
    )  # fmt: skip
    assert (code, {row["state"] for row in json.loads(out)["studies"]}) == (0, {"submitted"}), err
    assert service.wait_until_idle(60)
    assert run("collect", project)[0] == 0
    code, out, _ = run("status", project, "--json")
    assert {row["state"] for row in json.loads(out)["studies"]} == {"collected"}
    target = tmp_path / "table.parquet"
    assert run("table", project, "--to", target)[0] == 0
    assert len(pd.read_parquet(target)) == 8 * 132
    code, out, _ = run("table", project, "--wide", "FW")
    assert (code, len(out.splitlines())) == (0, 9)


def test_connect_tells_every_stage(run, project):
    code, out, _ = run("connect", project)
    assert code == 0
    assert out.count("ok") >= 5
    assert "failed" not in out


def test_check_prints_the_findings_and_counts_the_studies(run, cohort_folder):
    code, _, err = run(
        "check", cohort_folder / "scans", "--participants", cohort_folder / "participants.tsv"
    )
    assert code == 0
    assert "8 studies, 0 with errors." in err


def test_findings_are_saved_as_a_table(run, own_cohort_folder, tmp_path):
    sidecar = min((own_cohort_folder / "scans").rglob("*.json"))
    facts = json.loads(sidecar.read_text(encoding="utf-8")) | {"EchoTime": 0.130}
    sidecar.write_text(json.dumps(facts), encoding="utf-8")
    target = tmp_path / "findings.csv"
    code, _, err = run("check", own_cohort_folder / "scans", "--save", target)
    assert code != 0, err
    row = pd.read_csv(target).set_index("rule").loc["echo_time"]
    assert (row["parameter"], row["measured"], row["severity"]) == ("Echo time", "130 ms", "error")
    assert row["folder"] == "/".join(sidecar.parent.parts[-2:])
    assert row["n_files"] >= 4


def test_studies_without_participant_are_reported_by_check_and_submit(
    run, project, own_cohort_folder
):
    table = own_cohort_folder / "participants.tsv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    first = min(find_studies(own_cohort_folder / "scans"), key=lambda study: study.label)
    stranger, visit = first.participant_id, f"{first.participant_id} {first.session_id}"
    kept = [line for line in lines if not line.startswith(f"{stranger}\t")]
    table.write_text("".join(kept), encoding="utf-8")
    words = (own_cohort_folder / "scans", "--participants", table)
    _, out, _ = run("check", *words, "--json")
    findings = json.loads(out)["findings"]
    assert {row["measured"] for row in findings if row["rule"] == "participant"} == {visit}
    code, _, err = run("submit", project, "C", *words, "--dry-run", "--quiet")
    assert code == 0
    assert "1 study has no row in participants.tsv" in err
    assert stranger in err


def test_the_version(run):
    assert run("--version")[1].strip() == __version__


def test_a_key_is_made_once(run, tmp_path):
    code, out, err = run("key", "new", tmp_path / "id")
    assert code == 0
    assert out.startswith("ssh-ed25519 ")
    assert "SHA256:" in err
    code, _, err = run("key", "new", tmp_path / "id")
    assert code != 0
    assert "Error" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["check", "{tmp}/none"], 3, "none"),
        (["check", "{tmp}/empty"], 3, "empty"),
        (["check", "{tmp}/notes"], 3, "no study"),
        (["status", "{tmp}/file"], 4, "cannot be a workspace"),
        (["package", "{tmp}/new", "../up", "{tmp}/notes"], 3, ""),
        (["submit", "{tmp}/old", "C"], 4, "no cohort"),
        (["table", "{tmp}/empty"], 3, "empty"),
        (["table", "{tmp}/binary"], 9, "aidp.csv"),
        (["demo", "{tmp}/file/below"], 12, "cannot write"),
    ],
)
def test_bad_input_is_one_clear_error(run, tmp_path, words, code, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read.me").write_text("notes", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    Workspace(tmp_path / "old").close()
    (tmp_path / "binary" / "a_out").mkdir(parents=True)
    (tmp_path / "binary" / "a_out" / "aidp.csv").write_bytes(bytes(range(256)) * 8)
    found, _, err = run(*(word.format(tmp=tmp_path) for word in words))
    assert (found, "Traceback" in err) == (code, False), err
    assert "Error: " in err
    assert says in err.replace("\n", " ")


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["collect"],
        ["watch", "--once"],
        ["exclude", "C", "a", "--reason", "x"],
        ["include", "C", "a"],
        ["override", "C", "a", "echo_time", "--reason", "x"],
        ["fill-in", "C", "a", "--age", "60"],
        ["package", "C"],
        ["submit", "C"],
        ["submit", "C", "scans", "--dry-run"],
    ],
    ids=lambda words: words[0],
)
def test_a_misspelt_workspace_is_refused_and_not_made(run, tmp_path, words):
    command, *others = words
    code, _, err = run(command, tmp_path / "misspelt", *others)
    assert code == 4
    assert "There is no workspace" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["check", "package", "submit"])
def test_a_bad_participants_table_is_reported_before_scans_are_read(run, tmp_path, command):
    table = tmp_path / "participants.tsv"
    table.write_text("who\tage\nA\t60\n", encoding="utf-8")
    Workspace(tmp_path / "p").close()
    where = [] if command == "check" else [tmp_path / "p", "C"]
    code, _, err = run(command, *where, tmp_path / "no-scans", "--participants", table)
    assert code == 3
    assert "no column participant_id" in err
    assert "no-scans" not in err


@pytest.mark.parametrize("rate", ["0", "-3", "nan"])
def test_an_invalid_rate_is_refused_before_any_work(run, tmp_path, rate):
    code, _, err = run("submit", tmp_path / "p", "C", "--limit-mb-per-s", rate)
    assert code == 2
    assert "greater than 0" in err
    assert list(tmp_path.iterdir()) == []


def connecting(run, folder, service, **changes):
    options = {
        "host": service.host,
        "port": service.port,
        "user": service.user,
        "key": service.key,
        "host-key": service.fingerprint,
    } | changes
    words = [w for name, value in options.items() if value for w in (f"--{name}", value)]
    return run("connect", folder, *words)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
        ({"port": 1}, "port 1"),
        ({"host-key": "SHA256:" + "A" * 43}, "SHA256:AAA"),
    ],
)
def test_a_service_that_is_not_there_or_not_itself(run, tmp_path, service, change, says):
    code, out, err = connecting(run, tmp_path / "p", service, **change)
    assert code == 6
    assert says in (out + err)


def test_an_unknown_host_key_is_never_accepted_silently(run, tmp_path, service):
    code, out, _ = connecting(run, tmp_path / "p", service, **{"host-key": None})
    assert code == 6
    assert service.fingerprint in out
    assert not (tmp_path / "p" / "known_hosts").exists()


def test_a_key_unknown_to_the_server_is_refused_with_advice(run, tmp_path, service):
    run("key", "new", tmp_path / "id")
    code, out, _ = connecting(run, tmp_path / "p", service, key=tmp_path / "id")
    assert code == 6
    assert "failed" in out


def test_a_port_in_use_is_named(run, tmp_path, service):
    code, _, err = run("demo", tmp_path / "demo", "--serve", "--port", service.port)
    assert code == 12
    assert str(service.port) in err


def test_the_module_runs_too():
    done = subprocess.run(
        [sys.executable, "-m", "neuroflow", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == __version__


def test_a_host_key_given_by_hand_is_pinned_for_scripts(run, project, service):
    (project / "known_hosts").unlink()
    assert run("status", project)[0] == 6
    assert run("status", project, "--host-key", service.fingerprint)[0] == 0
    assert run("status", project)[0] == 0


def test_only_some_studies_are_sent_and_one_is_left_out(run, project, own_cohort_folder, service):
    words = ("submit", project, "C", own_cohort_folder / "scans")
    words += ("--participants", own_cohort_folder / "participants.tsv", "--json")
    code, out, err = run(*words, "--dry-run")
    plan = json.loads(out)
    assert (code, plan["dry_run"], plan["left"]) == (0, True, 0), err
    assert "Nothing was sent. " + plan["summary"] in err
    first, second = (row["study_id"] for row in plan["studies"])
    code, out, _ = run(*words, "--only", first)
    assert (code, [row["study_id"] for row in json.loads(out)["studies"]]) == (0, [first])
    code, out, _ = run("exclude", project, "C", second, "--reason", "motion", "--json")
    assert (code, json.loads(out)["excluded"]) == (0, {second: "motion"})
    assert run(*words)[0] == 0
    assert service.wait_until_idle()
    assert service.processed == [first]
    assert run("include", project, "C", second)[0] == 0
    assert run("submit", project, "C", "--retry-failed", "--quiet") == (0, "", "")
    assert run(*words)[0] == 0
    assert service.wait_until_idle()
    assert service.processed == [first, second]


def test_a_submission_prints_a_sum_and_the_studies_not_sent(run, project, own_cohort_folder):
    words = ("submit", project, "C", own_cohort_folder / "scans")
    words += ("--participants", own_cohort_folder / "participants.tsv")
    _, plan, _ = run(*words, "--dry-run")
    labels = [study.label for study in find_studies(own_cohort_folder / "scans")]
    assert all(label in plan for label in labels)
    assert run("exclude", project, "C", labels[0], "--reason", "motion")[0] == 0
    code, out, err = run(*words)
    assert (code, "1 of 2 studies are sent." in out) == (0, True), err
    assert (labels[0] in out, labels[1] in out) == (True, False)


def test_errors_stop_a_submission_unless_skipping_is_requested(run, project, own_cohort_folder):
    sidecar = next(own_cohort_folder.rglob("*.json"))
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"RepetitionTime": 1.0}))
    words = ("submit", project, "C", own_cohort_folder / "scans")
    words += ("--participants", own_cohort_folder / "participants.tsv")
    code, _, err = run(*words)
    assert code == 8
    assert "Error" in err
    code, out, err = run(*words, "--only-good", "--json")
    assert (code, json.loads(out)["left"]) == (20, 1)
    assert "the table shows why" in err


def test_several_ways_to_the_service_have_names(run, project, service):
    def profiles(*words):
        code, out, err = run("connect", project, *words, "--json")
        assert code == 0, err
        return json.loads(out)["profile"], json.loads(out)["profiles"]

    assert profiles() == ("default", ["default"])
    way = ("--host", service.host, "--port", service.port)
    way += ("--user", service.user, "--key", service.key)
    assert profiles("--profile", "clinic", *way) == ("clinic", ["default", "clinic"])
    assert profiles() == ("clinic", ["default", "clinic"])
    assert profiles("--profile", "default") == ("default", ["default", "clinic"])
    assert profiles("--remove", "clinic") == ("default", ["default"])
    code, _, err = run("connect", project, "--profile", "clinic")
    assert code == 4
    assert "no profile 'clinic'" in err
    code, _, err = run("connect", project, "--host", service.host)
    assert (code, "must be used together" in err) == (2, True)


def test_an_age_and_a_sex_are_filled_in(run, own_cohort_folder, tmp_path):
    with Workspace(tmp_path / "p") as ws:
        cohort = ws.cohort("C", find_studies(own_cohort_folder / "scans"))
    label = cohort.studies[0].label
    words = ("fill-in", tmp_path / "p", "C", label)
    code, out, err = run(*words, "--age", 61.5, "--sex", "female", "--json")
    assert code == 0, err
    assert json.loads(out) == {"cohort_id": "C", "study": label, "age": 61.5, "sex": "F"}
    with Workspace(tmp_path / "p") as ws:
        study = ws.cohort("C").studies[0]
    assert (study.age, study.sex) == (61.5, "F")
    assert run(*words, "--sex", "X")[0] == 3
    assert run(*words)[0] == 2


def test_a_status_says_how_old_it_is(run, project):
    assert "the server has not been checked yet" in run("status", project, "--offline")[2]
    assert "The server as of" in run("status", project)[2]
    assert "as of" in run("status", project, "--offline")[2]


def test_sheet_and_columns_of_participants_are_chosen(run, cohort_folder, tmp_path):
    people = pd.read_csv(cohort_folder / "participants.tsv", sep="\t", dtype=str)
    renamed = people.rename(columns={"participant_id": "Proband", "group": "Dx"})
    with pd.ExcelWriter(tmp_path / "clinic.xlsx") as book:
        pd.DataFrame({"note": ["draft"]}).to_excel(book, sheet_name="Notes", index=False)
        renamed.to_excel(book, sheet_name="People", index=False)
    words = (
        "--participants",
        tmp_path / "clinic.xlsx",
        "--sheet",
        "People",
        "--column",
        "group=Dx",
    )
    code, _, err = run("package", tmp_path / "p", "C", cohort_folder / "scans", *words)
    assert code == 0, err
    with Workspace(tmp_path / "p") as ws:
        assert sorted(ws.participants("C")["group"]) == sorted(people["group"])


@pytest.mark.parametrize("words", [("--sheet", "x"), ("--column", "age=x")])
def test_a_choice_of_columns_needs_participants(run, tmp_path, words):
    code, _, err = run("check", tmp_path, *words)
    assert code == 2
    assert "needs --participants" in err
