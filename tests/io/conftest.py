import pytest


@pytest.fixture
def write(tmp_path):
    """Write a file of text or bytes; return its path."""

    def write(content, name="participants.tsv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
