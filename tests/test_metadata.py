"""What is written names no user, no folder and no computer in its properties, either."""

import getpass
import platform
import re
import zipfile

import pandas as pd
import pytest
from matplotlib.figure import Figure

import neuroflow as nf

USER = "mustermann-erika"


@pytest.fixture(autouse=True)
def known_user(monkeypatch):
    for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.setenv(name, USER)
    assert getpass.getuser() == USER
    monkeypatch.setattr(platform, "node", lambda: USER)


def unpacked(path):
    """Return the bytes of a file, those of its parts where it is a zip."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert not any(info.comment for info in archive.infolist())
        return b"\n".join(archive.read(name) for name in archive.namelist())


def properties(data):
    """Return what properties of Office files and of SVG say of a maker."""
    found = re.findall(rb"<(?:dc:creator|cp:lastModifiedBy|dc:description)>([^<]*)<", data)
    return {text.strip() for text in found} - {b""}


def table():
    return pd.DataFrame({"study_id": ["a", "b"], "age": [61.0, 62.0], "group": ["PD", "HC"]})


def assert_nobody(data, tmp_path):
    for word in (USER, str(tmp_path), "/home/", "python-docx", "openpyxl"):
        assert word.encode() not in data, word
    assert properties(data) <= {b"neuroflow"}


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "xlsx"])
def test_a_cohort_table_names_nobody(tmp_path, kind):
    file = nf.save_cohort_table(table(), tmp_path / f"t.{kind}")
    assert_nobody(unpacked(file), tmp_path)


@pytest.mark.parametrize("kind", ["xlsx", "md", "tex", "docx", "html"])
def test_a_table_for_a_paper_names_nobody(tmp_path, kind):
    file = nf.save_paper_table(table(), tmp_path / f"t.{kind}", title="Table 1")
    assert_nobody(unpacked(file), tmp_path)


def test_word_and_excel_name_neuroflow_as_their_maker(tmp_path):
    for kind in ("docx", "xlsx"):
        data = unpacked(nf.save_paper_table(table(), tmp_path / f"t.{kind}"))
        assert b"neuroflow" in properties(data)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_figure_names_nobody_and_no_time(tmp_path, kind):
    axes = Figure(figsize=(1, 1)).subplots()
    (file,) = nf.plot.save_figure(axes, tmp_path / "f", [kind])
    data = file.read_bytes()
    assert_nobody(data, tmp_path)
    assert not re.search(rb"CreationDate|ModDate|<dc:date|Creation Time", data)
