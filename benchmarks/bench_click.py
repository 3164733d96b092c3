"""How long a user waits between a click on a region and its new figure, in the browser.

Run with ``python benchmarks/bench_click.py``; needs Chromium. 1,000 studies, the forms as
`neuroflow app` serves them. Measured is from the click on a row of the effects until the strip of
its region is decoded and about to be painted: browser, kernel and all between. Aim: 150 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from bench_forms import make_workspace
from playwright.sync_api import sync_playwright
from report import amount

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.lab import SWITCHES, chromium
from support.voila import VoilaPage, running_page

STUDIES = 1000
AIM = 150.0  # ms
CLICK = """(row) => new Promise((done) => {
  const strip = document.querySelector(".nf-drawn");
  const start = performance.now();
  strip.addEventListener("load", () => requestAnimationFrame(() => done(performance.now() - start)),
    { once: true });
  row.querySelector("td").click();
})"""


def clicks(page: VoilaPage, count: int) -> list[float]:
    """Click on one region after the other; return how long each strip took, in milliseconds."""
    page.tab("5 Explore")
    page.sees("regions are compared")
    rows = page.form.locator(".nf-rows tbody tr")
    taken = []
    for number in range(count + 1):
        page.form.locator("img.nf-drawn:visible").nth(2).wait_for()
        # Every third row: those of one region, in its contrasts, stand one after the other.
        taken.append(rows.nth((3 * (number + 1)) % 24).evaluate(CLICK))
        page.page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
    return taken[1:]  # the first one warms up


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
            taken = clicks(page, asked.clicks)
        browser.close()
    middle = statistics.median(taken)
    print(f"a click to the new figure, {STUDIES} studies: {middle:.0f} ms median, ", end="")
    print(f"{max(taken):.0f} ms worst of {len(taken)} (aim: below {AIM:.0f} ms)")
    amount(
        f"a click on a region to its figure, in the browser, {STUDIES} studies", middle, "ms", AIM
    )


if __name__ == "__main__":
    main()
