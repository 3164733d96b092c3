import openpyxl
import pandas as pd
import pytest

from neuroflow.errors import ResultWarning
from neuroflow.io import read_participants
from neuroflow.results import portable, read_results, save_cohort_table, to_wide

ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet")
HOME = "/home/erika.mustermann/scans"


def read_back(path):
    readers = {
        ".csv": pd.read_csv,
        ".tsv": lambda p: pd.read_csv(p, sep="\t"),
        ".xlsx": pd.read_excel,
        ".parquet": pd.read_parquet,
    }
    return readers[path.suffix](path)


def people(tmp_path, *labels, header="participant_id\tsession_id\tstudy_id\tgroup"):
    rows = [f"{label}\tses-m01\ts{n}\tPD" for n, label in enumerate(labels)]
    path = tmp_path / "participants.tsv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


@pytest.fixture
def studies(folder):
    folder.study("s0", 0.1)
    folder.study("s1", 0.2)
    return folder.path


@pytest.mark.parametrize("ending", ENDINGS)
def test_tables_join_with_the_dataset_they_came_from(studies, tmp_path, ending):
    bids = people(tmp_path, "sub-001", "sub-002")
    table = read_results(studies, participants=bids)
    assert set(table["participant_id"]) == {"001", "002"}
    back = read_back(save_cohort_table(table, tmp_path / f"t{ending}"))
    theirs = pd.read_csv(bids, sep="\t").drop(columns=["study_id", "group"])
    assert len(back.merge(theirs, on=["participant_id", "session_id"])) == len(table)


@pytest.mark.parametrize("ending", ENDINGS)
def test_wide_tables_have_participant_visit_and_group(studies, tmp_path, ending):
    table = read_results(studies, participants=people(tmp_path, "sub-001", "sub-002"))
    wide = to_wide(table, covariates=True)
    back = read_back(save_cohort_table(wide, tmp_path / f"w{ending}"))
    assert back["participant_id"].tolist() == ["sub-001", "sub-002"]
    assert back["session_id"].tolist() == ["ses-m01"] * 2
    assert back["group"].tolist() == ["PD"] * 2


def test_tables_without_prefixes_stay_as_they_were_given(studies, tmp_path):
    table = read_results(studies, participants=people(tmp_path, "P1", "P2"))
    back = read_back(save_cohort_table(table, tmp_path / "t.csv"))
    assert set(back["participant_id"]) == {"P1", "P2"}


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_zeros_of_labels_survive_in_text(tmp_path, ending):
    table = pd.DataFrame({"participant_id": ["P1", "P2"], "session_id": ["01", "02"]})
    back = read_back(save_cohort_table(table, tmp_path / f"t{ending}"))
    assert back["session_id"].tolist() == ["ses-01", "ses-02"]
    assert back["participant_id"].tolist() == ["P1", "P2"]


@pytest.mark.parametrize(("bids", "expected"), [(True, "sub-P1"), (False, "P1")])
def test_prefixes_can_be_chosen(studies, tmp_path, bids, expected):
    table = read_results(studies, participants=people(tmp_path, "sub-P1", "sub-P2"))
    path = save_cohort_table(table, tmp_path / "t.tsv", bids_labels=bids)
    assert read_back(path)["participant_id"].iloc[0] == expected


def test_labels_with_prefix_get_no_second_one():
    table = pd.DataFrame({"participant_id": ["sub-1", "2", None, ""], "session_id": "ses-a"})
    given = portable(table, bids_labels=True)
    assert given["participant_id"].tolist()[:2] == ["sub-1", "sub-2"]
    assert given["participant_id"].isna().tolist() == [False, False, True, False]
    assert set(given["session_id"]) == {"ses-a"}


def test_two_spellings_of_a_label_stay_one_column():
    labels = pd.Categorical(["sub-1", "1"])
    given = portable(pd.DataFrame({"participant_id": labels}), bids_labels=True)
    assert given["participant_id"].tolist() == ["sub-1", "sub-1"]


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
@pytest.mark.parametrize("mrn", ["0042", "12345678901234567890", "1e5"])
def test_texts_that_excel_would_change_are_named(tmp_path, ending, mrn):
    table = pd.DataFrame({"participant_id": ["sub-1"], "mrn": [mrn]})
    with pytest.warns(ResultWarning, match=rf"mrn \({mrn}\).*\.xlsx or \.parquet"):
        path = save_cohort_table(table, tmp_path / f"t{ending}")
    assert mrn in path.read_text()


@pytest.mark.parametrize("ending", [".xlsx", ".parquet"])
def test_typed_files_keep_leading_zeros(tmp_path, ending):
    table = pd.DataFrame({"participant_id": ["001"], "site": pd.Categorical(["02"])})
    path = save_cohort_table(table, tmp_path / f"t{ending}")
    if ending == ".xlsx":
        cells = [cell.value for cell in openpyxl.load_workbook(path)["table"][2]]
    else:
        cells = pd.read_parquet(path).iloc[0].tolist()
    assert cells == ["001", "02"]


@pytest.mark.parametrize("label", ["DX-1", "10", "0.5", "0", "2e", "1-2"])
def test_harmless_texts_are_not_warned_of(tmp_path, label):
    save_cohort_table(pd.DataFrame({"participant_id": [label]}), tmp_path / "t.csv")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "path",
    [
        f"{HOME}/PAT/s_out/r.txt",
        r"C:\Users\erika.mustermann\scans\PAT\s_out\r.txt",
        r"\\server\share\erika.mustermann\PAT\s_out\r.txt",
        "~/erika.mustermann/PAT/s_out/r.txt",
    ],
)
def test_no_path_of_this_computer_leaves(tmp_path, ending, path):
    table = pd.DataFrame({"folder": [path], "study": pd.Categorical([path]), "n": [1]})
    table.attrs["read from"] = {"folder": [path]}
    file = save_cohort_table(table, tmp_path / f"t{ending}")
    texts = str(read_back(file).to_dict())
    for beside in tmp_path.glob("*.json"):
        texts += beside.read_text()
    if ending == ".parquet":
        texts += str(pd.read_parquet(file).attrs)
    if ending == ".xlsx":
        texts += str(pd.read_excel(file, sheet_name=None))
    assert "erika" not in texts
    assert "r.txt" in texts


def test_no_text_with_this_home_leaves(tmp_path, monkeypatch):
    from neuroflow.results.export import cleaned as module

    monkeypatch.setattr(module, "_HOME", HOME)
    table = pd.DataFrame({"note": [f"copied from {HOME}/s_out/r.txt, twice", "PD/MSA / FW"]})
    assert portable(table)["note"].tolist() == ["copied from s_out/r.txt, twice", "PD/MSA / FW"]


def test_participants_remember_their_prefixes(tmp_path):
    assert read_participants(people(tmp_path, "sub-1")).attrs == {"bids_labels": True}
    assert read_participants(people(tmp_path, "1")).attrs == {}
