"""The table of docs/statistics.md is measured again."""

import importlib.util
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent.parent.parent / "tools"
spec = importlib.util.spec_from_file_location("make_agreement", TOOLS / "make_agreement.py")
agreement = importlib.util.module_from_spec(spec)
spec.loader.exec_module(agreement)


@pytest.mark.filterwarnings("ignore")  # of the other packages
@pytest.mark.parametrize("what", agreement.MEASURES, ids=lambda key: key[0])
def test_numbers_agree_as_the_page_says(what):
    assert agreement.MEASURES[what]() < agreement.LIMIT
    assert f"| {what[0]} | {what[1]} | below 1e-" in agreement.PAGE.read_text(encoding="utf-8")
