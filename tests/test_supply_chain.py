"""What neuroflow installs: versions without known faults, hashes, licences, a bill of materials."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FAULTY_BELOW = {
    "paramiko": (5, 0),  # CVE-2026-44405
    "filelock": (3, 20, 3),  # CVE-2025-68146, CVE-2026-22701
    "cryptography": (50, 0),  # CVE-2026-39892, GHSA-537c-gmf6-5ccf, CVE-2026-69247
    "pyarrow": (23, 0, 1),  # CVE-2026-25087
    "pillow": (12, 3),  # CVE-2026-40192, PYSEC-2026-2253 to 2257, PYSEC-2026-3451 to 3453
    "pydicom": (3, 0, 2),  # CVE-2026-32711
    "jupyterlab": (4, 6, 2),  # CVE-2026-40171, CVE-2026-42557, CVE-2026-73415
    "jupyter-server": (2, 20),  # CVE-2026-40110, CVE-2026-35397, CVE-2026-44727
    "asyncssh": (2, 23, 1),  # CVE-2026-54590, CVE-2026-54591
    "distributed": (2026, 1, 1),  # CVE-2026-23528
    "playwright": (1, 55, 1),  # CVE-2025-59288
    "pytest": (9, 0, 3),  # CVE-2025-71176
    "tqdm": (4, 66, 3),  # CVE-2024-34062
}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("chain", ROOT / "tools/make_supply_chain.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["app"], *extras["demo"]]


def version(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.parametrize("name", FAULTY_BELOW)
def test_no_lowest_version_has_a_published_fault(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tests = project["optional-dependencies"]["test"]
    bounds = dict(each.split(">=") for each in [*requirements(), *tests])
    assert version(bounds[name]) >= FAULTY_BELOW[name]


def test_the_lock_file_pins_every_dependency_within_its_bound(tool):
    pins = {name: found for name, found, _ in tool.locked()}
    for requirement in requirements():
        name, bound = requirement.split(">=")
        assert version(pins[name]) >= version(bound), name


def test_every_pin_has_hashes_and_the_file_names_no_place(tool):
    assert all(digests for _, _, digests in tool.locked())
    text = tool.LOCK.read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--(extra-)?index|--find-links|@ |/home|/tmp|/work", text)
    lines = [line for line in text.splitlines() if not line.startswith(("#", " "))]
    assert all("==" in line for line in lines)


def test_the_page_of_licences_has_every_dependency(tool):
    page = tool.PAGE.read_text(encoding="utf-8")
    for requirement in requirements():
        assert f"\n| {requirement.split('>=')[0]} | " in page
    assert "not declared" not in page
    assert not re.search(r"\| A?GPL", page)


def test_the_bill_of_materials_lists_what_is_locked(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "BILL", tmp_path / "bill.json")
    tool.make_bill()
    bill = json.loads((tmp_path / "bill.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert len(bill["components"]) == len(list(tool.locked())) > 50
    assert all(each["purl"].startswith("pkg:pypi/") for each in bill["components"])
    assert str(tmp_path) not in json.dumps(bill)


def test_the_workflow_audits_and_somebody_can_be_told():
    workflow = (ROOT / ".github/workflows/audit.yml").read_text(encoding="utf-8")
    assert "pip-audit" in workflow
    assert "Report" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_the_security_page_names_is_there():
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", page))
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_security_page_has_the_limits_of_the_code():
    from neuroflow.io import MAX_CELLS, MAX_PIXELS, MAX_TABLE_BYTES, max_bytes
    from neuroflow.results.aidp.row_collector import MAX_REPEATS
    from neuroflow.transfer.collect.discover import MAX_DEPTH, MAX_FOUND
    from neuroflow.transfer.collect.folder_contents import MAX_FILES
    from neuroflow.transfer.sftp.client import MAX_LISTING_SECONDS, MAX_NAME_BYTES, MAX_NAMES

    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    for words in (
        f"{MAX_TABLE_BYTES // 10**6} MB, {MAX_CELLS // 10**6} million cells",
        f"{max_bytes('a.png') // 10**6} MB, and {MAX_PIXELS // 10**6} million pixels",
        f"| {MAX_FILES:,} |",
        f"| {MAX_FOUND:,}, six levels deep |",
        f"{MAX_NAMES:,} names, {MAX_NAME_BYTES >> 20} MB, ten minutes",
        f"{MAX_REPEATS:,} times",
    ):
        assert words in page, words
    assert (MAX_DEPTH, MAX_LISTING_SECONDS) == (6, 600)
