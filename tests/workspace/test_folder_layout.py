"""The folders of an account are a setting; the whole path works in each layout."""

import zipfile
from contextlib import closing

import pytest

import neuroflow as nf
from neuroflow.contract import upload_path
from neuroflow.demo.service import DemoService
from neuroflow.errors import ConfigError, ResultWarning
from neuroflow.transfer import FolderLayout

LAYOUTS = {
    "outgoing": FolderLayout("incoming/{cohort}", "outgoing"),
    "a folder per cohort": FolderLayout("{cohort}/input", "{cohort}/output"),
    "results by cohort": FolderLayout("data/{cohort}/in/zips", "data/out/{cohort}"),
}


def silent(_event):
    pass


def settings(layout):
    return f'[settings]\ninput_folder = "{layout.input}"\noutput_folder = "{layout.output}"\n'


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_whole_path_in_another_layout(tmp_path, own_cohort_folder, name):
    layout = LAYOUTS[name]
    project = tmp_path / "project"
    with (
        DemoService(tmp_path / "service", delay=0.0, folders=layout) as service,
        nf.Workspace(project) as ws,
    ):
        (project / "neuroflow.toml").write_text(settings(layout))
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        assert all(step.ok for step in ws.service.probe())
        people = own_cohort_folder / "participants.tsv"
        studies = nf.find_studies(own_cohort_folder / "scans")
        cohort = ws.cohort("C_1", studies, participants=people)
        ws.submit(cohort, on_event=silent)
        assert service.wait_until_idle()
        home = service.home
        assert {p.parent for p in home.rglob("*.zip")} == {
            home / layout.input.replace("{cohort}", "C_1")
        }
        assert {p.parent.parent for p in home.rglob("aidp.csv")} == {
            home / layout.output.replace("{cohort}", "C_1")
        }
        assert set(ws.status()["state"]) == {"delivered"}
        assert set(ws.collect(on_event=silent)["state"]) == {"collected"}
        with pytest.warns(ResultWarning, match="Participants without results"):
            assert len(ws.table()) == 2 * 132
        ws.submit(cohort, on_event=silent)
        assert service.wait_until_idle()
        assert len(service.processed) == 2


@pytest.fixture
def folders(tmp_path, own_cohort_folder):
    """Return a workspace that sends folders, its cohort, and a service that takes them."""
    layout = FolderLayout(study_as="folder")
    with (
        DemoService(tmp_path / "service", delay=1.0, folders=layout) as service,
        nf.Workspace(tmp_path / "project") as ws,
    ):
        (ws.folder / "neuroflow.toml").write_text('[settings]\nstudy_as = "folder"\n')
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        studies = nf.find_studies(own_cohort_folder / "scans")
        cohort = ws.cohort("C_1", studies, participants=own_cohort_folder / "participants.tsv")
        yield ws, cohort, service


def sent_folders(service):
    return sorted((service.home / "input" / "C_1" / "input").iterdir())


def test_studies_are_sent_as_folders_of_their_files(folders):
    ws, cohort, service = folders
    ws.submit(cohort, on_event=silent)
    sent = sent_folders(service)
    assert sorted(place.name for place in sent) == sorted(s.study_id for s in cohort.studies)
    for place in sent:
        with zipfile.ZipFile(ws.folder / "packages" / "C_1" / f"{place.name}.zip") as package:
            files = {each.filename: package.read(each) for each in package.infolist()}
        assert files == {
            path.relative_to(place).as_posix(): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file()
        }
    assert service.wait_until_idle()
    assert set(ws.collect(on_event=silent)["state"]) == {"collected"}
    processed = len(service.processed)
    ws.submit(cohort, on_event=silent)
    assert service.wait_until_idle()
    assert len(service.processed) == processed


def test_a_folder_cut_short_is_not_whole(folders):
    ws, cohort, service = folders
    ws.submit(cohort, on_event=silent)
    place = sent_folders(service)[0]
    path = upload_path("C_1", place.name)
    size = (ws.folder / "packages" / "C_1" / path.name).stat().st_size
    with closing(ws.service.connect()) as remote:
        assert remote.stat(path).size == size
        one = max(each for each in place.rglob("*") if each.is_file())
        content = one.read_bytes()
        one.write_bytes(content[:-1])
        assert remote.stat(path).size < size
        one.unlink()
        assert remote.stat(path).size < size
        assert remote.stat(upload_path("C_1", "nothing")) is None


def test_files_of_something_else_in_the_folder_are_refused(folders):
    ws, cohort, service = folders
    place = service.home / "input" / "C_1" / "input" / cohort.studies[0].study_id
    place.mkdir(parents=True)
    (place / "other.dcm").write_bytes(b"x")
    ws.submit(cohort, on_event=silent)
    row = ws.ledger.row(cohort.studies[0].study_id)
    assert not row.state.is_sent
    assert sorted(path.name for path in place.iterdir()) == ["other.dcm"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('study_as = "tar"', "study_as"),
        ('input_folder = "input"', "name {cohort} once"),
        ('input_folder = "{cohort}/{cohort}"', "name {cohort} once"),
        ('input_folder = "x_{cohort}"', "whole name of a folder"),
        ('output_folder = "../output"', "not a folder below the home"),
        ('output_folder = "/output"', "not a folder below the home"),
        ('output_folder = ""', "not a folder below the home"),
        ("output_folder = 3", "must be the path of a folder"),
    ],
)
def test_folders_that_cannot_be_are_refused_by_name(tmp_path, text, why):
    with nf.Workspace(tmp_path / "p") as ws:
        (ws.folder / "neuroflow.toml").write_text(f"[settings]\n{text}\n")
        with pytest.raises(ConfigError) as caught:
            ws.service.settings  # noqa: B018
    assert why in caught.value.why


def test_what_the_service_logs_stands_in_the_status_beside_ours(tmp_path, own_cohort_folder):
    with (
        DemoService(tmp_path / "service", delay=0.0, log="logs/status.log") as service,
        nf.Workspace(tmp_path / "project") as ws,
    ):
        ws.service.save_profile(service.profile)
        ws.service.trust(service.fingerprint)
        people = own_cohort_folder / "participants.tsv"
        studies = nf.find_studies(own_cohort_folder / "scans")
        cohort = ws.cohort("C", studies, participants=people)
        ws.submit(cohort, on_event=silent)
        assert service.wait_until_idle()
        table = ws.status()
        for row in table.itertuples():
            said = f"{row.study_id} completed"
            assert row.state == "delivered"
            assert "results are ready on the server; message of the service: " in row.message
            assert row.message.endswith(said)
            assert table.attrs["service_messages"][row.study_id].endswith(said)
        assert ws.status(offline=True)["message"].tolist() == table["message"].tolist()
