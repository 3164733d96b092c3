"""Write what others need to judge what neuroflow installs: versions, licences, materials.

Run with ``python tools/make_supply_chain.py lock`` (it needs uv and a package index), ``licences``
(in an environment with the extras app, demo, excel, word, notify and convert) or ``sbom`` at a
release, which writes ``dist/neuroflow.cdx.json``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent
LOCK = PROJECT / "requirements.lock"
PAGE = PROJECT / "docs" / "licences.md"
BILL = PROJECT / "dist" / "neuroflow.cdx.json"
EXTRAS = ("app", "demo")
ALL_EXTRAS = (*EXTRAS, "excel", "word", "notify", "convert", "crate")
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")

HEAD = """# Licences of the dependencies

neuroflow is BSD-3-Clause. It contains no code of the packages below; they are installed with it or
with one of its extras. paramiko (LGPL-2.1), tqdm (MPL-2.0 and MIT) and asyncssh (EPL-2.0 or
GPL-2.0, only in the extra `demo`) are used unmodified, as libraries. Nothing that is needed at run
time is GPL alone.

`python tools/make_supply_chain.py licences` writes this page from what the packages declare.

| Package | Licence | Needed by |
| --- | --- | --- |
"""


def make_lock() -> None:
    """Resolve the forms and the demo for all platforms, with the hashes of every file."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    command += [f"--extra={extra}" for extra in EXTRAS]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "-q"]
    done = subprocess.run(  # noqa: S603
        command, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    head = (
        "# Versions and hashes of neuroflow[app,demo]: made by tools/make_supply_chain.py lock.\n"
        "#   pip install --require-hashes --requirement requirements.lock && "
        "pip install --no-deps neuroflow\n"
    )
    LOCK.write_text(head + done.stdout, encoding="utf-8")


def locked() -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, version and SHA-256 of the files of every package in the lock file."""
    pieces = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8"))
    for piece in pieces:
        found = _PIN.match(piece)
        if found:
            yield found["name"], found["version"], _HASH.findall(piece)


def make_licences() -> None:
    """Write the page of licences, from the metadata of the installed packages."""
    rows = (f"| {name} | {licence_of(name)} | {why} |\n" for name, why in sorted(needed().items()))
    PAGE.write_text(HEAD + "".join(rows), encoding="utf-8")


def needed() -> dict[str, str]:
    """Return every package that is needed at run time, with what needs it."""
    found: dict[str, str] = {}
    todo = [(name, "neuroflow", "") for name in _requirements("neuroflow", "")]
    for extra in ALL_EXTRAS:
        todo += [(name, f"extra `{extra}`", "") for name in _requirements("neuroflow", extra)]
    while todo:
        name, why, extra = todo.pop(0)
        if name not in found and name != "neuroflow" and _is_installed(name):
            found[name] = why
            todo += [(each, name, extra) for each in _requirements(name, extra)]
    return found


def licence_of(name: str) -> str:
    """Return the licence that a package declares."""
    facts = metadata.metadata(name)
    classified = [
        line.rpartition("::")[2].strip()
        for line in facts.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    text = facts.get("License-Expression") or "; ".join(classified) or facts.get("License") or ""
    return " ".join(text.split())[:60].replace("|", "\\|") or "not declared"


def make_bill() -> None:
    """Write a bill of materials in CycloneDX 1.6 from the lock file."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in digests],
            **(
                {"licenses": [{"license": {"name": licence_of(name)}}]}
                if _is_installed(name)
                else {}
            ),
        }
        for name, version, digests in locked()
    ]
    version = metadata.version("neuroflow")
    root = {
        "type": "application",
        "bom-ref": f"pkg:pypi/neuroflow@{version}",
        "name": "neuroflow",
        "version": version,
        "purl": f"pkg:pypi/neuroflow@{version}",
        "licenses": [{"license": {"id": "BSD-3-Clause"}}],
    }
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": components,
    }
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


def _requirements(name: str, extra: str) -> list[str]:
    """Return what an installed package requires here, or for one of its extras."""
    found = []
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        marker = requirement.marker
        wants = marker is None or marker.evaluate({"extra": extra})
        if wants and (not extra or (marker is not None and "extra" in str(marker))):
            found.append(re.sub(r"[-_.]+", "-", requirement.name).lower())
    return found


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    {"lock": make_lock, "licences": make_licences, "sbom": make_bill}[sys.argv[1]]()
