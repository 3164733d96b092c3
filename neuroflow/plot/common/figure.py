"""New figures, their captions, and how they become files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import matplotlib.axes
import matplotlib.figure
import pandas as pd
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from neuroflow.errors import FolderError, OptionError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.io import atomic_write
from neuroflow.matrix import Cells, check_number, exclusion_note
from neuroflow.plot.common.style import DOUBLE_COLUMN, MM, current_style

Axes = matplotlib.axes.Axes

FORMATS = ("png", "svg", "pdf")
A4_HEIGHT = 297.0
_HAIR = 0.02  # inches
_SCALED = 1.05  # a figure this much too high fits a page without becoming unreadable
_captions: WeakKeyDictionary[Axes, str] = WeakKeyDictionary()


class Figure(matplotlib.figure.Figure):
    """A figure outside pyplot that saves with text as text, and shows itself in a notebook.

    Nothing is shown automatically: a notebook shows what the last line of a cell returns.
    """

    _only_laid_out = False
    usual_width: float | None = None
    """The width in mm that its height is made for; None where that is fixed."""

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Save as matplotlib does, with fonts embedded (PDF) or text kept as text (SVG)."""
        with mpl.rc_context(current_style().rc()):
            box = kwargs.get("bbox_inches") or mpl.rcParams["savefig.bbox"]
            # matplotlib draws a figure with a layout twice: first into nothing, to lay it out.
            self._only_laid_out = self.get_layout_engine() is not None and not box
            try:
                super().savefig(*args, **kwargs)
            finally:
                self._only_laid_out = False

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure, or only lay it out where nothing is kept of what is drawn."""
        engine = self.get_layout_engine()
        if self._only_laid_out and engine is not None:
            self._only_laid_out = False
            engine.execute(self)
        else:
            super().draw(renderer)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return the picture a notebook shows, at twice its size for sharp screens."""
        width, height = (int(96 * inches) for inches in self.get_size_inches())
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=192)
        return stream.getvalue(), {"width": width, "height": height}


