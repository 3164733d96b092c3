"""Run the benchmarks and write docs/benchmarks.md: ratios, commands, and the machine in words.

Run with ``python tools/make_benchmarks.py`` on a machine that does nothing else; it takes some
minutes. ``--only compare table`` runs a part, and keeps the rest of the page as it was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHMARKS = ROOT / "benchmarks"
VARIABLE = "NEUROFLOW_MEASURED"
TITLES = {
    "headers": "Finding and checking studies",
    "packaging": "Packaging",
    "upload": "Uploads",
    "collect": "Collecting",
    "table": "The cohort table",
    "growth": "Growth",
    "compare": "Comparisons and figures",
    "follow_up": "Follow-up",
    "import": "Import",
    "forms": "Forms",
    "click": "Forms in the browser",
}
HEAD = """\
# Benchmarks

Each benchmark does a job with neuroflow and with what a user would take instead, side by side on
the same machine, and prints ratios. Seconds differ from machine to machine; ratios less so.
`make bench` prints them; `python tools/make_benchmarks.py` runs them and writes this page.

A ratio states how many times as fast neuroflow is. Below 1 it is slower.
"""
REASONS = {
    "de-identify, zip and read back": "zlib packs and unpacks, once each; a faster library gives "
    "other bytes on another processor, and the package of a study must be the same everywhere",
    "collect, nothing new": "Python's garbage collector looks through more objects; the rest is "
    "in proportion",
    "ANCOVA of four groups: F, p, q, eta squared": "two thirds of the time go to reading and "
    "checking the long table and to making the result, where pingouin is given a wide one",
    "collect, one more": "every folder on the server is compared with the disk, as results may be "
    "replaced",
    "a click on a region to its figure, not drawn ahead, without a pause, 1,000 studies": (
        "matplotlib draws and lays out; figures beside the selected region are drawn ahead"
    ),
}
"""Why a job misses its aim, as far as it is known."""


def machine() -> str:
    """Return in words what the numbers come from; never the name of a host."""
    release = platform.freedesktop_os_release() if platform.system() == "Linux" else {}
    system = release.get("PRETTY_NAME", f"{platform.system()} {platform.release()}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = ""
    if hasattr(os, "sysconf"):
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB RAM"
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "paramiko"))
    return (
        f"Measured in {datetime.now(UTC):%B %Y} on {cores} cores ({processor()}){memory}; "
        f"{system}, Python {platform.python_version()}, {packages}."
    )


def processor() -> str:
    """Name the processor, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = re.search(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE)
        if found and found[1].strip().lower() != "unknown":
            return f"{found[1].strip()}, {platform.machine()}"
    return platform.processor() or platform.machine()


def measure(name: str) -> list[dict[str, Any]]:
    """Run one benchmark; its words go to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "measured.jsonl"
        script = BENCHMARKS / f"bench_{name}.py"
        environ = {**os.environ, VARIABLE: str(file)}
        subprocess.run([sys.executable, script], check=True, env=environ)  # noqa: S603  our own
        for picture in Path(folder).glob("*.svg"):
            shutil.copy(picture, PAGE.parent / "images" / picture.name)
        if not file.is_file():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def section(name: str, rows: list[dict[str, Any]]) -> str:
    """Write what one benchmark measured."""
    lines = [f"## {TITLES.get(name, name.title())}\n", about(name), ""]
    lines += [f"```sh\npython benchmarks/bench_{name}.py\n```\n", machine(), ""]
    lines += ["| Job | Compared with | Measured | Aim |", "| --- | --- | --- | --- |"]
    lines += [f"| {r['what']} | {r['against']} | {r['value']} | {r['aim']} |" for r in rows]
    if (PAGE.parent / "images" / f"{name}.svg").is_file():
        lines += ["", f"![{TITLES[name]}: time against size](images/{name}.svg)"]
    return "\n".join(lines) + "\n"


def missed(parts: list[str]) -> str:
    """List the rows of the page that miss their aims."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for part in parts
        for line in part.splitlines()
        if line.startswith("| ")
    ]
    found = [
        f"- {what}: {value} ({aim}){f': {REASONS[what]}' if what in REASONS else ''}.\n"
        for what, _, value, aim in rows
        if aim.startswith(("at ", "below ")) and is_missed(value, aim)
    ]
    return "These miss their aims today:\n\n" + "".join(found) if found else "All aims are met.\n"


def is_missed(value: str, aim: str) -> bool:
    """Compare the numbers of a row, as "0.66 x" with "at least 1 x"."""
    number, limit = (float(re.findall(r"[\d.]+", text)[0]) for text in (value, aim))
    return number < limit if aim.startswith("at least") else number > limit


def about(name: str) -> str:
    """Return the first paragraph of a benchmark's docstring."""
    text = (BENCHMARKS / f"bench_{name}.py").read_text(encoding="utf-8")
    return " ".join(re.split(r'"""', text)[1].split("\n\n")[0].split())


def sections_of(page: str) -> dict[str, str]:
    """Take the page apart: each benchmark's section, by the benchmark's name."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    return {re.findall(r"bench_(\w+)\.py", part)[0]: part.rstrip() + "\n" for part in parts}


def main() -> None:
    """Run, and write the page."""
    known = sorted(
        (path.stem.removeprefix("bench_") for path in BENCHMARKS.glob("bench_*.py")),
        key=lambda name: [*TITLES, name].index(name),
    )
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=known, default=known)
    wanted = parser.parse_args().only
    done = sections_of(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {}
    for name in wanted:
        rows = measure(name)
        if rows:
            done[name] = section(name, rows)
        else:
            sys.stderr.write(f"bench_{name}.py kept no number; its section stays as it was.\n")
    parts = [done[name] for name in known if name in done]
    PAGE.write_text("\n".join([HEAD, missed(parts), *parts]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
