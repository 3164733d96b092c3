"""How long a user waits between a click on a region and its new figure, in the browser.

In idle time the form draws ahead the strips of the regions beside the selected one and of the first
rows of the table. Measured is therefore both: the first click on such a region, by a user who reads
for a second between two clicks, and a click on a region that was not drawn ahead.

Run with ``python benchmarks/bench_click.py``; needs Chromium. 1,000 studies, the forms as
`neuroflow app` serves them. Measured is from the click on a row of the effects until the strip of
its region is decoded and about to be painted: browser, kernel and all between. Aim: half of what
a page of ipywidgets takes that shows the same strip as seaborn draws it; 150 ms in any case.
Then, with 2,000 studies, what the kernel sends to a page in which each form is opened (aim: below
1 MB), and how long it takes to open a form that was open before (aim: 300 ms).
"""

from __future__ import annotations

import argparse
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from bench_forms import make_workspace
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, sync_playwright
from report import amount, ratio

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.lab import SWITCHES, chromium
from support.sshd import free_port
from support.voila import VoilaPage, running_page

from neuroflow.io import jupyter_command

STUDIES = 1000
AIM = 150.0  # ms
READING = 1000  # ms
AHEAD = "drawn ahead, after a second of reading"
NOT_AHEAD = "not drawn ahead, without a pause"
PUSH = "(link) => link.click()"
CLICK = """(row) => new Promise((done, fail) => {
  setTimeout(() => fail("There was no new strip for a minute."), 60000);
  const strip = document.querySelector(".nf-drawn");
  const start = performance.now();
  strip.addEventListener("load", () => requestAnimationFrame(() => done(performance.now() - start)),
    { once: true });
  row.querySelector("td").click();
})"""


SEABORN = """
import io
import ipywidgets as widgets
import matplotlib.pyplot as plt
import neuroflow as nf
import seaborn as sns
table = nf.Workspace({folder!r}).table()
table = table[table["metric"] == "FW"]
regions = list(table["region"].unique())
image, button = widgets.Image(), widgets.Button(description="Another region")
image.add_class("drawn")
def draw(_=None):
    regions.append(regions.pop(0))
    rows = table[table["region"] == regions[0]]
    figure, ax = plt.subplots(figsize=(85 / 25.4, 75 / 25.4), dpi=104)
    sns.stripplot(rows, x="group", y="value", hue="group", size=3, ax=ax)
    options = {{"errorbar": ("se", 1.96), "linestyle": "none", "color": "black"}}
    sns.pointplot(rows, x="group", y="value", ax=ax, **options)
    figure.tight_layout()
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    plt.close(figure)
    image.value = stream.getvalue()
button.on_click(draw)
draw()
widgets.VBox([button, image])
"""
"""A page in which a button shows the strip of another region, with means and 95 % intervals."""
PRESS = """(button) => new Promise((done, fail) => {
  setTimeout(() => fail("There was no new strip for a minute."), 60000);
  const strip = document.querySelector("img.drawn");
  const start = performance.now();
  strip.addEventListener("load", () => requestAnimationFrame(() => done(performance.now() - start)),
    { once: true });
  button.click();
})"""


@contextmanager
def seaborn_page(folder: Path) -> Iterator[str]:
    """Serve a page with strips by seaborn; yield its address."""
    with tempfile.TemporaryDirectory() as place:
        notebook = Path(place) / "strips.ipynb"
        cell = new_code_cell(SEABORN.format(folder=str(folder)))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": kernel}), notebook)
        command = [*jupyter_command("voila"), str(notebook), "--no-browser"]
        command.append(f"--port={free_port()}")
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=place) as server:
            try:
                lines = (re.search(r"http://\S+", line) for line in server.stderr or ())
                yield next(filter(None, lines)).group()
            finally:
                server.send_signal(signal.SIGINT)
                server.communicate()


def presses(browser: Browser, folder: Path, count: int) -> list[float]:
    """Press the button of the page by seaborn; return how long each strip took, in ms."""
    with seaborn_page(folder) as address:
        page = browser.new_page()
        page.goto(address)
        button = page.get_by_role("button", name="Another region")
        button.wait_for()
        page.wait_for_timeout(1500)
        taken = []
        for _ in range(count + 1):
            taken.append(button.evaluate(PRESS))
            page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
        page.close()
    return taken[1:]


