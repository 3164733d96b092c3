"""The second table of agreement in docs/statistics.md, measured again where R is installed.

NEUROFLOW_R=1 python -m pytest tests/compare/test_r_agreement.py
"""

import os
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent.parent.parent / "tools"


@pytest.mark.skipif(not os.environ.get("NEUROFLOW_R"), reason="needs R; set NEUROFLOW_R=1")
def test_numbers_of_r_packages_agree_as_the_page_says(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    import make_r_agreement
    import r_models

    page = make_r_agreement.PAGE.read_text(encoding="utf-8")
    for measure in (make_r_agreement.measure, r_models.measure):
        found, versions = measure()
        for (what, package), largest in found.items():
            assert largest < make_r_agreement.LIMIT, what
            assert f"| {what} | {package} {versions[package]} | below 1e-" in page
