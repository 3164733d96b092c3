"""A notebook that was saved with the forms: small, and without patients' data."""

import pytest
from support.collected import collect_into, people
from support.saved_forms import SECRETS, n_widgets, saved_after_a_look

from neuroflow.workspace.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_notebook_is_small_after_looking_at_results(shown, tmp_path):
    with Workspace(tmp_path / "project") as ws:
        collect_into(ws, people(28))
    with shown("lab", tmp_path / "project") as forms:
        text = saved_after_a_look(forms)
    assert n_widgets(text) > 100
    assert [word for word in SECRETS if word in text] == []
    assert len(text.encode()) < 300_000
