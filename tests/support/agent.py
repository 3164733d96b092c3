"""An ssh-agent of a test's own."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def running_agent():
    """Run an ssh-agent; yield the path of its socket and a function that adds keys."""
    if not shutil.which("ssh-agent"):
        pytest.skip("no ssh-agent")
    # A path of a socket may have some hundred characters only.
    place = f"/tmp/neuroflow-agent-{os.getpid()}-{os.urandom(4).hex()}"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL)

    def add(*keys):
        environ = os.environ | {"SSH_AUTH_SOCK": place}
        for key in keys:
            subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True, env=environ)

    try:
        while not os.path.exists(place):  # noqa: PTH110
            assert process.poll() is None
        yield place, add
    finally:
        process.terminate()
        process.wait()
