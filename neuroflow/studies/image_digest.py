"""The digest of a scan: of the images that are sent, and of nothing else.

It identifies a scan wherever its files are and however they are called, compressed or sorted.
Ids of studies are derived from it, so **no change may alter what an existing version returns**:
another definition is a new version. A workspace computes it once and keeps it with its version.

Version 1:

- DICOM: the set of SOP Instance UIDs of the diffusion series. Where they are missing, or stand for
  different images, the set of the images' pixels.
- NIfTI: shape, type and values of the image without its header, and its gradients.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from typing import IO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import RLELossless

from neuroflow.errors import NeuroflowError, StudyError
from neuroflow.events import Reporter
from neuroflow.models import OnEvent, Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.archive import READ_ERRORS as STREAM_ERRORS
from neuroflow.studies.archive import Member, shared_archives
from neuroflow.studies.dicom import READ_ERRORS
from neuroflow.studies.members import StudyMembers, study_members
from neuroflow.studies.nifti import open_uncompressed, read_gradients, read_header
from neuroflow.studies.parallel import map_chunks
from neuroflow.studies.protocol import read_acquisition

VERSION = 1
_BLOCK = 3 << 20  # a multiple of every length of a voxel
_MB_PER_COST = 1e6  # reading a megabyte takes about as long as reading a header


def image_digest(study: Study) -> str:
    """Digest the images of a study: its version, a colon, and a SHA-256."""
    with shared_archives():
        members = study_members(study)
        facts = read_acquisition(study)
        if facts.completeness.unreadable_files:
            # A digest of the other files would be that of another scan.
            raise StudyError(
                "Some of the study's files are damaged or truncated.",
                advice="Copy or export the study again.",
            )
        digest = _of_dicom(facts) if members.kind is StudyKind.DICOM else _of_nifti(members)
    return f"{VERSION}:{digest}"


def image_digests(
    studies: Sequence[Study],
    *,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
) -> list[str]:
    """Digest many studies; an empty text stands for one that cannot be read."""
    digests = [""] * len(studies)
    reporter = Reporter("identify", len(studies), on_event)
    cost = max(map(_cost, studies), default=1)
    for start, found in map_chunks(_digest_chunk, studies, executor=executor, cost=cost):
        digests[start : start + len(found)] = found
        reporter.step(len(found))
    return digests


def _cost(study: Study) -> int:
    try:
        size = sum(path.stat().st_size for path in study.files)
    except OSError:
        size = 0
    return max(len(study.files), int(size / _MB_PER_COST), 1)


def _digest_chunk(studies: Sequence[Study]) -> list[str]:
    digests = []
    for study in studies:
        try:
            digests.append(image_digest(study))
        except (NeuroflowError, *READ_ERRORS, *STREAM_ERRORS):
            digests.append("")  # the check of the study states why
    return digests


def _of_dicom(facts: Acquisition) -> str:
    if "" in facts.sop_uids or _stand_for_several(facts):
        return _of_set("pixels", map(_pixels, facts.images))
    return _of_set("dicom", facts.sop_uids)


def _stand_for_several(facts: Acquisition) -> bool:
    """Check whether a SOP Instance UID stands for different images, rather than for copies."""
    counts = Counter(facts.sop_uids)
    repeated: dict[str, set[str]] = {}
    for uid, member in zip(facts.sop_uids, facts.images, strict=True):
        if counts[uid] > 1:
            repeated.setdefault(uid, set()).add(_pixels(member))
    return any(len(pixels) > 1 for pixels in repeated.values())


def _of_set(kind: str, words: Iterable[str]) -> str:
    text = "\n".join([f"{kind} {VERSION}", *sorted(set(words))])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _pixels(member: Member) -> str:
    """Digest the pixels of a file, whatever their encoding; what nobody can decode, as stored."""
    with member.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values that violate the standard
        dataset = dcmread(stream, force=True)
        digest = hashlib.sha256()
        digest.update(_decoded(dataset) or bytes(dataset.get("PixelData") or b""))
    return digest.hexdigest()


def _decoded(dataset: FileDataset) -> bytes | None:
    """Decode pixels that pydicom decodes without any other package, on every computer alike."""
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or (
        syntax.is_compressed and syntax.is_encapsulated and syntax != RLELossless
    ):
        return None
    try:
        pixels = dataset.pixel_array
    except (*READ_ERRORS, RuntimeError):
        return None
    return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"))).tobytes()


def _of_nifti(members: StudyMembers) -> str:
    image = members.images[0]
    header = read_header(image).fields
    shape = [int(n) for n in header.get_data_shape()]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    digest = hashlib.sha256(f"nifti {VERSION}\n{shape} {int(header['datatype'])}\n".encode())
    for block in _voxels(image):
        digest.update(block)
    if members.bval is not None and members.bvec is not None:
        b_values, vectors = read_gradients(members.bval, members.bvec)
        for numbers, digits in ((b_values, 3), (vectors.ravel(), 5)):
            digest.update(_written(numbers, digits))
    return digest.hexdigest()


def _voxels(image: Member) -> Iterator[bytes]:
    """Yield the values of an image, low byte first."""
    stored = read_header(image)
    kind = stored.fields.get_data_dtype()
    low_first = kind.newbyteorder("<")
    skip = int(stored.fields["vox_offset"])
    with open_uncompressed(image) as stream:
        for _ in _blocks(stream, skip):
            pass
        for block in _blocks(stream, stored.data_bytes - skip):
            is_swapped = low_first != kind
            yield np.frombuffer(block, kind).astype(low_first).tobytes() if is_swapped else block


def _blocks(stream: IO[bytes], length: int) -> Iterator[bytes]:
    while length:
        block = stream.read(min(length, _BLOCK))
        if not block:
            raise EOFError("the image ends before its last volume")
        length -= len(block)
        yield block


def _written(numbers: np.ndarray, digits: int) -> bytes:
    """Write numbers in one way only, without the noise of their last digits."""
    rounded = np.round(numbers, digits) + 0.0  # no negative zero
    return ("\n" + " ".join(f"{x:.{digits}f}" for x in rounded)).encode("ascii")
