"""Only the service, for any SFTP client: what `neuroflow demo --serve` runs."""

from __future__ import annotations

import json
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

from neuroflow.demo.people import plan_visits
from neuroflow.demo.scans import write_nifti
from neuroflow.demo.service import NOTICE, DemoService
from neuroflow.errors import DemoError

SAMPLE_ID = "3f0e6a52-6d0b-4b7e-9a35-1f4f0c2d7a10"
"""The id of the study that lies ready to be sent."""


def serve(
    folder: Path | str,
    *,
    say: Callable[[str], None],
    stop: threading.Event,
    port: int = 0,
    layout: str = "long",
    delay: float = 1.0,
    failure_rate: float = 0.0,
    latency: float = 0.0,
    seed: int = 0,
) -> None:
    """Run the service until told to stop."""
    root = Path(folder).expanduser().resolve() / "serve"
    with DemoService(
        root,
        port=port,
        layout=layout,
        delay=delay,
        failure_rate=failure_rate,
        latency=latency,
        seed=seed,
    ) as service:
        for line in how_to_connect(service, make_sample(root)):
            say(line)
        told = 0
        while not stop.wait(0.2):
            for study_id in service.processed[told:]:
                say(f"Processing {study_id}")
                told += 1
    say("The service has stopped.")


def how_to_connect(service: DemoService, sample: Path) -> list[str]:
    """Tell how to reach the service, with OpenSSH's sftp and with neuroflow."""
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
        f"What arrives and what is answered stands in {service.home}",
        "Ctrl-C stops the service.",
    ]


def make_sample(folder: Path) -> Path:
    """Make a study that lies ready to be sent."""
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
