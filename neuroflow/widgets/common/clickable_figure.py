"""A figure in which regions or studies can be selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from traitlets import Bool, Bytes, Int, List, Unicode, observe

from neuroflow.widgets.common.one_loop import call_soon
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

    def as_list(self, code: int) -> list[str | float]:
        """Return the values as sent to the browser, where a code stands for the key."""
        numbers = (round(n, 5) for n in (self.x, self.y, self.width, self.height))
        return [code, self.label, *numbers]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure."""

    png: bytes  # The picture
    alt: str  # Text alternative
    width: int  # On the screen, in CSS pixels
    hit_regions: tuple[HitRegion, ...] = ()  # Selectable areas


class ClickableFigure(Private, Scripted):
    """Show a picture; select areas of it by click, or by arrow keys and Enter."""

    public = PUBLIC | {"width", "hint"}
    script = "figure.js"
    png = Bytes().tag(sync=True)
    alt = Unicode().tag(sync=True)
    width = Int(400).tag(sync=True)
    hit_regions: List[list[str | float]] = List().tag(sync=True)
    placed = Bool(True).tag(sync=True)  # the areas are those of the picture
    hint = Unicode().tag(sync=True)
    chosen = Int(-1).tag(sync=True)  # the code of what is selected
    selected = Unicode()

    def __init__(self, **options: Any) -> None:
        self._codes: dict[str, int] = {}  # of each key, and the same in every picture
        self._areas: tuple[HitRegion, ...] = ()  # of the picture that is shown
        super().__init__(**options)

    def show(self, picture: Picture) -> None:
        """Show another picture; the areas, which are more to send, follow."""
        self._areas = picture.hit_regions
        with self.hold_sync():
            self.alt, self.width = picture.alt, picture.width
            self.placed = False
            self.png = picture.png
        call_soon(self._place)

    def _place(self) -> None:
        codes = self._codes
        with self.hold_sync():
            self.hit_regions = [
                area.as_list(codes.setdefault(area.key, len(codes))) for area in self._areas
            ]
            self.chosen = codes.get(self.selected, -1)
            self.placed = True

    @observe("selected")
    def _on_selected(self, _change: object) -> None:
        self.chosen = self._codes.get(self.selected, -1)

    @observe("chosen")
    def _on_chosen(self, change: Any) -> None:
        if 0 <= change.new < len(self._codes):
            self.selected = list(self._codes)[change.new]
