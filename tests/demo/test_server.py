"""The embedded service, over real connections."""

import gc
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import paramiko
import pytest
from support.demo_zips import nifti_zip, zipped
from support.waits import PATIENCE

from neuroflow.demo.service.engine import Subject
from neuroflow.demo.service.pipeline import FAILURE_FILES
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import DemoError
from neuroflow.models import RESULT_FILES


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoService]:
    with DemoService(tmp_path_factory.mktemp("service"), delay=0.0) as running:
        yield running


def connected(service: DemoService, user: str | None = None, key: Path | None = None):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect(
        service.host,
        service.port,
        user or service.user,
        key_filename=str(key or service.key),
        allow_agent=False,
        look_for_keys=False,
    )
    return client


@pytest.fixture
def sftp(service: DemoService) -> Iterator[paramiko.SFTPClient]:
    with connected(service) as client, client.open_sftp() as session:
        yield session


def make_inbox(sftp: paramiko.SFTPClient, cohort_id: str) -> str:
    sftp.mkdir(f"input/{cohort_id}")
    sftp.mkdir(f"input/{cohort_id}/input")
    return f"input/{cohort_id}/input"


def send(sftp: paramiko.SFTPClient, path: str, data: bytes) -> None:
    with sftp.open(path, "wb") as file:
        file.write(data)


def results(service: DemoService, study_id: str) -> dict[str, bytes]:
    assert service.wait_until_idle(20)
    folder = service.home / "output" / f"{study_id}_out"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_home_holds_input_and_output(sftp: paramiko.SFTPClient) -> None:
    assert sorted(sftp.listdir(".")) == ["input", "output"]
    assert sftp.normalize(".") == "/"
    assert sorted(sftp.listdir("/../..")) == ["input", "output"]


def test_an_upload_is_processed_once_it_is_closed(
    service: DemoService, sftp: paramiko.SFTPClient
) -> None:
    inbox = make_inbox(sftp, "closed")
    file = sftp.open(f"{inbox}/c1.zip", "wb")
    file.write(nifti_zip())
    assert "c1.zip" not in sftp.listdir(inbox)
    assert "c1" not in service.processed
    file.close()
    found = results(service, "c1")
    assert set(found) == set(RESULT_FILES)
    assert found["prediction.png"].startswith(b"\x89PNG")
    assert b"SIMULATED" in found["prediction.txt"]
    assert b"SIMULATED" in found["aidp.csv"]
    _, header, row = found["aidp.csv"].decode().splitlines()  # one row for the study
    assert len(row.split(",")) == len(header.split(",")) == 1 + 2 * 66
    assert service.processed.count("c1") == 1


def test_a_study_sent_twice_is_processed_twice(
    service: DemoService, sftp: paramiko.SFTPClient
) -> None:
    inbox = make_inbox(sftp, "twice")
    for _ in range(2):
        send(sftp, f"{inbox}/t1.zip", nifti_zip())
    results(service, "t1")
    assert service.processed.count("t1") == 2


def test_only_zips_in_an_inbox_are_processed(
    service: DemoService, sftp: paramiko.SFTPClient
) -> None:
    inbox = make_inbox(sftp, "elsewhere")
    send(sftp, "input/e1.zip", nifti_zip())
    send(sftp, f"{inbox}/e1.txt", nifti_zip())
    assert service.wait_until_idle(20)
    assert "e1" not in service.processed


def test_a_renamed_upload_is_processed_under_both_names(
    service: DemoService, sftp: paramiko.SFTPClient
) -> None:
    inbox = make_inbox(sftp, "renamed")
    send(sftp, f"{inbox}/r1.part", nifti_zip())
    sftp.rename(f"{inbox}/r1.part", f"{inbox}/r1.zip")
    assert set(results(service, "r1")) == set(RESULT_FILES)


