"""The whole work in a real browser: from Connect to an exported figure, in JupyterLab and Voilà."""

import json
import os
import shutil
import subprocess
import sys

import pydicom
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.keyboard import ByKeyboard
from support.pictures import keep
from support.whole import whole

from neuroflow.demo.ground_truth import ground_truth_of
from neuroflow.demo.service.server import DemoService

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SESSIONS = ("sub-D001/ses-01", "sub-D002/ses-01", "sub-D005/ses-01", "sub-D006/ses-01")
"""Two controls and two with PD; two are DICOM, two NIfTI."""
BROKEN = "D002_01"
"""The study whose echo time is too long."""
HOSTILE = "<img src=x onerror=alert(1)>"
"""A participant's name that tries to become a part of the page."""


@pytest.fixture(params=["lab", "voila"])
def front(request):
    return request.param


@pytest.fixture
def desk(tmp_path_factory):
    """Return a folder whose name is short: the pictures in the documentation show it."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture
def scans(eight_studies, desk, front):
    """Return a folder with four studies; the echo time of one of them is too long.

    On the page without code, of which no pictures are taken, one of the people is hostile.
    """
    folder = desk / "pilot"
    for session in SESSIONS:
        shutil.copytree(eight_studies / "scans" / session, folder / "scans" / session)
    shutil.copy(eight_studies / "participants.tsv", folder)
    (sidecar,) = (folder / "scans" / "sub-D002").rglob("*.json")
    facts = json.loads(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(json.dumps(facts | {"EchoTime": 0.130}), encoding="utf-8")
    if front == "voila":
        rename(folder, "D001", HOSTILE)
    return folder


def rename(folder, old, new):
    """Give a participant whose scans are DICOM another name; the folder's name tells none."""
    table = folder / "participants.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    scans = folder / "scans" / f"sub-{old}"
    for file in (path for path in scans.rglob("*") if path.is_file()):
        dataset = pydicom.dcmread(file)
        dataset.PatientID = new
        dataset.save_as(file)
    scans.rename(scans.with_name("plain"))


@pytest.fixture
def service(desk, scans):
    """Run the embedded service; its values fit the groups of participants.tsv."""
    truth = ground_truth_of(desk / "project", scans / "participants.tsv")
    with DemoService(desk / "keys", delay=0.1, truth=truth) as running:
        yield running


def test_from_connect_to_an_exported_figure(shown, front, service, scans, desk):
    with shown(front, desk / "project") as page:
        connect(page, service)
        keep(page, "forms_connect", docs=True)
        check(page, scans)
        send(page)
        assert service.wait_until_idle()
        collect(page)
        if front == "lab":
            page.reload()  # the kernel goes on; of a page without code: test_voila.py
            page.tab("4 Results")
            page.sees("4 collected")
        explore(page)
        assert len(service.processed) == len(set(service.processed)) == 4
        assert page.page.locator("img[src=x]").count() == 0
        assert page.page.get_by_text(HOSTILE).count() > 0 or front == "lab"
        figure, code, row = export(page, desk / "project")
    assert figure.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    with Image.open(figure) as picture:
        assert min(picture.size) > 500
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 10
    assert figure.with_suffix(".py").read_text(encoding="utf-8").strip() == code.strip()
    same = run(code)
    for name in ("estimate", "ci_low", "ci_high"):
        assert float(row[name]) == pytest.approx(same[name], rel=1e-3)


@pytest.mark.parametrize("front", ["voila", *whole("lab")])
def test_whole_journey_by_keyboard_from_connect_to_export(shown, front, service, scans, desk):
    with shown(front, desk / "project") as page:
        keys = ByKeyboard(page)
        connect(keys, service)
        keys.tab("2 Cohort")
        keys.fill("Cohort id", "PILOT_1")
        keys.fill("Scan folder", scans / "scans")
        keys.fill("Participants", scans / "participants.tsv")
        keys.click("Check studies")
        keys.sees("4 studies, 3 without errors.")
        keys.choose_row(BROKEN)
        keys.fill("Reason", "neuropacs agreed to 130 ms")
        keys.click("Override the rule")
        keys.sees("4 studies, 4 without errors.")
        keys.tab("3 Submit")
        keys.click("Make the plan")
        keys.sees("4 studies to send")
        keys.click("Send")
        keys.sees("4 of 4 studies have been sent.")
        assert service.wait_until_idle()
        keys.tab("4 Results")
        keys.click("Collect")
        keys.sees("Results of 4 of 4 studies have been collected.")
        keys.tab("5 Explore")
        keys.sees("regions are compared")
        keys.click("Export figure")
        keys.sees("exports/forest_FW")
    assert (desk / "project" / "exports" / "forest_FW.png").stat().st_size > 10_000


