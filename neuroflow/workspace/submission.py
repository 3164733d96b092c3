"""Studies packaged and planned one by one, while others are sent already."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, MutableMapping, Sequence

from neuroflow.models import Event, Package
from neuroflow.transfer import PackageStream, Planner


def supply(
    pieces: Iterable[Event | Package],
    study_ids: Sequence[str],
    planner: Planner,
    blocked: MutableMapping[str, str],
) -> PackageStream:
    """Hand on the packages that are to be sent, in the order of the cohort.

    They are made in any order; which of two studies that are one and the same is sent must not
    hang on that.
    """
    left = deque(study_ids)
    ready: dict[str, Package] = {}
    for piece in pieces:
        if isinstance(piece, Package):
            ready[piece.study_id] = piece
        else:
            if piece.status == "failed" and piece.study_id is not None:
                blocked[piece.study_id] = piece.message
            yield piece
        while left and (left[0] in ready or left[0] in blocked):
            package = ready.pop(left.popleft(), None)
            if package is not None and (item := planner.add(package)).is_to_do:
                yield item, package