@pytest.mark.parametrize(
    ("study_id", "data"),
    [("f1", b"no zip"), ("f2", zipped({})), ("f3", nifti_zip()[:100])],
    ids=["no zip", "an empty one", "a cut one"],  # a zip knows the time: its bytes are no name
)
def test_a_bad_zip_ends_in_a_failure_report(
    service: DemoService, sftp: paramiko.SFTPClient, study_id: str, data: bytes
) -> None:
    inbox = make_inbox(sftp, f"bad-{study_id}")
    send(sftp, f"{inbox}/{study_id}.zip", data)
    found = results(service, study_id)
    assert set(found) == set(FAILURE_FILES)
    assert b"Failure Report" in found["failure_report.txt"]


def test_the_last_zip_of_a_study_decides_about_its_results(
    service: DemoService, sftp: paramiko.SFTPClient
) -> None:
    inbox = make_inbox(sftp, "again")
    for data, expected in (
        (b"bad", FAILURE_FILES),
        (nifti_zip(), RESULT_FILES),
        (b"bad", FAILURE_FILES),
    ):
        send(sftp, f"{inbox}/a1.zip", data)
        assert set(results(service, "a1")) == set(expected)


def test_a_dropped_connection_publishes_what_had_arrived(service: DemoService) -> None:
    client = connected(service)
    sftp = client.open_sftp()
    inbox = make_inbox(sftp, "dropped")
    file = sftp.open(f"{inbox}/d1.zip", "wb")
    file.write(nifti_zip()[:200])
    client.get_transport().sock.close()
    path = service.home / inbox / "d1.zip"
    deadline = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.stat().st_size == 200
    assert b"Failure Report" in results(service, "d1")["failure_report.txt"]


def refused(sftp: paramiko.SFTPClient, inbox: str, what: str) -> None:
    path, other = f"{inbox}/x.txt", f"{inbox}/y.txt"
    match what:
        case "chmod":
            sftp.chmod(path, 0o600)
        case "utime":
            sftp.utime(path, (0, 0))
        case "truncate":
            sftp.truncate(path, 1)
        case "append":
            sftp.open(path, "ab")
        case "read and write":
            sftp.open(path, "r+b")
        case "chmod of an open file":
            with sftp.open(other, "wb") as file:
                file.chmod(0o600)
        case "stat of a file being written":
            with sftp.open(other, "wb") as file:
                file.stat()
        case "symlink":
            sftp.symlink(path, other)
        case "readlink":
            sftp.readlink(path)
        case "rename of a folder":
            sftp.rename(inbox, f"{inbox}2")
        case "rename onto a file":
            send(sftp, other, b"y")
            sftp.rename(path, other)
        case "posix rename onto a file":
            send(sftp, other, b"y")
            sftp.posix_rename(path, other)
        case "rmdir of input":
            sftp.rmdir("input")
        case "upload into no folder":
            sftp.open("input/nowhere/x.zip", "wb")


@pytest.mark.parametrize(
    "what",
    [
        "chmod",
        "utime",
        "truncate",
        "append",
        "read and write",
        "chmod of an open file",
        "stat of a file being written",
        "symlink",
        "readlink",
        "rename of a folder",
        "rename onto a file",
        "posix rename onto a file",
        "rmdir of input",
        "upload into no folder",
    ],
)
def test_what_an_object_store_cannot_do_is_refused(
    service: DemoService, sftp: paramiko.SFTPClient, what: str
) -> None:
    inbox = make_inbox(sftp, f"refused {what}")
    send(sftp, f"{inbox}/x.txt", b"before")
    with pytest.raises(OSError, match=r"support|mode|exists|stays|No such"):
        refused(sftp, inbox, what)
    assert (service.home / inbox / "x.txt").read_bytes() == b"before"


def test_writing_at_an_offset_is_refused_and_publishes_nothing(
    service: DemoService, sftp: paramiko.SFTPClient
) -> None:
    inbox = make_inbox(sftp, "offset")
    file = sftp.open(f"{inbox}/o1.zip", "wb")
    file.seek(100)
    with pytest.raises(OSError, match="random access"):
        file.write(b"x")
    file.close()
    assert sftp.listdir(inbox) == []


