"""Write the generated parts of the documentation.

These are docs/protocol.md, the tables of figures and exit codes in docs/command_line.md, and the
demo's pictures.

`python tools/make_docs.py` writes them; with ``--check`` its exit code reports whether they are
up to date.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import pandas as pd
from PIL import Image
from pydicom.uid import UID

from neuroflow.cli.exit_codes import exit_codes
from neuroflow.contract import SYNTAXES
from neuroflow.demo.run import run_demo
from neuroflow.plot import FIGURES
from neuroflow.studies.protocol.further_rules import FURTHER_RULES
from neuroflow.studies.protocol.rules import ALL_RULES, rules_table

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = {
    "free_water.png": "demo_strip.png",
    "effects.png": "demo_forest.png",
    "all_regions.png": "demo_heatmap.png",
}
"""What a run of the demo draws, and what the documentation calls it."""
WIDTH, COLOURS = 1280, 256
"""Pixels and colours of a picture: sharp on a page, small in the repository."""
KINDS = {"dicom": "DICOM", "nifti": "NIfTI", "dicom, nifti": "both"}
INTRODUCTION = """\
# The acquisition protocol: rules of the checks

<!-- Made by tools/make_docs.py from studies/protocol/rules.py: change the rules there. -->

`ws.check(cohort)`, `neuroflow.check(studies)` and `neuroflow check FOLDER` check every study
against the rules on this page: quality control of the acquisition, not of the images. They return
one row per *finding*: study, rule, severity, measured, accepted, advice. A study without a row
breaks no rule.

## What a finding means

| Severity | Meaning |
| --- | --- |
| `error` | neuropacs would refuse the study or process it wrongly; it is not sent |
| `warning` | review it; the study can be sent |
| `note` | for information |

A fact that cannot be read never passes silently: the column *not known* has the severity of that
finding, and the finding states why the fact could not be read. Where the column is empty, the rule
is skipped.

A cause has one finding: of a damaged file, of missing gradients or of a study whose weighting
cannot be read, what follows from it is not listed too. Of a study with several diffusion series,
each finding states which series it is about, as `series 9 "DTI again" (2048 files): 110 ms`. The
advice fits the input: DICOM or NIfTI, an archive, a BIDS dataset, and the manufacturer (Canon,
Toshiba, UIH: convert with dcm2niix).

## Overriding a rule

An error blocks its study until the study is corrected or excluded, or until you override the rule
for it, with a reason:

```text
ws.override(cohort, "P07_1", "echo_time", "neuropacs agreed to 108 ms, mail of 12 May.")
```

```console
$ neuroflow override my-project PILOT_1 P07_1 echo_time --reason "neuropacs agreed to 108 ms."
```

A whole cohort is often acquired with one protocol. `None` in place of the study overrides the rule
for every study that is in the cohort now and not excluded; one that joins later is held to it:

```text
ws.override(cohort, None, "echo_time", "neuropacs agreed to 108 ms, mail of 12 May.")
```

```console
$ neuroflow override-all my-project PILOT_1 echo_time --reason "neuropacs agreed to 108 ms."
```

The ledger of the workspace keeps the reason, so do not write a patient's name into it. From then on
the finding is a warning that shows the reason. The override holds for one rule of one study. An
empty reason withdraws it. These rules cannot be overridden, because a study that breaks them cannot
be packaged: {fixed}.

## A table for those who scan

`findings_table` adds to each finding the study's folder, the rule in words and its source;
`save_cohort_table` writes it, as do `neuroflow check scans --save findings.csv` and the button
*Save findings* of the Cohort form. The table names participants and folders of this computer.

