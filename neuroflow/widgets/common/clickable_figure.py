"""A figure in which regions or studies can be selected."""

from __future__ import annotations

from dataclasses import dataclass

from traitlets import Bool, Bytes, Int, List, Unicode

from neuroflow.widgets.common.private import PUBLIC, Private, Scripted


@dataclass(frozen=True, slots=True)
class HitRegion:
    """A selectable area of a picture, in fractions of width and height from the top left."""

    key: str  # Selected by a click
    label: str  # Shown as text
    x: float  # Its upper left corner
    y: float
    width: float  # Its size
    height: float

    def as_list(self) -> list[str | float]:
        """Return the values as sent to the browser."""
        numbers = (round(n, 5) for n in (self.x, self.y, self.width, self.height))
        return [self.key, self.label, *numbers]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure."""

    png: bytes  # The picture
    alt: str  # Text alternative
    width: int  # On the screen, in CSS pixels
    hit_regions: tuple[HitRegion, ...] = ()  # Selectable areas


class ClickableFigure(Private, Scripted):
    """Show a picture; select areas of it by click, or by arrow keys and Enter."""

    public = PUBLIC | {"dark", "width", "hint"}
    script = "figure.js"
    png = Bytes().tag(sync=True)
    alt = Unicode().tag(sync=True)
    width = Int(400).tag(sync=True)
    hit_regions: List[list[str | float]] = List().tag(sync=True)
    hint = Unicode().tag(sync=True)
    selected = Unicode().tag(sync=True)
    dark = Bool(False).tag(sync=True)

    def show(self, picture: Picture) -> None:
        """Show another picture."""
        with self.hold_sync():
            self.alt, self.width = picture.alt, picture.width
            self.hit_regions = [area.as_list() for area in picture.hit_regions]
            self.png = picture.png
