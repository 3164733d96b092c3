"""Uploading a cohort to OpenSSH's sshd: neuroflow against sftp, lftp, rclone and paramiko.

Twelve zips of 50 MB, without delay and with 50 ms of round trip. Prints the rate of each, its
ratio to the best of the others, and neuroflow's peak memory. Run it on an idle computer.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from delay_line import delay_line
from report import amount, ratio
from support.sshd import Sshd

from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.upload.options import UploadOptions

OURS = """
import resource, sys, time
from pathlib import Path
from neuroflow.workspace.config import Profile
from neuroflow.ledger.ledger import Ledger
from neuroflow.models import Package
from neuroflow.transfer.ssh.known_hosts import HostKeys
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.upload.submit import submit
folder, port, user, key, connections = sys.argv[1:]
profile = Profile("127.0.0.1", user, Path(key), int(port))
known = HostKeys(Path(folder) / "known_hosts")
packages = [
    Package("C", path.stem, path, path.stat().st_size, digest, path.stem)
    for path, digest in ((path, path.with_suffix(".sha256").read_text())
                         for path in sorted(Path(folder).glob("*.zip")))
]
with Ledger(Path(folder) / f"ledger-{time.time()}.sqlite") as ledger:
    for each in packages:
        ledger.add_package(each)
    todo = plan(packages, ledger, {})
    start = time.perf_counter()
    for event in submit(todo, packages, lambda: connect(profile, hostkeys=known), ledger,
                        options=UploadOptions(connections=int(connections))):
        pass
    taken = time.perf_counter() - start
    assert all(row.state == "submitted" for row in ledger.rows())
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

PUT_LOOP = """
import sys, time
from pathlib import Path
import paramiko
folder, port, user, key = sys.argv[1:]
start = time.perf_counter()
transport = paramiko.Transport(("127.0.0.1", int(port)))
transport.connect(username=user, pkey=paramiko.Ed25519Key.from_private_key_file(key))
sftp = paramiko.SFTPClient.from_transport(transport)
for path in sorted(Path(folder).glob("*.zip")):
    sftp.put(str(path), f"input/C/input/{path.name}")
transport.close()
print(time.perf_counter() - start)
"""


class Bench:
    """One server, the files to send, and every way to send them."""

    def __init__(self, folder: Path, server: Sshd, port: int, connections: int) -> None:
        self.folder, self.server, self.port = folder, server, port
        self.connections = connections
        self.key = str(server.key)
        self.ssh = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={os.devnull}"]
        self.memory = 0.0

    def neuroflow(self) -> float:
        """Submit a cohort; every upload verified, and recorded in the ledger."""
        taken, memory = self._python(OURS, str(self.connections))
        self.memory = max(self.memory, memory)
        return taken

    def paramiko(self) -> float:
        """Put one file after the other."""
        return self._python(PUT_LOOP)[0]

    def sftp(self) -> float:
        """Send the files with OpenSSH's client."""
        batch = self.folder / "batch"
        batch.write_text(f"put {self.folder}/*.zip input/C/input/\n")
        options = ["-q", "-b", str(batch), "-i", self.key, "-P", str(self.port)]
        return timed(["sftp", *self.ssh, *options, f"{self.server.user}@127.0.0.1"])

    def lftp(self) -> float:
        """Mirror the folder, four files at a time."""
        ssh = f"ssh -a -x -i {self.key} {' '.join(self.ssh)}"
        script = (
            f'set sftp:connect-program "{ssh}"; set net:max-retries 1; '
            f"open -u {self.server.user}, sftp://127.0.0.1:{self.port}; "
            f"mirror -R -P 4 --no-perms -I '*.zip' {self.folder} input/C/input"
        )
        return timed(["lftp", "-c", script])

    def rclone(self) -> float:
        """Copy the folder, four files at a time."""
        remote = (
            f":sftp,host=127.0.0.1,port={self.port},user={self.server.user},"
            f"key_file='{self.key}',shell_type=none:input/C/input"
        )
        options = ["--transfers", "4", "--include", "*.zip", "--config", os.devnull]
        return timed(["rclone", "copy", *options, str(self.folder), remote])

    def _python(self, code: str, *more: str) -> list[float]:
        facts = [str(self.folder), str(self.port), self.server.user, self.key, *more]
        run = subprocess.run(
            [sys.executable, "-c", code, *facts], check=True, capture_output=True, text=True
        )
        return [float(word) for word in run.stdout.split()]


def timed(command: list[str]) -> float:
    """Run a command; return the seconds it took."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def make_zips(folder: Path, count: int, size: int) -> None:
    """Write files that do not compress, with their digests beside them."""
    for _ in range(count):
        digest = hashlib.sha256()
        path = folder / f"{uuid.uuid4()}.zip"
        with path.open("wb") as file:
            # Piece by piece: a process that was started counts what its parent once held.
            for _ in range(size // 1_000_000):
                data = os.urandom(1_000_000)
                file.write(data)
                digest.update(data)
        path.with_suffix(".sha256").write_text(digest.hexdigest())


def run(
    bench: Bench, what: str, ways: dict[str, Callable[[], float]], size: int, times: int
) -> None:
    """Measure every way, in turn; print the best rate of each."""
    there = bench.server.home / "input" / "C" / "input"
    rates = dict.fromkeys(ways, 0.0)
    for _ in range(times):
        for name, way in ways.items():
            shutil.rmtree(there, ignore_errors=True)
            there.mkdir(parents=True)
            taken = way()
            arrived = sum(path.stat().st_size for path in there.glob("*.zip"))
            assert arrived == size, f"{name} sent {arrived} of {size} bytes"
            rates[name] = max(rates[name], size / taken / 1e6)
    best = max(rate for name, rate in rates.items() if name != "neuroflow")
    for name, rate in rates.items():
        print(f"  {name:<24} {rate:7.1f} MB/s   {rate / best:5.2f} x the best of the others")
        if name != "neuroflow":
            ratio(what, f"`{name}`", rates["neuroflow"] / rate)
    amount("its peak memory", bench.memory, "MB")


@contextlib.contextmanager
def line(server: Sshd, folder: Path, round_trip: float) -> Iterator[int]:
    """Give the port of a line to the server, and note its key for it."""
    with contextlib.ExitStack() as stack:
        port = server.port
        if round_trip:
            port = stack.enter_context(delay_line(server.port, round_trip))
        key = fetch_host_key("127.0.0.1", server.port)
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key.line}\n")
        yield port


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--connections", type=int, default=UploadOptions().connections)
    parser.add_argument("--times", type=int, default=2)
    arguments = parser.parse_args()
    size = arguments.megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as place, Sshd(Path(place) / "server") as server:
        folder = Path(place) / "zips"
        folder.mkdir()
        make_zips(folder, arguments.files, size)
        for round_trip in (0.0, 0.05):
            with line(server, folder, round_trip) as port:
                bench = Bench(folder, server, port, arguments.connections)
                ways = {"neuroflow": bench.neuroflow}
                for name in ("sftp", "lftp", "rclone"):
                    if shutil.which(name):
                        ways[name] = getattr(bench, name)
                ways["paramiko, put in a loop"] = bench.paramiko
                what = f"{arguments.files} zips of {arguments.megabytes} MB"
                what += f", {round_trip * 1000:.0f} ms of round trip added"
                print(what)
                run(bench, what, ways, arguments.files * size, arguments.times)
                print(f"  neuroflow's peak memory  {bench.memory:7.0f} MB\n", flush=True)


if __name__ == "__main__":
    main()
