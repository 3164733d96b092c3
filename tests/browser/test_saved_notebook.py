"""A notebook that was saved with the forms: small, and without patients' data."""

import json

import pytest
from support.collected import collect_into, people

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SECRETS = ("sub-0", "S3CRETpass", "PSP", "/scans")


def test_a_notebook_is_small_after_looking_at_results(shown, tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(28))
    with shown("lab", tmp_path / "project") as forms:
        forms.tab("1 Connect")
        forms.fill("Passphrase", "S3CRETpass")
        forms.tab("4 Results")
        forms.choose_row("sub-009_ses-1")
        forms.sees("Report of sub-009_ses-1")
        text = forms.saved()
    state = json.loads(text)["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]
    assert len(state["state"]) > 100
    assert [word for word in SECRETS if word in text] == []
    assert len(text.encode()) < 300_000