def test_another_user_and_another_key_are_refused(service: DemoService, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(stranger)
    with pytest.raises(paramiko.AuthenticationException):
        connected(service, user="somebody")
    with pytest.raises(paramiko.AuthenticationException):
        connected(service, key=stranger)


def test_passwords_are_not_even_asked_for(service: DemoService) -> None:
    with paramiko.Transport((service.host, service.port)) as transport:
        transport.start_client(timeout=PATIENCE)
        with pytest.raises(paramiko.BadAuthenticationType) as caught:
            transport.auth_password(service.user, "secret")
    assert caught.value.allowed_types == ["publickey"]


def test_a_connection_holds_at_most_ten_open_sessions(service: DemoService) -> None:
    with connected(service) as client:
        sessions = [client.open_sftp() for _ in range(10)]
        with pytest.raises((paramiko.SSHException, EOFError, OSError)):
            client.open_sftp()
        assert sessions[0].listdir(".")
        sessions[0].close()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                assert client.open_sftp().listdir(".")
                break
            except (paramiko.SSHException, EOFError, OSError):
                time.sleep(0.05)
        else:
            pytest.fail("no room was made")


@pytest.mark.parametrize("path", ["../../etc", "input/../../..", "/../root"])
def test_nothing_outside_the_home_is_shown(sftp: paramiko.SFTPClient, path: str) -> None:
    assert sftp.normalize(path).count("..") == 0
    with pytest.raises(FileNotFoundError):
        sftp.stat(path + "/passwd")


def test_there_is_no_shell(service: DemoService) -> None:
    with connected(service) as client, pytest.raises(paramiko.SSHException):
        client.exec_command("ls")


def test_the_service_names_itself_as_the_vendors_does(service: DemoService) -> None:
    with socket.create_connection((service.host, service.port), timeout=PATIENCE) as plain:
        assert plain.recv(100).startswith(b"SSH-2.0-AWS_SFTP_1.")


def test_the_fingerprint_is_the_one_a_client_sees(service: DemoService) -> None:
    with connected(service) as client:
        key = client.get_transport().get_remote_server_key()
    assert key.fingerprint == service.fingerprint


@pytest.mark.skipif(sys.platform == "win32", reason="modes have no meaning on Windows")
def test_keys_are_for_their_owner_alone(service: DemoService) -> None:
    for path in (service.key, service.root / "host_ed25519"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_profile_leads_to_the_service(service: DemoService) -> None:
    profile = service.profile
    assert (profile.host, profile.port, profile.user) == ("127.0.0.1", service.port, service.user)
    assert profile.key == service.key


def test_truth_decides_whose_values_come_back(tmp_path: Path) -> None:
    def sent(truth) -> bytes:
        root = tmp_path / str(truth is None)
        with DemoService(root, delay=0.0, truth=truth) as service:
            deliver(service, "u1")
            return results(service, "u1")["aidp.csv"]

    subject = Subject("01", "PSP", 70.0, "M")
    assert sent(lambda study_id: subject if study_id == "u1" else None) != sent(None)


def deliver(service: DemoService, study_id: str, data: bytes | None = None) -> None:
    with connected(service) as client, client.open_sftp() as sftp:
        if "c" not in sftp.listdir("input"):
            make_inbox(sftp, "c")
        send(sftp, f"input/c/input/{study_id}.zip", data or nifti_zip())


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0), (1.0, 8), (0.5, 4)])
def test_some_studies_fail_as_asked(tmp_path: Path, rate: float, expected: int) -> None:
    with DemoService(tmp_path, delay=0.0, failure_rate=rate) as service:
        for number in range(8):
            deliver(service, f"s{number}")
        failed = ["aidp.csv" not in results(service, f"s{number}") for number in range(8)]
    assert sum(failed) == expected


def test_an_upload_may_be_moved_away_at_once(tmp_path: Path) -> None:
    with DemoService(tmp_path, delay=0.0, takes_uploads=True) as service:
        deliver(service, "m1")
        assert list(service.home.glob("input/c/input/*")) == []
        assert set(results(service, "m1")) == set(RESULT_FILES)


