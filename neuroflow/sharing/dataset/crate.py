"""An RO-Crate: what the dataset was made from, by which programs, with the digest of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from neuroflow._version import __version__
from neuroflow.errors import FolderError
from neuroflow.io import atomic_write
from neuroflow.matrix import software_versions


def write_crate(root: Path, title: str, service: Sequence[Mapping[str, Any]]) -> bool:
    """Describe all files of a dataset; False where the extra is not installed."""
    if find_spec("rocrate") is None:
        return False
    from rocrate.rocrate import ROCrate

    crate = ROCrate()
    crate.name = title
    crate.description = "Regional values of diffusion MRI, and how they were computed"
    programs = [
        crate.add_jsonld(
            {"@id": f"#{name}", "@type": "SoftwareApplication", "name": name, "version": number}
        )
        for name, number in ({"neuroflow": __version__} | software_versions()).items()
    ]
    files = []
    for path in sorted(each for each in root.rglob("*") if each.is_file()):
        name = path.relative_to(root).as_posix()
        facts_of_file = {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "contentSize": str(path.stat().st_size),
        }
        files.append(crate.add_file(path, name, properties=facts_of_file))
    models = [
        f"{one['product']}, model version {one['model_version']}, {one['n']} studies"
        for one in service
    ]
    action = {
        "@id": "#export",
        "@type": "CreateAction",
        "name": "neuroflow export --bids",
        "instrument": [{"@id": program.id} for program in programs],
        "result": [{"@id": file.id} for file in files],
        "description": "; ".join(["Values of the neuropacs service", *models]),
    }
    crate.add_jsonld(action)
    text = _as_text(crate.metadata.generate())
    with atomic_write(root / "ro-crate-metadata.json", error=FolderError) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return True


def _as_text(facts: Any) -> str:
    return json.dumps(facts, indent=2, sort_keys=True, default=str) + "\n"
