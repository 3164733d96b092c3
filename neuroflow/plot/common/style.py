"""How figures look: colours and markers of the groups, sizes, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, is_color_like

from neuroflow.errors import OptionError
from neuroflow.matrix import DIAGNOSES, diagnosis, group_order

SINGLE_COLUMN = 85.0
"""Width of a journal's column in mm."""
DOUBLE_COLUMN = 180.0
"""Width of a journal's page in mm."""
LEAST_WIDTH = 80.0
"""Narrowest figure in mm: in less, names leave no room for what is drawn."""
MM = 1 / 25.4

ThemeName = Literal["light", "dark"]

# Tol's "high contrast" triple, in grey 28, 47 and 72 % light, and a grey of 60 %; lightened on
# dark ground. The further colours are Okabe and Ito's that are not close to these.
_LIGHT = {"Control": "#8C8C8C", "PD": "#004488", "MSA": "#CC9A1F", "PSP": "#BB5566"}
_DARK = {"Control": "#E8E8E8", "PD": "#6699CC", "MSA": "#EECC66", "PSP": "#EE8899"}
_EXTRA_LIGHT = ("#009E73", "#882255", "#44AA99", "#8C510A", "#5D3A9B")
_EXTRA_DARK = ("#4FD0A5", "#DD77AA", "#88CCEE", "#D8B365", "#B39DDB")
_MARKERS = {"Control": "o", "PD": "s", "MSA": "^", "PSP": "D"}
_EXTRA_MARKERS = ("v", "P", "X", "<", ">")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of figures."""

    background: str  # The paper
    foreground: str  # Text and axes
    muted: str  # Notes, ticks and other secondary marks
    grid: str
    missing: str  # Cells without a value
    groups: Mapping[str, str]  # Of the diagnostic groups, by name
    extra_groups: Sequence[str]  # Of other groups, in turn
    diverging: Colormap  # Of numbers, from below zero to above

    @property
    def sequential(self) -> Colormap:
        """The colours above zero of `diverging`, for numbers without a sign."""
        upper = self.diverging(np.linspace(0.55, 1, 64))
        return LinearSegmentedColormap.from_list(f"{self.diverging.name}_up", list(upper))


THEMES: Mapping[str, Theme] = {
    "light": Theme(
        background="#FFFFFF",
        foreground="#1A1A1A",
        muted="#595959",
        grid="#DDDDDD",
        missing="#D9D9D9",
        groups=_LIGHT,
        extra_groups=_EXTRA_LIGHT,
        diverging=LinearSegmentedColormap.from_list(
            "neuroflow", ["#053061", "#4393C3", "#F7F7F7", "#D6604D", "#67001F"]
        ),
    ),
    "dark": Theme(
        background="#16181D",
        foreground="#F2F2F2",
        muted="#B5B8BF",
        grid="#3A3D45",
        missing="#4A4D55",
        groups=_DARK,
        extra_groups=_EXTRA_DARK,
        diverging=LinearSegmentedColormap.from_list(
            "neuroflow_dark", ["#A8D4FF", "#3F83C8", "#22252C", "#C2504A", "#FFC2B0"]
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How figures look; `style` and `styled` change it.

    Parameters
    ----------
    theme
        ``"light"`` or ``"dark"``.
    font_size
        Size of labels in points, at least 8; ticks and notes are one point smaller, but never
        below 8.
    colors
        Colours of groups by name, where they should differ from the theme's:
        ``{"PD": "#004488"}``.
    order
        Names of groups in the order in which figures show them; others follow.
    note
        A line below every figure, such as ``"Simulated data"``.
    footnotes
        False writes no notes below figures; `caption` returns them in any case.
    width
        Of new figures in mm, at least 80: 85 for a journal's column, 180 for its page; None takes
        what suits each figure.
    """

    theme: ThemeName = "light"
    font_size: float = 9.0
    colors: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()
    note: str = ""
    footnotes: bool = True
    width: float | None = None

    @property
    def small(self) -> float:
        """Size of ticks and notes in points."""
        return max(8.0, self.font_size - 1)

    @property
    def palette(self) -> Theme:
        """The colours of the theme."""
        return THEMES[self.theme]

    def rc(self) -> Any:
        """Return the matplotlib settings of this style.

        Returns
        -------
        dict
            From the names of matplotlib's settings to values, for `matplotlib.rc_context`.

        Examples
        --------
        >>> Style(font_size=10).rc()["axes.labelsize"]
        10
        """
        theme = self.palette
        return {
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same everywhere
            "font.size": self.font_size,
            "axes.labelsize": self.font_size,
            "axes.titlesize": self.font_size,
            "xtick.labelsize": self.small,
            "ytick.labelsize": self.small,
            "legend.fontsize": self.small,
            "legend.frameon": False,
            "legend.handletextpad": 0.4,
            "legend.columnspacing": 1.4,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.8,
            "axes.facecolor": theme.background,
            "axes.edgecolor": theme.foreground,
            "axes.labelcolor": theme.foreground,
            "axes.titlecolor": theme.foreground,
            "text.color": theme.foreground,
            "text.parse_math": False,  # a name with two dollars in it is no formula
            "xtick.color": theme.foreground,
            "ytick.color": theme.foreground,
            "figure.facecolor": theme.background,
            "savefig.facecolor": "auto",
            "grid.color": theme.grid,
            "grid.linewidth": 0.6,
            "hatch.linewidth": 0.6,
            "svg.fonttype": "none",  # text stays text, to be edited
            "svg.hashsalt": "neuroflow",  # the same figure is the same file
            "pdf.fonttype": 42,
            "ps.fonttype": 42,
            "axes.unicode_minus": True,
        }