def test_processing_waits_for_the_delay(tmp_path: Path) -> None:
    with DemoService(tmp_path, delay=30.0) as service:
        deliver(service, "w1")
        assert not service.wait_until_idle(0.1)
        assert service.processed == []


def test_latency_slows_every_answer(tmp_path: Path) -> None:
    with DemoService(tmp_path, latency=0.05) as service, connected(service) as client:
        sftp = client.open_sftp()
        begin = time.monotonic()
        for _ in range(4):
            sftp.stat("input")
        assert time.monotonic() - begin >= 0.2


def test_a_stopped_service_goes_on_where_it_was(tmp_path: Path) -> None:
    with DemoService(tmp_path, delay=30.0) as service:
        deliver(service, "p1")
        first = (service.fingerprint, service.key.read_bytes())
    with DemoService(tmp_path, delay=0.0) as service:
        assert (service.fingerprint, service.key.read_bytes()) == first
        assert set(results(service, "p1")) == set(RESULT_FILES)
    with DemoService(tmp_path, delay=0.0) as service:
        assert service.wait_until_idle(5)
        assert service.processed == []


def test_stopping_ends_open_sessions(tmp_path: Path) -> None:
    service = DemoService(tmp_path).start()
    client = connected(service)
    sftp = client.open_sftp()
    service.stop()
    service.stop()
    with pytest.raises((OSError, EOFError)):
        sftp.listdir(".")
    client.close()


def test_a_port_in_use_is_said(service: DemoService, tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=f"Port {service.port} .* is in use"):
        DemoService(tmp_path, port=service.port).start()


@pytest.mark.parametrize(
    "settings", [{"delay": -1.0}, {"latency": -1.0}, {"failure_rate": 2.0}, {"layout": "round"}]
)
def test_settings_out_of_range_are_refused(tmp_path: Path, settings: dict) -> None:
    with pytest.raises(DemoError):
        DemoService(tmp_path, **settings)


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match="cannot use"):
        DemoService(tmp_path / "file")


@pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's sftp is not installed")
def test_openssh_lists_puts_and_gets(tmp_path: Path) -> None:
    with DemoService(tmp_path / "service", delay=0.0) as service:
        (tmp_path / "o1.zip").write_bytes(nifti_zip())
        sent = batch(
            service,
            tmp_path,
            "mkdir input/c",
            "mkdir input/c/input",
            f"put {tmp_path / 'o1.zip'} input/c/input/o1.zip",
            "ls -l input/c/input",
        )
        assert "o1.zip" in sent
        assert service.wait_until_idle(20)
        listed = batch(
            service,
            tmp_path,
            "ls output",
            f"get -r output/o1_out {tmp_path}/",
        )
        assert "o1_out" in listed
        fetched = tmp_path / "o1_out" / "aidp.csv"
        assert fetched.read_bytes() == results(service, "o1")["aidp.csv"]


def batch(service: DemoService, folder: Path, *commands: str) -> str:
    script = folder / "batch"
    script.write_text("\n".join(commands) + "\n")
    options = {
        "IdentityFile": service.key,
        "IdentitiesOnly": "yes",
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": folder / "known",
        "BatchMode": "yes",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    address = f"{service.user}@{service.host}"
    done = subprocess.run(
        ["sftp", "-F", "none", "-b", script, "-P", str(service.port), *flags, address],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whoever_comes_as_the_service_stops_is_hung_up_on(tmp_path):
    service = DemoService(tmp_path)
    for _ in range(10):
        service.start()
        came = [socket.create_connection((service.host, service.port)) for _ in range(3)]
        service.stop()
        for each in came:
            each.close()
        gc.collect()  # an open socket would be told, and fail the test


def test_each_folder_of_a_service_has_its_own_user(tmp_path):
    first, second = (DemoService(tmp_path / name) for name in ("a", "b"))
    assert first.user != second.user
    assert DemoService(tmp_path / "a").user == first.user
