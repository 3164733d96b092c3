"""Files that only their owner may read."""

from __future__ import annotations

from pathlib import Path

from neuroflow.io.atomic import whole

OWNER_ONLY = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody but its owner may read, all of it or nothing.

    On Windows the folder's own permissions govern; the mode is set where it has a meaning.

    Parameters
    ----------
    path
        The file; replaced as a whole where it exists.
    data
        Its content.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_private(Path(folder) / "salt", b"x")
    ...     (Path(folder) / "salt").read_bytes()
    b'x'
    """
    with whole(path, mode=OWNER_ONLY) as temporary:
        temporary.write_bytes(data)
