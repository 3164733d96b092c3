"""Uploading a cohort to OpenSSH's sshd: neuroflow against sftp, lftp, rclone and paramiko.

Without delay and limit, then over a line that carries 1 Gbit/s in all, with a round trip of 0, 50
and 150 ms. Prints the rate of each, its ratio to the best of the others and to the line, and
neuroflow's peak memory. Run it on an idle computer.
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
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from delay_line import delay_line
from report import amount, ratio
from support.sshd import Sshd

from neuroflow.transfer.ssh.known_hosts import fetch_host_key
from neuroflow.transfer.upload.options import UploadOptions

GIGABIT = 125e6
"""Bytes per second of a line of 1 Gbit/s."""
MAX_MEMORY = 250
"""MB that neuroflow may take, whatever it sends."""


class Case(NamedTuple):
    """One line, what is sent over it, and what is wanted of neuroflow."""

    round_trip: float  # Seconds that the line adds
    rate: float | None  # Bytes per second that the line carries; None for no limit
    files: int  # For neuroflow
    files_of_others: int  # Fewer where they take minutes
    of_best: float | None = None  # The least, in times of the best of the others
    of_line: float | None = None  # The least, as a share of the line


OURS = """
import resource, sys, time
from pathlib import Path
from neuroflow.workspace.connection.config import Profile
from neuroflow.ledger.ledger import Ledger
from neuroflow.models import Package
from neuroflow.transfer.ssh.known_hosts import HostKeys
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.upload.submit import submit
folder, port, user, key, count, connections = sys.argv[1:]
profile = Profile("127.0.0.1", user, Path(key), int(port))
known = HostKeys(Path(folder) / "known_hosts")
packages = [
    Package("C", path.stem, path, path.stat().st_size, digest, path.stem)
    for path, digest in ((path, path.with_suffix(".sha256").read_text())
                         for path in sorted(Path(folder).glob("*.zip"))[:int(count)])
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
folder, port, user, key, count = sys.argv[1:]
start = time.perf_counter()
transport = paramiko.Transport(("127.0.0.1", int(port)))
transport.connect(username=user, pkey=paramiko.Ed25519Key.from_private_key_file(key))
sftp = paramiko.SFTPClient.from_transport(transport)
for path in sorted(Path(folder).glob("*.zip"))[:int(count)]:
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

    def neuroflow(self, count: int) -> float:
        """Submit a cohort; every upload verified, and recorded in the ledger."""
        taken, memory = self._python(OURS, count, str(self.connections))
        self.memory = max(self.memory, memory)
        return taken

    def paramiko(self, count: int) -> float:
        """Put one file after the other."""
        return self._python(PUT_LOOP, count)[0]

    def sftp(self, count: int) -> float:
        """Send the files with OpenSSH's client."""
        batch = self.folder / "batch"
        lines = [f"put {path} input/C/input/\n" for path in self._first(count)]
        batch.write_text("".join(lines))
        options = ["-q", "-b", str(batch), "-i", self.key, "-P", str(self.port)]
        return timed(["sftp", *self.ssh, *options, f"{self.server.user}@127.0.0.1"])

    def lftp(self, count: int) -> float:
        """Send the files, four at a time."""
        ssh = f"ssh -a -x -i {self.key} {' '.join(self.ssh)}"
        names = " ".join(str(path) for path in self._first(count))
        script = (
            f'set sftp:connect-program "{ssh}"; set net:max-retries 1; '
            f"open -u {self.server.user}, sftp://127.0.0.1:{self.port}; "
            f"mput -P 4 -O input/C/input {names}"
        )
        return timed(["lftp", "-c", script])

    def rclone(self, count: int) -> float:
        """Copy the files, four at a time."""
        remote = (
            f":sftp,host=127.0.0.1,port={self.port},user={self.server.user},"
            f"key_file='{self.key}',shell_type=none:input/C/input"
        )
        wanted = self.folder / "wanted"
        wanted.write_text("".join(f"{path.name}\n" for path in self._first(count)))
        options = ["--transfers", "4", "--files-from", str(wanted), "--config", os.devnull]
        return timed(["rclone", "copy", *options, str(self.folder), remote])

    def _first(self, count: int) -> list[Path]:
        return sorted(self.folder.glob("*.zip"))[:count]

    def _python(self, code: str, count: int, *more: str) -> list[float]:
        facts = [str(self.folder), str(self.port), self.server.user, self.key, str(count), *more]
        run = subprocess.run(
            [sys.executable, "-c", code, *facts], check=True, capture_output=True, text=True
        )
        return [float(word) for word in run.stdout.split()]


def timed(command: list[str]) -> float:
    """Run a command; return the seconds it took."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def make_zips(folder: Path, count: int, megabytes: int) -> None:
    """Write files that do not compress and differ in their first bytes; digests are beside them."""
    rest = os.urandom(1_000_000)
    for _ in range(count):
        digest = hashlib.sha256()
        path = folder / f"{uuid.uuid4()}.zip"
        with path.open("wb") as file:
            # Piece by piece: a process that was started counts what its parent once held.
            for number in range(megabytes):
                data = rest if number else os.urandom(1_000_000)
                file.write(data)
                digest.update(data)
        path.with_suffix(".sha256").write_text(digest.hexdigest())


def run(bench: Bench, case: Case, megabytes: int, times: int) -> None:
    """Measure every way, in turn; print and keep the best rate of each, in MB per second."""
    ways = {"neuroflow": bench.neuroflow}
    for name in ("sftp", "lftp", "rclone"):
        if shutil.which(name):
            ways[name] = getattr(bench, name)
        else:
            print(f"  {name} IS NOT INSTALLED, not measured")
    if not case.rate:
        ways["paramiko, put in a loop"] = bench.paramiko
    counts = dict.fromkeys(ways, case.files_of_others) | {"neuroflow": case.files}
    rates = dict.fromkeys(ways, 0.0)
    for _ in range(times):
        for name, way in ways.items():
            rates[name] = max(rates[name], rate(bench, way, counts[name], megabytes))
    report(bench, case, rates, megabytes)


def rate(bench: Bench, way: Callable[[int], float], count: int, megabytes: int) -> float:
    """Measure one way once; everything has to arrive."""
    there = bench.server.home / "input" / "C" / "input"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    taken = way(count)
    arrived = sum(path.stat().st_size for path in there.glob("*.zip"))
    assert arrived == count * megabytes * 1_000_000, f"{arrived} bytes arrived"
    return count * megabytes / taken


def report(bench: Bench, case: Case, rates: dict[str, float], megabytes: int) -> None:
    """Print what was measured, and keep it for the page."""
    line = "no delay" if not case.round_trip else f"{case.round_trip * 1000:.0f} ms"
    line += ", 1 Gbit/s" if case.rate else ", no limit"
    what = f"{case.files} zips of {megabytes} MB, {line}"
    print(what)
    ours = rates["neuroflow"]
    shown = f"{ours:.0f} MB/s"
    for name, found in rates.items():
        print(f"  {name:<24} {found:7.1f} MB/s   neuroflow: {ours / found:5.2f} x")
        if name != "neuroflow":
            ratio(what, f"`{name}`, {found:.0f} MB/s", ours / found, rate=shown)
    best = max((found for name, found in rates.items() if name != "neuroflow"), default=0.0)
    if case.of_best and best:
        ratio(what, f"the best of them, {best:.0f} MB/s", ours / best, case.of_best, rate=shown)
    if case.rate:
        share = ours * 1e6 / case.rate
        print(f"  of the line's {case.rate / 1e6:.0f} MB/s: {share:.2f}")
        against = f"the line, {case.rate / 1e6:.0f} MB/s"
        ratio(what, against, share, case.of_line, rate=shown)
    amount(f"peak memory of all processes, {what}", bench.memory, "MB", MAX_MEMORY)
    print(f"  neuroflow's peak memory  {bench.memory:7.0f} MB\n", flush=True)


@contextlib.contextmanager
def line(server: Sshd, folder: Path, case: Case) -> Iterator[int]:
    """Yield the port of a line to the server, and note its key for it."""
    with contextlib.ExitStack() as stack:
        port = server.port
        if case.round_trip or case.rate:
            port = stack.enter_context(delay_line(server.port, case.round_trip, case.rate))
        key = fetch_host_key("127.0.0.1", server.port)
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key.line}\n")
        yield port


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--files-capped", type=int, default=100, help="over 1 Gbit/s")
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--connections", type=int, default=UploadOptions().connections)
    parser.add_argument("--times", type=int, default=2)
    arguments = parser.parse_args()
    few, many = arguments.files, arguments.files_capped
    cases = [
        Case(0.0, None, few, few, of_best=1.0),
        Case(0.05, None, few, few),
        Case(0.0, GIGABIT, many, few, of_line=0.9),
        Case(0.05, GIGABIT, many, few, of_line=0.9),
        Case(0.15, GIGABIT, many, few, of_line=0.75),
    ]
    with tempfile.TemporaryDirectory() as place, Sshd(Path(place) / "server") as server:
        folder = Path(place) / "zips"
        folder.mkdir()
        make_zips(folder, max(few, many), arguments.megabytes)
        for case in cases:
            with line(server, folder, case) as port:
                bench = Bench(folder, server, port, arguments.connections)
                run(bench, case, arguments.megabytes, arguments.times)


if __name__ == "__main__":
    main()