_style_stack = [Style()]


def current_style() -> Style:
    """Return the style in force."""
    return _style_stack[-1]


def style(**changes: Any) -> Style:
    """Change how figures look from now on.

    Parameters
    ----------
    **changes
        Any of `theme`, `font_size`, `colors`, `order`, `note`, `footnotes`, `width`; see `Style`.
        A call without changes restores the defaults.

    Returns
    -------
    Style
        The style that is used from now on.

    Raises
    ------
    OptionError
        There is no such setting, theme or colour, the font is below 8 points, or the width below
        80 mm.

    Examples
    --------
    >>> style(theme="dark").theme
    'dark'
    >>> style().theme
    'light'
    """
    try:
        changed = replace(_style_stack[-1], **changes) if changes else Style()
    except TypeError as error:
        known = ", ".join(Style.__dataclass_fields__)
        raise OptionError(
            "There is no such setting of the style.", advice=f"Choose from {known}."
        ) from error
    if changed.theme not in THEMES:
        raise OptionError(
            f"There is no theme {changed.theme!r}.", advice=f"Choose from {', '.join(THEMES)}."
        )
    if bad := [color for color in changed.colors.values() if not is_color_like(color)]:
        raise OptionError(f"{bad[0]!r} is not a colour.", advice='Write it like "#004488".')
    if changed.font_size < 8:
        raise OptionError(
            f"{changed.font_size} pt is too small to read in print.", advice="Use 8 pt or more."
        )
    if changed.width is not None and not changed.width >= LEAST_WIDTH:
        raise OptionError(
            f"{changed.width} mm is too narrow for a figure and its names.",
            advice=f"Use {LEAST_WIDTH:g} mm or more.",
        )
    _style_stack[-1] = changed
    return changed


@contextmanager
def styled(**changes: Any) -> Iterator[Style]:
    """Change how figures look within a ``with`` block.

    Parameters
    ----------
    **changes
        As for `style`.

    Yields
    ------
    Style
        The style that is used in the block.

    Raises
    ------
    OptionError
        As `style` does.

    Examples
    --------
    >>> with styled(theme="dark", font_size=10) as changed:
    ...     changed.theme
    'dark'
    >>> current_style().theme
    'light'
    """
    _style_stack.append(_style_stack[-1])
    try:
        if changes:
            style(**changes)
        with mpl.rc_context(current_style().rc()):
            yield current_style()
    finally:
        _style_stack.pop()


def order_groups(groups: Sequence[str]) -> list[str]:
    """Put groups into the style's order, then the usual one."""
    usual = group_order(groups)
    return [name for name in current_style().order if name in usual] + [
        name for name in usual if name not in current_style().order
    ]


def group_styles(groups: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of every group.

    Examples
    --------
    >>> group_styles(["Control", "ET"])["Control"]
    ('#8C8C8C', 'o')
    """
    theme = current_style().palette
    overrides = current_style().colors
    others = [name for name in order_groups(groups) if diagnosis(name) not in DIAGNOSES]
    styles = {}
    for name in order_groups(groups):
        known = diagnosis(name)
        place = others.index(name) if name in others else 0
        color = theme.groups.get(known, theme.extra_groups[place % len(theme.extra_groups)])
        marker = _MARKERS.get(known, _EXTRA_MARKERS[place % len(_EXTRA_MARKERS)])
        styles[name] = (overrides.get(name, overrides.get(known, color)), marker)
    return styles
