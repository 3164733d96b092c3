"""De-identification against an answer key: identifiers everywhere, and what becomes of each."""

from __future__ import annotations

import pytest
from support.answer_key import MAKERS, marked

from neuroflow.studies.deidentify import deidentifier

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, of bad values
PART = 12
"""The suite fills every twelfth attribute; ``tools/make_answer_key.py`` fills all."""


@pytest.mark.parametrize("maker", MAKERS)
def test_identifiers_in_every_attribute_are_removed(maker, tmp_path):
    marks = marked(maker, tmp_path, every=PART, start=MAKERS.index(maker))
    wrong = {action: count for (action, is_right), count in marks.items() if not is_right}
    assert wrong == {}
    right = {action: count for (action, is_right), count in marks.items() if is_right}
    assert right["gradients the same"] == 4
    assert right["identifier removed, in standard attributes"] > 150
    assert right["identifier removed, in nested sequences"] > 500
    assert right["identifier removed, in private attributes"] > 40


def test_key_finds_what_a_weaker_search_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr(deidentifier, "remove_residue", lambda dataset, words: [])
    marks = marked("siemens", tmp_path, every=PART)
    assert marks["identifier removed, anywhere", False] > 10