class _NotebookAxes(matplotlib.axes.Axes):
    """Axes that a notebook shows as the figure they belong to."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        figure = self.figure
        return figure._repr_png_() if isinstance(figure, Figure) else None


def figure_of(ax: Axes) -> matplotlib.figure.Figure | None:
    """Return the whole figure of a panel, also where it is in a part of one."""
    figure = ax.figure  # matplotlib 3.9 has no get_figure(root=True)
    return figure.figure if isinstance(figure, matplotlib.figure.SubFigure) else figure


def text_width(text: str) -> float:
    """Return the width in points of the longest line of small text."""
    font = FontProperties(size=current_style().small)  # of the style's family
    return max(
        float(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0])
        for line in text.split("\n")
    )


def width_of(usual: float) -> float:
    """Return the width in mm of a new figure, which is usually so wide."""
    return float(current_style().width or usual)


def new_axes(width: float | None = None, height: float = 60.0) -> Axes:
    """Make a figure of one panel, known to no window or notebook."""
    usual = width or DOUBLE_COLUMN
    (ax,) = new_panels(1, height, width_of(usual))
    if isinstance(ax.figure, Figure):
        ax.figure.usual_width = usual
    return ax


def make_room(figure: matplotlib.figure.Figure, lines: Callable[[float], int]) -> None:
    """Make a figure higher for text that takes more lines than in its usual width.

    `lines` returns how many lines the text takes in a width in points.
    """
    if isinstance(figure, Figure) and figure.usual_width is not None:
        width = float(figure.get_size_inches()[0])
        add_lines(figure, lines(72 * width) - lines(72 * figure.usual_width * MM))


def add_lines(figure: matplotlib.figure.Figure, n: int) -> bool:
    """Make a figure higher by lines of small text; return whether its height may change."""
    if not isinstance(figure, Figure) or figure.usual_width is None:
        return False
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + max(n, 0) * 1.35 * current_style().small / 72)
    return True


def new_panels(n: int, height: float, width: float | None = None) -> list[Axes]:
    """Make a figure of panels side by side, known to no window or notebook."""
    size = ((width or DOUBLE_COLUMN) * MM, height * MM)
    figure = Figure(figsize=size, layout="constrained")
    figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02)
    return [figure.add_subplot(1, n, i + 1, axes_class=_NotebookAxes) for i in range(n)]


def set_caption(
    ax: Axes,
    caption: str,
    footnote: str = "",
    *,
    new_figure: bool = True,
    notes: Sequence[str] = (),
) -> None:
    """Set the caption of a panel, and a note at the foot of its figure."""
    note = current_style().note.rstrip(".")
    _captions[ax] = " ".join(part for part in (caption, *notes, f"{note}." if note else "") if part)
    figure = figure_of(ax)
    text = " ".join(part for part in (f"{note}." if note else "", footnote) if part)
    if figure is None or not new_figure or not text or not (current_style().footnotes or note):
        return
    words = text if current_style().footnotes else f"{note}."

    def wrapped(width: float) -> str:
        # A letter is about 0.6 of its size wide.
        letters = int(width / (current_style().small * 0.53))
        while text_width(lines := textwrap.fill(words, letters)) > 0.97 * width and letters > 12:
            letters -= 1
        return lines

    make_room(figure, lambda width: wrapped(width).count("\n"))
    figure.supxlabel(
        wrapped(figure.get_size_inches()[0] * 72),
        x=0.01,
        ha="left",
        fontsize=current_style().small,
        color=current_style().palette.muted,
        linespacing=1.25,
    )


def data_notes(data: Cells | pd.DataFrame | pd.Series) -> list[str]:
    """Return the sentences of a caption on the data: what was set aside, left out, or suspect."""
    if isinstance(data, Cells):
        return [note for note in (exclusion_note(data), *data.notes) if note]
    return list(map(str, data.attrs.get("data_notes", ())))


def caption(ax: Axes | matplotlib.figure.Figure) -> str:
    """Return the caption of a panel or figure: what it shows, model, n, correction.

    Parameters
    ----------
    ax
        The axes that a plot returned, or their figure.

    Returns
    -------
    str
        What is shown, the model, n and correction; empty for panels that neuroflow did not draw.

    Examples
    --------
    >>> import neuroflow as nf
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.50, 0.55]})
    >>> caption(nf.plot.ecdf(table, "SCP")).split(". ")[1]
    'Lines: proportion of studies at or below a value'
    """
    panels = ax.axes if isinstance(ax, matplotlib.figure.Figure) else [ax]
    return " ".join(_captions[panel] for panel in panels if panel in _captions)


def save_figure(
    figure: Axes | matplotlib.figure.Figure,
    path: str | Path,
    formats: Sequence[str] = ("png", "svg"),
    *,
    dpi: int = 300,
) -> list[Path]:
    """Save a figure in several formats.

    Parameters
    ----------
    figure
        The axes that a plot returned, or their figure.
    path
        Where to write, without the ending; a known ending is removed.
    formats
        Any of ``"png"``, ``"svg"`` and ``"pdf"``.
    dpi
        Resolution of PNG files, and of what is rasterised in the others, in dots per inch.

    Returns
    -------
    list of Path
        The files, written atomically, with the caption in their metadata.

    Warns
    -----
    ResultWarning
        The figure is taller than a page of A4 (297 mm): `neuroflow.plot.pages` cuts it. Or the
        width that `style` sets is too narrow for a text of the figure.

    Raises
    ------
    OptionError
        A format is unknown.
    FolderError
        The files cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> files = save_figure(ax, Path(tempfile.mkdtemp()) / "figure", ["png", "pdf"])
    >>> [file.name for file in files]
    ['figure.png', 'figure.pdf']
    """
    wanted = [formats] if isinstance(formats, str) else list(formats)
    if unknown := [name for name in wanted if name not in FORMATS]:
        raise OptionError(
            f"Figures cannot be saved as {', '.join(unknown)}.",
            advice=f"Choose from {', '.join(FORMATS)}.",
        )
    check_number("dpi", dpi)
    root = figure_of(figure) if isinstance(figure, matplotlib.axes.Axes) else figure
    if not isinstance(root, matplotlib.figure.Figure):
        raise OptionError("These axes belong to no figure.")
    _warn_if_cut(root)
    stem = Path(path)
    if stem.suffix[1:].lower() in FORMATS:
        stem = stem.with_suffix("")
    _warn_if_tall(root)
    files = []
    for name in wanted:
        file = stem.with_name(f"{stem.name}.{name}")
        facts = _metadata(name, caption(figure))
        with (
            atomic_write(file, error=FolderError, parents=True) as temporary,
            mpl.rc_context(current_style().rc()),
        ):
            root.savefig(temporary, format=name, dpi=dpi, metadata=facts)
        files.append(file)
    return files


def _warn_if_cut(figure: matplotlib.figure.Figure) -> None:
    """Warn of a text that the edge of the figure cuts, where its width was chosen."""
    usual = figure.usual_width if isinstance(figure, Figure) else None
    if usual is None or abs(figure.get_size_inches()[0] / MM - usual) < 0.5:
        return
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()  # inches
    if drawn.x0 < -_HAIR or drawn.x1 > figure.get_size_inches()[0] + _HAIR:
        warn_user(
            f"The figure is cut: {figure.get_size_inches()[0] / MM:.0f} mm are too narrow for "
            "its texts. Choose another width.",
            ResultWarning,
        )


def _warn_if_tall(figure: matplotlib.figure.Figure) -> None:
    """Warn of a figure that is taller than a page, and name what shortens it."""
    height = float(figure.get_size_inches()[1]) / MM
    if height <= _SCALED * A4_HEIGHT:
        return
    warn_user(
        Wording.sentences(
            f"The figure is {height:.0f} mm high, but a page of A4 only {A4_HEIGHT:.0f}.",
            Wording(
                "Cut it with plot.pages(..., columns=2), or draw fewer regions, such as "
                "top_regions(effects, 30).",
                cli="Cut it into pages with --columns 2, or draw fewer regions with --regions or, "
                "where effects are drawn, --top 30.",
                form="Choose fewer regions.",
            ),
        ),
        ResultWarning,
    )


def _metadata(kind: str, text: str) -> dict[str, Any]:
    """Return the metadata of a file of this kind; no date, so that files can be compared."""
    if kind == "png":
        return {"Software": "neuroflow", "Description": text}
    if kind == "svg":
        return {"Creator": "neuroflow", "Description": text, "Date": None}
    return {"Creator": "neuroflow", "Subject": text, "CreationDate": None}
