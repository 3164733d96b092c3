"""The command line, called as a shell would call it, and what it works on."""

import functools
import sys

import pytest
import typer.main
from support.answers import check_answer
from support.comparison_tables import realistic_table
from support.made_once import made_once
from support.studies import two_nifti_studies

from neuroflow import cli
from neuroflow.demo.cohort import make_cohort
from neuroflow.demo.service.aidp import aidp_text
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.results import save_cohort_table


@pytest.fixture(scope="session")
def eight_studies(tmp_path_factory):
    """Write the cohort of all rooms as NIfTI: what a command says does not depend on the scans."""
    return made_once(
        tmp_path_factory,
        "eight_nifti_studies",
        lambda folder: make_cohort(folder, n_studies=8, seed=1, only_nifti=True),
    )


@pytest.fixture(scope="session")
def _two_studies(eight_studies, tmp_path_factory):
    """Take them from these eight: of a session's fixture, the first to ask chooses for all."""
    return two_nifti_studies(eight_studies, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="session", autouse=True)
def _commands_built_once():
    """Build the tree of commands once: a program builds it at each start, as a call here would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs a command line: exit code, standard output, error output."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["neuroflow", *map(str, words)])
        capsys.readouterr()
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        else:
            code = 0
        printed = capsys.readouterr()
        check_answer(words, printed.out)
        return code, printed.out, printed.err

    monkeypatch.setenv("COLUMNS", "200")
    return call


@pytest.fixture
def project(tmp_path, service, run):
    """Return a workspace's folder that `neuroflow connect` has set up."""
    folder = tmp_path / "project"
    code, _, _ = run(
        "connect", folder, "--host", service.host, "--port", service.port,
        "--user", service.user, "--key", service.key, "--host-key", service.fingerprint,
    )  # fmt: skip
    assert code == 0
    return folder


@pytest.fixture(scope="session")
def table_file(tmp_path_factory):
    """Return a cohort table of 46 simulated studies, with a prediction, in a file."""
    table = realistic_table()
    table["p_psp"] = table["age"].rank(pct=True) * 0.9
    return save_cohort_table(table, tmp_path_factory.mktemp("table") / "cohort.parquet")


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory):
    """Return a folder with the results of one study, as any SFTP client leaves it."""
    folder = tmp_path_factory.mktemp("downloads")
    (folder / "D001_out").mkdir()
    values = aidp_text(simulate(Subject("D001", "PD", 60.0, "F", 1), 0), "D001", "wide")
    (folder / "D001_out" / "aidp.csv").write_text(values, encoding="utf-8")
    return folder
