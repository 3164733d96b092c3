"""What is compared with what: pairs, a reference, planned contrasts of pooled groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from neuroflow.errors import OptionError
from neuroflow.matrix import as_list, diagnosis, match_labels, resolve_reference

PLANNED = ("PD+MSA+PSP - Control", "MSA+PSP - PD", "MSA - PD+PSP", "PSP - PD+MSA", "PSP - MSA")
"""The comparisons published for free water in parkinsonism.

References: Archer DB et al. (2019), Lancet Digital Health 1:e222-e231.
"""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One comparison: the mean of `first` minus the mean of `second`."""

    # Group labels; several are pooled. Without `second` the mean of `first` itself.
    first: tuple[str, ...]
    second: tuple[str, ...]
    column: int = 0  # Of the covariate whose slopes are compared, where it has several
    of: str = ""  # Which difference of its categories that column is, where it has several

    @property
    def sides(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """First and second."""
        return self.first, self.second

    @property
    def name(self) -> str:
        """As written in tables and figures: ``"MSA+PSP - PD"``."""
        names = " - ".join("+".join(side) for side in self.sides if side)
        return f"{names} ({self.of})" if self.of else names

    @property
    def groups(self) -> tuple[str, ...]:
        """Both sides."""
        return self.first + self.second


def make_contrasts(
    groups: Sequence[str],
    *,
    reference: str | None = None,
    planned: str | Sequence[str] | None = None,
) -> list[Contrast]:
    """Return the planned contrasts, else all groups against the reference, else all pairs.

    >>> [c.name for c in make_contrasts(["Control", "PD", "MSA"])]
    ['PD - Control', 'MSA - Control', 'MSA - PD']
    """
    if planned is not None:
        if planned == "planned":
            own = {diagnosis(name): name for name in reversed(groups)}
            return [_parse(text, groups, own) for text in PLANNED]
        return list(dict.fromkeys(_parse(text, groups) for text in as_list("contrasts", planned)))
    if (against := resolve_reference(reference, groups)) is not None:
        return [Contrast((name,), (against,)) for name in groups if name != against]
    return [Contrast((later,), (earlier,)) for earlier, later in combinations(groups, 2)]


def _parse(text: str, groups: Sequence[str], own: Mapping[str, str] | None = None) -> Contrast:
    """Read a contrast; `own` holds the table's labels of the diagnostic groups."""
    sides = text.split(" - ")
    if len(sides) != 2:
        raise OptionError(
            f"{text!r} is not a contrast.", advice='Write it like "MSA+PSP - PD", with spaces.'
        )
    first, second = (_side(side, groups, own or {}) for side in sides)
    if set(first) & set(second):
        raise OptionError(
            f"The contrast {text!r} has a group on both sides.", advice="Name each group once."
        )
    return Contrast(first, second)


def _side(text: str, groups: Sequence[str], own: Mapping[str, str]) -> tuple[str, ...]:
    whole = text.strip()
    if whole in groups:  # a label may have a plus of its own
        return (whole,)
    parts = [part.strip() for part in whole.split("+")]
    named = [part if part in groups else own.get(part, part) for part in parts]
    return tuple(dict.fromkeys(match_labels("group", named, groups)))
