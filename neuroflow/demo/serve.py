"""Only the service, for any SFTP client: what `neuroflow demo --serve` runs."""

from __future__ import annotations

import json
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

from neuroflow.demo.people import plan_visits
from neuroflow.demo.scans import write_nifti
from neuroflow.demo.service import NOTICE, DemoService
from neuroflow.demo.session import ServiceOptions
from neuroflow.errors import DemoError

SAMPLE_ID = "3f0e6a52-6d0b-4b7e-9a35-1f4f0c2d7a10"
"""The id of the sample study."""


def serve(
    folder: Path | str,
    *,
    report: Callable[[str], None],
    stop: threading.Event,
    **options: Unpack[ServiceOptions],
) -> None:
    """Run the service until `stop` is set; every line for the user goes to `report`."""
    root = Path(folder).expanduser().resolve() / "serve"
    settings: ServiceOptions = {"delay": 1.0, **options}
    with DemoService(root, **settings) as service:
        for line in connection_help(service, write_sample(root)):
            report(line)
        reported = 0
        while not stop.wait(0.2):
            for study_id in service.processed[reported:]:
                report(f"Processing {study_id}")
                reported += 1
    report("The service has stopped.")


def connection_help(service: DemoService, sample: Path) -> list[str]:
    """Return how to reach the service, with OpenSSH's sftp and with neuroflow."""
    options = f'-P {service.port} -i "{service.key}" -o IdentitiesOnly=yes'
    return [
        NOTICE,
        f"The service listens on {service.host}, port {service.port}.",
        f"Host key: {service.fingerprint}",
        "Connect with any SFTP client, for example:",
        f"  sftp {options} {service.user}@{service.host}",
        "and then:",
        "  mkdir input/my_cohort",
        "  mkdir input/my_cohort/input",
        f'  put "{sample}" input/my_cohort/input/',
        f"  ls output/{SAMPLE_ID}_out",
        f"  get -r output/{SAMPLE_ID}_out",
        "Or with neuroflow:",
        f"  neuroflow connect my-project --host {service.host} --port {service.port} --user "
        f'{service.user} --key "{service.key}" --host-key {service.fingerprint}',
        f"Uploads and results are in {service.home}",
        "Ctrl-C stops the service.",
    ]


def write_sample(folder: Path) -> Path:
    """Write a study that can be sent."""
    path = folder / f"{SAMPLE_ID}.zip"
    visit = plan_visits(1)[0]
    sidecar = {"PatientAge": f"{int(visit.age):03d}Y", "PatientSex": visit.sex}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as made, zipfile.ZipFile(path, "w") as archive:
            write_nifti(visit, Path(made))
            for file in sorted(Path(made).iterdir()):
                if file.suffix != ".json":
                    archive.write(file, "dwi" + "".join(file.suffixes))
            archive.writestr("dwi.json", json.dumps(sidecar))
    except OSError as error:
        raise DemoError(
            f"The sample study cannot be written into {folder}.", why=f"{error.strerror}."
        ) from error
    return path
