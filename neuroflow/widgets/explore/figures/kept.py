"""Pictures that were drawn, kept while they are those of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuroflow.widgets.common import Picture
from neuroflow.widgets.explore.figures.render import Look, picture_of
from neuroflow.widgets.explore.steps import Call

MOST_BYTES = 8_000_000
"""How many bytes of pictures are kept."""
AREA_BYTES = 250
"""About how many bytes of memory a selectable area takes."""


class KeptPictures:
    """The pictures of one answer, by step, look and style; the oldest are the first to go."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._scope: object = None
        self._pictures: dict[object, Picture] = {}

    @property
    def n_bytes(self) -> int:
        """About how many bytes of memory the pictures take."""
        return sum(map(_size, self._pictures.values()))

    def has(self, how: Call | str, scope: Mapping[str, Any], look: Look) -> bool:
        """Return whether a figure need not be drawn."""
        return isinstance(how, str) or (scope is self._scope and _key(how, look) in self._pictures)

    def picture(self, how: Call | str, scope: Mapping[str, Any], look: Look) -> Picture:
        """Return the picture of a figure, drawn if it is not kept; or the reason for none."""
        if isinstance(how, str):
            return Picture(b"", how, 0)
        if scope is not self._scope:  # another answer
            self._scope = scope
            self._pictures.clear()
        key = _key(how, look)
        picture = self._pictures.pop(key, None) or picture_of(how, scope, look)
        self._pictures[key] = picture  # the latest
        spare = self.n_bytes - self._most
        while spare > 0 and len(self._pictures) > 1:
            oldest = next(iter(self._pictures))
            spare -= _size(self._pictures.pop(oldest))
        return picture


def _key(how: Call, look: Look) -> object:
    """Return all that a picture depends on, beside the answer."""
    from neuroflow.plot import styled  # matplotlib takes half a second

    with styled(**look.style) as style:
        return how.code(), look.ratio, repr(style)


def _size(picture: Picture) -> int:
    return len(picture.png) + AREA_BYTES * len(picture.hit_regions)
