"""A client that goes away with answers due costs the notebook it runs in no line of red."""

import logging
import time

import paramiko
from paramiko.sftp import CMD_CLOSE

from neuroflow.demo.service.server import DemoService


def ask_and_hang_up(service):
    key = paramiko.Ed25519Key.from_private_key_file(str(service.key))
    with paramiko.Transport((service.host, service.port)) as transport:
        transport.connect(username=service.user, pkey=key)
        client = paramiko.SFTPClient.from_transport(transport)
        service._loop.call_soon_threadsafe(time.sleep, 0.3)  # it finds requests, and nobody there
        for _ in range(100):
            client._async_request(type(None), CMD_CLOSE, b"no such handle")
    while service._connections:
        time.sleep(0.01)


def test_answers_that_nobody_hears_are_not_logged(tmp_path, caplog):
    caplog.set_level(logging.WARNING, logger="asyncio")
    with DemoService(tmp_path) as service:
        ask_and_hang_up(service)
    assert caplog.messages == []


def test_what_else_asyncio_tells_is_logged(tmp_path, caplog):
    caplog.set_level(logging.WARNING, logger="asyncio")
    with DemoService(tmp_path) as service:
        warn = logging.getLogger("asyncio").warning
        service._loop.call_soon_threadsafe(warn, "something else")
    assert caplog.messages == ["something else"]


def test_a_service_that_stops_closes_what_was_being_uploaded(tmp_path):
    key_of = paramiko.Ed25519Key.from_private_key_file
    with DemoService(tmp_path) as service:
        (service.home / "input" / "C" / "input").mkdir(parents=True)
        transport = paramiko.Transport((service.host, service.port))
        transport.connect(username=service.user, pkey=key_of(str(service.key)))
        client = paramiko.SFTPClient.from_transport(transport)
        files = [client.open(f"input/C/input/{number}.zip", "wb") for number in range(20)]
        for file in files:
            file.write(b"the first half")
    assert list((tmp_path / "staging").iterdir()) == []
    transport.close()
