from pathlib import Path

import pytest
from support.aidp_files import STEMS


class Folder:
    """A folder of results that a test fills."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name, content) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def study(self, study_id, value=0.2, place="", stems=STEMS):
        rows = "".join(f"{stem},{value},{1 - value}\n" for stem in stems)
        return self.put(f"{place}{study_id}_out/aidp.csv", f"region,FW,FA\n{rows}")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "output")