def clicks(page: VoilaPage) -> tuple[list[float], list[float]]:
    """Click on regions that were never shown; return how long each strip took, in milliseconds.

    First as a user does who reads for a second and goes on to the next row, whose strip is drawn
    ahead meanwhile; then on rows far apart and without a pause, so that nothing is drawn ahead.
    """
    page.tab("5 Explore")
    page.sees("regions are compared")
    page.form.locator("img.nf-drawn:visible").nth(2).wait_for()
    page.form.get_by_role("searchbox").first.fill("PSP")  # a row of each region
    page.form.get_by_label("By brain system").check()
    page.sees("Rows 1 to 10 of 66")
    page.page.wait_for_timeout(5000)  # everything is drawn, also what is drawn ahead at first
    rows = page.form.locator(".nf-rows tbody tr")
    turn = {name: page.form.get_by_role("link", name=name).first for name in ("Next", "Previous")}
    turn["Next"].evaluate(PUSH)
    read, jumped = [], []
    for number in range(20, 41):  # a page has ten rows
        if number % 10 == 0:
            turn["Next"].evaluate(PUSH)
        read.append(rows.nth(number % 10).evaluate(CLICK))
        page.page.wait_for_timeout(READING)
    for number in range(3, 10):  # two beside the last one are drawn ahead
        for name in ("Next", "Previous"):
            jumped.append(rows.nth(number).evaluate(CLICK))
            turn[name].evaluate(PUSH)
    return read[1:], jumped  # the first one warms up


FORMS = ("1 Connect", "2 Cohort", "3 Submit", "4 Results", "5 Explore")
SHOWN = """(tab) => new Promise((done) => {
  const start = performance.now();
  tab.focus();
  tab.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  const look = () => tab.getAttribute("aria-selected") === "true"
    ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  look();
})"""


def bytes_of_a_page(page: VoilaPage) -> int:
    """Open every form; return the bytes of all messages to the page."""
    sizes: list[int] = []
    session = page.page.context.new_cdp_session(page.page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda event: sizes.append(_size(event)))
    page.open()
    for name in FORMS:
        page.tab(name)
        if name == "5 Explore":
            page.sees("regions are compared")
            page.form.locator("img.nf-drawn:visible").nth(2).wait_for()
        elif name != "1 Connect":
            page.form.locator(".nf-rows tbody tr").nth(24).wait_for()
    page.page.wait_for_timeout(1500)  # what comes late counts too
    return sum(sizes)


def _size(event: dict[str, dict[str, str | int]]) -> int:
    answer = event["response"]
    text = str(answer["payloadData"])
    return len(text) if answer["opcode"] == 1 else len(b64decode(text))


def tabs(page: VoilaPage, rounds: int) -> list[float]:
    """Switch from form to form; return how long each took to be shown, in milliseconds."""
    names = [name for _ in range(rounds) for name in FORMS]
    return [page.page.get_by_role("tab", name=name).evaluate(SHOWN) for name in names]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        project = Path(folder) / "project"
        make_workspace(project, STUDIES)
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(SWITCHES))
        with running_page(project) as address:
            page = VoilaPage(browser.new_page(), address)
            page.open()
            read, jumped = map(statistics.median, clicks(page))
            page.page.close()
        theirs = statistics.median(presses(browser, project, asked.clicks))
        large = Path(folder) / "large"
        make_workspace(large, 2 * STUDIES)
        with running_page(large) as address:
            page = VoilaPage(browser.new_page(), address)
            sent = bytes_of_a_page(page)
            switched = tabs(page, 4)
        browser.close()
    for what, middle, aim in ((AHEAD, read, 2), (NOT_AHEAD, jumped, None)):
        print(f"a click on a region to its figure, {what}: {middle:.0f} ms median,")
        print(f"  {middle / theirs:.2f} of {theirs:.0f} ms by seaborn")
        job = f"a click on a region to its figure, {what}"
        ratio(job, "a click to a strip of seaborn", theirs / middle, aim)
        amount(f"{job}, {STUDIES:,} studies", middle, "ms", AIM)
    print(f"bytes to a page, {2 * STUDIES} studies: {sent / 1e6:.2f} MB (aim: below 1)")
    print(f"another tab: {statistics.median(switched):.0f} ms median, {max(switched):.0f} ms worst")
    amount("messages to a page with all forms, 2,000 studies", sent / 1e3, "kB", 1000)
    amount("another tab, 2,000 studies", statistics.median(switched), "ms", 300)


if __name__ == "__main__":
    main()
