"""What is compared with what: pairs, a reference, planned contrasts of pooled groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from neuroflow.errors import OptionError

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

    @property
    def sides(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """First and second."""
        return self.first, self.second

    @property
    def name(self) -> str:
        """As written in tables and figures: ``"MSA+PSP - PD"``."""
        return " - ".join("+".join(side) for side in self.sides if side)

    @property
    def groups(self) -> tuple[str, ...]:
        """Both sides."""
        return self.first + self.second


def make_contrasts(
    groups: Sequence[str],
    *,
    reference: str | None = None,
    planned: Iterable[str] | None = None,
) -> list[Contrast]:
    """Decide which contrasts to compute.

    Examples
    --------
    >>> [c.name for c in make_contrasts(["Control", "PD", "MSA"])]
    ['PD - Control', 'MSA - Control', 'MSA - PD']
    >>> [c.name for c in make_contrasts(["Control", "PD", "MSA"], planned=["PD + MSA - Control"])]
    ['PD+MSA - Control']
    """
    if planned is not None:
        if planned == "planned":
            planned = PLANNED
        texts = [planned] if isinstance(planned, str) else list(planned)
        return list(dict.fromkeys(_parse(text, groups) for text in texts))
    if reference is not None:
        check_groups([reference], groups)
        return [Contrast((name,), (reference,)) for name in groups if name != reference]
    return [Contrast((later,), (earlier,)) for earlier, later in combinations(groups, 2)]


def check_groups(wanted: Iterable[str], known: Sequence[str]) -> None:
    """Refuse groups that are not there."""
    if isinstance(wanted, str):
        raise OptionError("groups is one text.", advice=f'Write a list, as groups=["{wanted}"].')
    if missing := [name for name in wanted if name not in known]:
        raise OptionError(
            f"There is no group {', '.join(map(str, missing))}.",
            advice=f"The groups are {', '.join(known) or 'none'}.",
        )


def _parse(text: str, groups: Sequence[str]) -> Contrast:
    sides = str(text).split(" - ")
    if len(sides) != 2:
        raise OptionError(
            f"{text!r} is not a contrast.", advice='Write it like "MSA+PSP - PD", with spaces.'
        )
    first, second = (_side(side, groups) for side in sides)
    check_groups([*first, *second], groups)
    if set(first) & set(second):
        raise OptionError(f"{text!r} has a group on both sides.", advice="Name it once.")
    return Contrast(first, second)


def _side(text: str, groups: Sequence[str]) -> tuple[str, ...]:
    whole = text.strip()
    if whole in groups:  # a label may have a plus of its own
        return (whole,)
    return tuple(dict.fromkeys(part.strip() for part in whole.split("+")))
