"""Collecting result folders over SFTP, beside the tools a researcher would take.

Also the check of the server before each submission, with 100,000 result folders on it. Run with
``python benchmarks/bench_collect.py``. The server is OpenSSH's sshd on this machine; the round trip
is made longer by `delay_line`. Where a tool is slow, it fetches a part of the folders, and the line
says so. Tools that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from delay_line import delay_line
from report import amount, ratio

from neuroflow.ledger.ledger import Ledger
from neuroflow.models import Package
from neuroflow.transfer.collect.collect import collect
from neuroflow.transfer.sftp.remote import SftpRemote, connect
from neuroflow.transfer.ssh.known_hosts import HostKeys, fetch_host_key
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.upload.submit import submit

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.sshd import Sshd, find_sshd

GIGABIT = 125e6
"""Bytes per second of a line of 1 Gbit/s."""
MAX_CHECK_SECONDS = 5
SIZES = {"prediction.png": 60_000, "prediction.txt": 1_000, "aidp.csv": 6_000}
PARTS = "parts"


@dataclass(frozen=True)
class Line:
    """How a tool reaches the server."""

    server: Sshd
    port: int
    what: str
    of_best: float | None = None  # The least, in times of the best of the others

    @property
    def ssh(self) -> list[str]:
        """The options of OpenSSH's programs; no host key is asked for."""
        return [
            *("-i", str(self.server.key), "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            *("-F", "none"),
        ]


def write_results(folder: Path, count: int) -> None:
    """Write result folders of the usual sizes."""
    for number in range(count):
        place = folder / f"{number:08d}-0000-4000-8000-000000000000_out"
        place.mkdir(parents=True)
        for name, size in SIZES.items():
            (place / name).write_bytes(os.urandom(size))


def opening(line: Line, target: Path) -> Callable[[], SftpRemote]:
    """Return what connects to the server."""
    profile = replace(line.server.profile, port=line.port)
    known = HostKeys(target / "known_hosts")
    known.trust(profile.host, profile.port, fetch_host_key(profile.host, profile.port))
    return lambda: connect(profile, hostkeys=known)


def with_neuroflow(line: Line, _source: str, target: Path) -> None:
    """Collect as `Workspace.collect` does: all there is."""
    with Ledger(target / "ledger.sqlite") as ledger:
        for event in collect(opening(line, target), ledger, target / "results"):
            assert event.status != "failed", event.message


def with_sftp(line: Line, source: str, target: Path) -> None:
    """OpenSSH's own client."""
    place = f"{line.server.user}@{line.server.host}"
    run(
        ["sftp", "-q", "-b", "-", *line.ssh, "-P", str(line.port), place],
        f"get -r {source} {target}",
    )


def with_lftp(line: Line, source: str, target: Path) -> None:
    """Mirror eight files at a time."""
    program = " ".join(["ssh", "-a", "-x", *line.ssh])
    script = (
        f"set sftp:connect-program '{program}'; set sftp:auto-confirm yes; set net:max-retries 2; "
        f"open -u {line.server.user}, -p {line.port} sftp://{line.server.host}; "
        f"mirror -P 8 {source} {target}/all"
    )
    run(["lftp", "--norc", "-c", script])


def with_rclone(line: Line, source: str, target: Path) -> None:
    """Copy sixteen files at a time; without checksums, which need a shell on the server."""
    facts = {"host": line.server.host, "port": line.port, "user": line.server.user}
    options = [f"--sftp-{name}={value}" for name, value in facts.items()]
    options += [f"--sftp-key-file={line.server.key}", "--sftp-disable-hashcheck"]
    where = [f":sftp:{source}", str(target / "all")]
    run(["rclone", "copy", "--transfers", "16", "--config", "", "-q", *options, *where])


def run(command: Sequence[str], text: str = "") -> None:
    """Run a tool; its words are shown where it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stderr or done.stdout}")


Tool = Callable[[Line, str, Path], None]
OURS = "neuroflow collect"
TOOLS: dict[str, tuple[str, Tool]] = {
    "sftp get -r": ("sftp", with_sftp),
    "lftp mirror -P 8": ("lftp", with_lftp),
    "rclone copy --transfers 16": ("rclone", with_rclone),
}


def rate(tool: Tool, line: Line, source: str, count: int) -> float:
    """Measure one tool, from the connection to the last file, in studies per second."""
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        tool(line, source, Path(place))
        taken = time.perf_counter() - start
        arrived = [p.stat().st_size for p in Path(place).rglob("*_out/*")]
        assert sorted(arrived) == sorted([*SIZES.values()] * count), "not everything arrived"
    return count / taken


def bench(line: Line, studies: int, parts: dict[str, int], runs: int) -> None:
    """Measure all tools on one line."""
    files = len(SIZES)
    what = f"{studies} result folders ({files} files, {sum(SIZES.values()) // 1000} kB each), "
    what += line.what
    print(what)
    ours = max(rate(with_neuroflow, line, "output", studies) for _ in range(runs))
    report(OURS, ours)
    shown = f"{ours:.0f} studies/s"
    theirs = []
    for name, (program, tool) in TOOLS.items():
        if shutil.which(program) is None:
            print(f"  {name}: {program} IS NOT INSTALLED, not measured")
            continue
        count = parts.get(program, studies)
        source = "output" if count == studies else f"{PARTS}/{count}"
        theirs.append(rate(tool, line, source, count))
        note = "" if count == studies else f", measured with {count} folders"
        report(name, theirs[-1], f"  neuroflow is {ours / theirs[-1]:.1f} x as fast{note}")
        ratio(what, f"`{name}`, {theirs[-1]:.1f} studies/s", ours / theirs[-1], rate=shown)
    if theirs:
        best = max(theirs)
        print(f"  neuroflow against the best of them: {ours / best:.1f} x")
        if line.of_best:
            ratio(what, "the best of them", ours / best, line.of_best, rate=shown)
    print()


def check_before_submit(line: Line, folders: int) -> None:
    """Measure a submission of one tiny study to an account with many results."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{uuid.UUID(int=1)}.zip"
        path.write_bytes(b"tiny")
        digest = hashlib.sha256(b"tiny").hexdigest()
        package = Package("C", path.stem, path, 4, digest, "source")
        with Ledger(Path(place) / "ledger.sqlite") as ledger:
            ledger.add_package(package)
            todo = plan([package], ledger, {})
            connect_again = opening(line, Path(place))
            start = time.perf_counter(), time.process_time()
            for _ in submit(todo, [package], connect_again, ledger):
                pass
            taken, busy = time.perf_counter() - start[0], time.process_time() - start[1]
            assert [row.state for row in ledger.rows()] == ["submitted"]
    what = f"submit one study, {folders:,} result folders on the server, {line.what}"
    print(f"{what}: {taken:.1f} s, of which processor {busy:.1f} s", flush=True)
    amount(what, taken, "s", MAX_CHECK_SECONDS)


def report(name: str, found: float, note: str = "") -> None:
    """Print one line."""
    print(f"  {name:<28} {found:7.1f} studies/s{note}", flush=True)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--part", type=int, default=40, help="folders for sftp on a long line")
    parser.add_argument("--folders", type=int, default=100_000, help="before a submission")
    parser.add_argument("--runs", type=int, default=2, help="of neuroflow; the best counts")
    arguments = parser.parse_args()
    if find_sshd() is None or shutil.which("ssh-keygen") is None:
        print("OpenSSH's sshd IS NOT INSTALLED: collecting is not measured")
        return
    studies, part = arguments.studies, min(arguments.part, arguments.studies)
    with tempfile.TemporaryDirectory() as place, Sshd(place) as server:
        write_results(server.home / "output", studies)
        write_results(server.home / PARTS / str(part), part)
        near = Line(server, server.port, "no delay, no limit", of_best=1.5)
        bench(near, studies, {}, arguments.runs)
        lines = (
            (0.05, None, 10.0),
            (0.0, GIGABIT, None),
            (0.05, GIGABIT, 10.0),
            (0.15, GIGABIT, 10.0),
        )
        for seconds, limit, of_best in lines:
            what = f"{seconds * 1e3:.0f} ms, {'1 Gbit/s' if limit else 'no limit'}"
            parts = {program: part for program, _ in TOOLS.values()} if seconds > 0.1 else {}
            with delay_line(server.port, seconds, limit) as port:
                line = Line(server, port, what, of_best)
                bench(line, studies, {"sftp": part, **parts} if seconds else {}, arguments.runs)
        shutil.rmtree(server.home / "output")
        for number in range(arguments.folders):
            (server.home / "output" / f"{uuid.UUID(int=number + 2)}_out").mkdir(parents=True)
        for seconds in (0.0, 0.05):
            what = f"{seconds * 1e3:.0f} ms"
            shutil.rmtree(server.home / "input", ignore_errors=True)
            with delay_line(server.port, seconds) as port:
                check_before_submit(Line(server, port, what), arguments.folders)


if __name__ == "__main__":
    main()
