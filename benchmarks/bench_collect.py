"""Collecting result folders over SFTP, beside the tools a researcher would take.

Run with ``python benchmarks/bench_collect.py``. The server is OpenSSH's sshd on this machine; the
round trip is made longer by `delay_line`. Where a tool is slow, it fetches a part of the folders,
and the line says so. Tools that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from delay_line import delay_line
from report import ratio

from neuroflow.ledger.ledger import Ledger
from neuroflow.transfer.collect.collect import collect
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.known_hosts import HostKeys, fetch_host_key

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.sshd import Sshd, find_sshd

SIZES = {"prediction.png": 60_000, "prediction.txt": 1_000, "aidp.csv": 6_000}
PARTS = "parts"


@dataclass(frozen=True)
class Line:
    """How a tool reaches the server."""

    server: Sshd
    port: int
    what: str

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


def with_neuroflow(line: Line, _source: str, target: Path) -> None:
    """Collect as `Workspace.collect` does: all there is."""
    profile = line.server.profile.__class__(
        host=line.server.host, port=line.port, user=line.server.user, key=line.server.key
    )
    known = HostKeys(target / "known_hosts")
    known.trust(profile.host, profile.port, fetch_host_key(profile.host, profile.port))
    with Ledger(target / "ledger.sqlite") as ledger:
        for event in collect(lambda: connect(profile, hostkeys=known), ledger, target / "results"):
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
    ours = max(rate(with_neuroflow, line, "output", studies) for _ in range(runs))
    report(OURS, ours)
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
        ratio(f"{studies} result folders, {line.what}", f"`{name}`", ours / theirs[-1])
    if theirs:
        print(f"  neuroflow against the best of them: {ours / max(theirs):.1f} x")
    print()


def report(name: str, found: float, note: str = "") -> None:
    """Print one line."""
    print(f"  {name:<28} {found:7.1f} studies/s{note}", flush=True)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--part", type=int, default=40, help="folders for sftp on the long line")
    parser.add_argument("--round-trip", type=float, default=0.05, help="seconds")
    parser.add_argument("--runs", type=int, default=2, help="of neuroflow; the best counts")
    arguments = parser.parse_args()
    if find_sshd() is None or shutil.which("ssh-keygen") is None:
        print("OpenSSH's sshd IS NOT INSTALLED: collecting is not measured")
        return
    part = min(arguments.part, arguments.studies)
    with tempfile.TemporaryDirectory() as place, Sshd(place) as server:
        write_results(server.home / "output", arguments.studies)
        write_results(server.home / PARTS / str(part), part)
        print(f"{arguments.studies} result folders, OpenSSH's sshd on this machine")
        bench(Line(server, server.port, "no delay"), arguments.studies, {}, arguments.runs)
        print(f"the same over {arguments.round_trip * 1e3:.0f} ms of round trip")
        with delay_line(server.port, arguments.round_trip) as port:
            bench(
                Line(server, port, f"{arguments.round_trip * 1e3:.0f} ms of round trip"),
                arguments.studies,
                {"sftp": part},
                arguments.runs,
            )


if __name__ == "__main__":
    main()
