"""A study is named by its label or its id, in every command."""

import pytest
from typer.main import get_command

from neuroflow.cli.program import app
from neuroflow.studies import find_studies
from neuroflow.workspace.workspace import Workspace

NAMING = {
    "exclude": ("C", "{name}", "--reason", "moved"),
    "include": ("C", "{name}"),
    "deidentification": ("C", "{name}"),
    "override": ("C", "{name}", "echo_time", "--reason", "agreed"),
    "fill-in": ("C", "{name}", "--age", "60"),
    "repeat": ("C", "{name}", "--reason", "asked for", "--yes"),
    "exclude-result": ("{name}", "--reason", "moved"),
    "include-result": ("{name}",),
    "forget": ("{name}",),
    "note": ("{name}", "moved"),
}
REFUSED = {  # for another reason than the name: nothing was sent, and nobody can be asked
    "repeat": "cannot be repeated yet",
    "forget": "removes for good",
}


def test_every_command_that_names_a_study_is_tested():
    naming = {
        name
        for name, command in get_command(app).commands.items()
        if any(parameter.name == "study" and parameter.param_type_name == "argument"
               for parameter in command.params)
    }  # fmt: skip
    assert naming == set(NAMING)


@pytest.fixture
def named(own_cohort_folder, tmp_path):
    """Return a workspace, and how a study of it may be named."""
    with Workspace(tmp_path / "p") as ws:
        study = ws.cohort("C", find_studies(own_cohort_folder / "scans")).studies[0]
        bids = f"sub-{study.participant_id}_ses-{study.session_id}"
        return ws.folder, (study.label, study.study_id, bids)


@pytest.mark.parametrize("command", sorted({*NAMING} - {"exclude-result", "include-result"}))
def test_label_and_id_are_accepted_alike(run, named, command):
    folder, names = named
    for name in names:
        if command == "include":
            assert run("exclude", folder, "C", name, "--reason", "moved")[0] == 0
        words = (word.format(name=name) for word in NAMING[command])
        code, _, err = run(command, folder, *words)
        if command in REFUSED:
            assert (code != 0, REFUSED[command] in err) == (True, True), err
        else:
            assert code == 0, err
