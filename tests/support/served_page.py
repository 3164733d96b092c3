"""The page without code, served by this process for a test."""

import re
import threading
from contextlib import contextmanager

from support.waits import PATIENCE

from neuroflow.widgets.voila import serve_page


@contextmanager
def served(folder, **options):
    """Serve the page of a workspace; yield its address once it is told to the user."""
    said, told, stop = [], threading.Event(), threading.Event()

    def report(text):
        said.append(text)
        told.set()

    def work():
        try:
            serve_page(folder, report=report, stop=stop, **options)
        finally:
            told.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert told.wait(PATIENCE)
        yield re.search(r"http://\S+", said[0]).group()
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()