```text
nf.save_cohort_table(nf.findings_table(findings, cohort.studies), "findings.xlsx")
```
"""
BEYOND = """\
*Of* is the kind of studies that a rule applies to. A tolerance (±) allows for rounding by scanners:
2.894 T is 3 T. The last {further} rules need several facts, several studies, or a conversion.
`conversion` is tested only by `neuroflow.check(studies, deep=True)`, which converts every DICOM
study with dcm2niix. A workspace adds the warning `participant`: the study's participant is not in
participants.tsv, so its results will have no group. It names what the table has
instead: spreadsheets remove leading zeros, so that visit `01` is `1` there.
"""


def protocol_page() -> str:
    """Write docs/protocol.md.

    Returns
    -------
    str
        The page, in Markdown.
    """
    rules = rules_table()
    fixed = ", ".join(f"`{rule.id}`" for rule in ALL_RULES if not rule.can_be_overridden)
    parts = [
        INTRODUCTION.format(fixed=fixed),
        "## The rules\n",
        _rules(rules),
        BEYOND.format(further=len(FURTHER_RULES)),
    ]
    parts += ["## What to do\n", _advice(rules), "## Transfer syntaxes\n", _syntaxes()]
    return "\n".join(parts)


def _rules(rules: pd.DataFrame) -> str:
    tolerances = {
        rule.id: f"{rule.criterion.tolerance:g} {rule.unit}".strip()
        for rule in ALL_RULES
        if hasattr(rule.criterion, "tolerance")
    }
    rows = ["Rule", "Parameter", "Accepted", "Broken", "Not known", "Of", "Source"], ["---"] * 7
    table = [_row(row) for row in rows]
    several = {rule.id for rule in FURTHER_RULES}
    for rule in rules.itertuples():
        accepted, unknown = rule.accepted, "" if rule.rule in several else rule.unknown
        if rule.rule in tolerances:
            accepted += f" (± {tolerances[rule.rule]})"
        if rule.rule == "transfer_syntax":
            accepted = "those [below](#transfer-syntaxes)"
        kind = KINDS[rule.applies_to]
        cells = [f"`{rule.rule}`", rule.parameter, accepted, rule.severity, unknown]
        table.append(_row([*cells, kind, rule.source]))
    return "\n".join(table) + "\n"


def _advice(rules: pd.DataFrame) -> str:
    table = [_row(["If this rule is broken", "do this"]), _row(["---", "---"])]
    for advice, group in rules.groupby("advice", sort=False):
        table.append(_row([", ".join(f"`{rule}`" for rule in group["rule"]), str(advice)]))
    return "\n".join(table) + "\n"


def _syntaxes() -> str:
    lines = ["neuropacs reads these, all of them lossless:\n"]
    lines += [f"- `{syntax}` {UID(syntax).name}" for syntax in SYNTAXES]
    return "\n".join(lines) + "\n"


NEEDS = {
    "region": "`--regions` with one region",
    "study_id": "`--study`",
    "score": "`--score`",
    "visits": "repeated visits",
}
"""What a figure needs on the command line, by its required arguments and its data."""


def command_line_page(text: str) -> str:
    """Return docs/command_line.md with up-to-date tables of figures and exit codes.

    Parameters
    ----------
    text
        The page as it is.

    Returns
    -------
    str
        The page with both tables written anew.
    """
    figures = [["Figure", "Shows", "Needs"], ["---"] * 3]
    for figure in FIGURES.in_order():
        shown = figure.title.partition(": ")
        needs = [*figure.missing({}), figure.needs]
        needed = ", ".join(NEEDS[need] for need in needs if need in NEEDS)
        figures.append([f"`{figure.name}`", shown[2] or shown[0], needed])
    codes = [["Code", "Meaning"], ["---"] * 2]
    codes += [[str(code), meaning] for code, meaning in exit_codes().items()]
    for table in (figures, codes):
        head, *_ = lines = [_row(cells) for cells in table]
        rows = rf"^{re.escape(head)}\n(?:\|.*\n)+"
        written = "\n".join(lines) + "\n"
        text, count = re.subn(rows, lambda _, new=written: new, text, flags=re.MULTILINE)
        if count != 1:
            raise SystemExit(f"docs/command_line.md has no table {head}")
    return text


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def outdated(docs: Path) -> list[str]:
    """Report which parts of the documentation are out of date.

    Parameters
    ----------
    docs
        The folder of the pages.

    Returns
    -------
    list of str
        Names below `docs`; empty where all is up to date. Of pictures, those that are not there.
    """
    made = {"protocol.md": lambda _: protocol_page(), "command_line.md": command_line_page}
    old = []
    for name, write in made.items():
        text = (docs / name).read_text(encoding="utf-8") if (docs / name).is_file() else ""
        old += [name] if not text or write(text) != text else []
    pictures = [f"images/{name}" for name in PICTURES.values()]
    missing = [name for name in pictures if not (docs / name).is_file()]
    return old + missing


def draw_pictures(docs: Path) -> None:
    """Run the demo in a temporary folder, and take its pictures.

    Parameters
    ----------
    docs
        The folder of the pages; pictures go into ``images`` below it.
    """
    (docs / "images").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        drawn = {path.name: path for path in run_demo(folder).figures}
        for source, target in PICTURES.items():
            _shrink(drawn[source], docs / "images" / target)


def _shrink(source: Path, target: Path) -> None:
    with Image.open(source) as picture:
        small = picture.convert("RGB")
        height = round(small.height * WIDTH / small.width)
        small = small.resize((WIDTH, height), Image.Resampling.LANCZOS)
        # Without k-means, colours of few pixels (a legend's) fall together.
        small = small.quantize(COLOURS, kmeans=4, dither=Image.Dither.NONE)
        small.save(target, optimize=True)


def main() -> None:
    """Write the pages and the pictures, or only check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; report what is out of date"
    )
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the pages")
    options = parser.parse_args()
    if options.check:
        old = outdated(options.docs)
        sys.exit(f"Out of date: {', '.join(old)}. Run `make pictures`." if old else 0)
    (options.docs / "protocol.md").write_text(protocol_page(), encoding="utf-8", newline="\n")
    page = options.docs / "command_line.md"
    text = command_line_page(page.read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8", newline="\n")
    draw_pictures(options.docs)


if __name__ == "__main__":
    main()