def connect(page, service):
    page.fill("Host", service.host)
    page.fill("Port", service.port)
    page.fill("User", service.user)
    page.fill("Private key", service.key)
    page.click("Test connection")
    page.sees("This is the first connection to this server.")
    page.sees(service.fingerprint)
    page.click("Yes, this is the fingerprint")
    page.sees("The service answers")


def check(page, folder):
    page.tab("3 Submit")
    page.sees("Check the studies of a cohort first.")
    page.click("Go to Cohort")
    page.sees("Choose the scan folder.")
    page.fill("Cohort id", "PILOT_1")
    page.fill("Scan folder", folder / "scans")
    page.fill("Participants", folder / "participants.tsv")
    page.click("Check studies")
    page.sees("4 studies, 3 without errors.")
    page.choose_row(BROKEN)
    page.sees(f"Selected: {BROKEN}")
    page.fill("Reason", "neuropacs agreed to 130 ms")
    page.form.get_by_label("Rule", exact=True).select_option("Echo time")
    keep(page, "forms_cohort", docs=True)
    page.click("Override the rule")
    page.sees("4 studies, 4 without errors.")


def send(page):
    page.tab("3 Submit")
    page.click("Make the plan")
    page.sees("4 studies to send")
    page.click("Send")
    page.sees("4 of 4 studies have been sent.")
    expect(page.form.locator("progress").first).to_have_attribute("value", "1.0000")
    keep(page, "forms_submit", docs=True)
    page.choose_row(BROKEN)
    page.sees("It can be sent once more under a new id")
    keep(page, "forms_again")
    page.choose_row(BROKEN)  # not this time


def collect(page):
    page.tab("4 Results")
    page.form.get_by_label("Refresh automatically").check()
    page.sees("4 delivered")
    page.sees("next check in")
    page.click("Collect")
    page.sees("Results of 4 of 4 studies have been collected.")
    page.form.get_by_role("img", name="Thumbnail of the report").nth(3).wait_for()
    page.sees("Research use only. Not for clinical use.")
    keep(page, "forms", docs=True, height=1100)  # the first row of reports
    page.form.get_by_role("button", name=BROKEN).click()
    page.form.get_by_role("img", name="the text is beside it").wait_for()


def explore(page):
    """Choose a region in the table; strip, profile and brain follow."""
    page.tab("5 Explore")
    page.sees("regions are compared")
    ticked = page.form.locator(".nf-ticks input:checked")  # what the form adjusts for by itself
    for left in range(ticked.count(), 0, -1):
        ticked.first.uncheck()
        expect(ticked).to_have_count(left - 1)
    page.sees("66 of 66 regions are compared")
    page.form.get_by_role("button", name="Profile").click()
    page.fill("Study", "D002_01")
    page.form.get_by_alt_text("z-score").wait_for()
    before = {name: mark(page, name).get_attribute("style") for name in ("Brain", "Profile")}
    page.form.get_by_role("searchbox", name="Effects").fill("putamen")
    page.choose_row("Putamen")
    page.form.get_by_alt_text("Putamen: Free water").wait_for()
    region = page.form.get_by_label("Region", exact=True)
    expect(region).to_have_value("Putamen")
    for name, place in before.items():
        expect(mark(page, name)).not_to_have_attribute("style", place)
    keep(page, "path_explore")


def mark(page, name):
    """Return the frame around the chosen region in a figure."""
    figure = page.form.locator(".nf-figure").filter(
        has=page.page.get_by_role("listbox", name=f"{name}: choose")
    )
    return figure.locator(".nf-chosen").first


def export(page, folder):
    """Return the exported figure, the code shown, and the chosen row of the table."""
    page.click("Export figure")
    page.sees("exports/forest_FW")
    code = page.form.locator("pre.nf-code").filter(has_text="import neuroflow").inner_text()
    cells = page.form.locator("tr[aria-selected=true] td").all_inner_texts()
    return folder / "exports" / "forest_FW.png", code, dict(zip(COLUMNS, cells, strict=False))


COLUMNS = ("region", "system", "contrast", "n1", "n2", "estimate", "ci_low", "ci_high")
SHOW = """
row = effects[effects["region"] == "Putamen"].iloc[0]
print(row[["estimate", "ci_low", "ci_high"]].to_json())
"""


def run(code):
    """Run the code that the form shows in a process of its own; return what it finds."""
    command = [sys.executable, "-c", code + SHOW]
    environ = os.environ | {"MPLBACKEND": "agg"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
