"""Write reports of generated projects, verify each, and verify each again with one digit changed.

python tools/verify_reports.py [--reports 100] (some minutes)
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.collected import collect_into, people  # noqa: E402

import neuroflow as nf  # noqa: E402

PER_PROJECT = 5
WITH_FIGURES = 10  # one report in so many has figures
TITLES = ["Regional diffusion MRI report", "Sites & <scanners> 1", "Größe, 50 %", "__1__ | *x*"]
NUMBER = re.compile(r'data-key="([^"]+)"[^>]*>([^<]*\d[^<]*)<')


def project(ws: nf.Workspace, rng: np.random.Generator) -> None:
    """Fill a workspace: people, visits, gaps, regions without a value, results set aside."""
    table = people(int(rng.integers(12, 41)), visits=int(rng.integers(1, 4)))
    table = table[rng.random(len(table)) > rng.choice([0, 0.15])]
    cohort = collect_into(ws, table, reports=bool(rng.random() < 0.7))
    ids = [str(study.study_id) for study in cohort.studies]
    for name in rng.choice(ids, int(rng.integers(0, 4)), replace=False):
        file = ws.results_folder / f"{name}_out" / "aidp.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for n, line in enumerate(lines) if not n or rng.random() > 0.1]
        file.write_text("".join(kept), encoding="utf-8")
    for name in rng.choice(ids, int(rng.integers(0, 4)), replace=False):
        ws.exclude_result(name, rng.choice([None, "pSN"]), reason="motion")


def choose(rng: np.random.Generator, number: int) -> dict[str, Any]:
    """Return options of a report."""
    by = str(rng.choice(["group", "group", "site", "sex"]))
    return {
        "title": str(rng.choice(TITLES)),
        "metric": str(rng.choice(["FW", "FAt"])),
        "by": by,
        "reference": "auto" if rng.random() < 0.7 else None,
        "covariates": [None, [], ["age"]][int(rng.integers(3))],
        "visit": [None, "first", "last"][int(rng.integers(3))],
        "figures": number % WITH_FIGURES == 0,
    }


def changed(text: str, rng: np.random.Generator) -> tuple[str, str]:
    """Return a report with one digit of one number changed, and the key of that number."""
    found = list(NUMBER.finditer(text))
    chosen = found[int(rng.integers(len(found)))]
    digits = [place for place in range(*chosen.span(2)) if text[place].isdigit()]
    place = int(rng.choice(digits))
    other = str((int(text[place]) + int(rng.integers(1, 10))) % 10)
    return chosen[1], text[:place] + other + text[place + 1 :]


def say(*words: object) -> None:
    """Write a line at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print how many texts of how many reports were verified, and what was not noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=100)
    wanted = parser.parse_args().reports
    warnings.simplefilter("ignore")
    reports = texts = differing = noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(-(-wanted // PER_PROJECT)):
            rng = np.random.default_rng(seed)
            with nf.Workspace(Path(folder) / f"project {seed}") as ws:
                project(ws, rng)
                for _ in range(min(PER_PROJECT, wanted - reports)):
                    options = choose(rng, reports)
                    file = nf.report(ws, Path(folder) / "report.html", **options)
                    found = nf.verify(file, ws)
                    reports, texts = reports + 1, texts + found.attrs["n_compared"]
                    if len(found):
                        differing += 1
                        say(seed, options, found.head(3).to_dict("records"))
                    key, text = changed(file.read_text(encoding="utf-8"), rng)
                    file.write_text(text, encoding="utf-8")
                    if key in set(nf.verify(file, ws)["key"]):
                        noticed += 1
                    else:
                        say("not noticed:", seed, options, key)
    say(f"{reports} reports, {texts} texts: {differing} reports differ.")
    say(f"One digit changed in each: noticed in {noticed}.")


if __name__ == "__main__":
    main()
