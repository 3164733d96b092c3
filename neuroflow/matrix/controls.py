"""Names of groups: the diagnoses, the many names of a control group, and slips in writing them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from neuroflow.errors import OptionError

DIAGNOSES = ("Control", "PD", "MSA", "PSP")
"""The order of the diagnostic groups, the same in every table and figure."""

CONTROL_ALIASES = frozenset(
    {
        *("control", "controls", "control group", "con", "cont", "ctl", "ctr", "ctrl", "ctrls"),
        *("hc", "hcs", "hv", "hvs", "nc", "ncs", "cn", "normal", "normals"),
        *("healthy", "healthy control", "healthy controls", "healthy volunteer"),
        *("healthy volunteers", "healthy subject", "healthy subjects", "healthy participants"),
        *("normal control", "normal controls", "cognitively normal", "unaffected"),
        *("kontrolle", "kontrollen", "kontrollgruppe", "gesund", "gesunde"),
    }
)
"""The names of a control group, in lower case and with single blanks."""

_DIAGNOSIS_ALIASES = {"msap": "MSA", "msa p": "MSA"} | {name.casefold(): name for name in DIAGNOSES}


def fold_label(label: str) -> str:
    """Return a label without its case, and with a run of blanks, ``_`` and ``-`` as one blank.

    >>> fold_label(" Healthy_Controls "), fold_label("MSA-P")
    ('healthy controls', 'msa p')
    """
    return re.sub(r"[\s_-]+", " ", label).strip().casefold()


def is_control(group: str) -> bool:
    """Whether a label is one of the usual names of a control group."""
    return fold_label(group) in CONTROL_ALIASES


def diagnosis(group: str) -> str:
    """Return the diagnostic group a label stands for, or the label itself.

    >>> diagnosis("HC"), diagnosis("MSAp"), diagnosis("ET")
    ('Control', 'MSA', 'ET')
    """
    return DIAGNOSES[0] if is_control(group) else _DIAGNOSIS_ALIASES.get(fold_label(group), group)


def group_order(groups: Iterable[str]) -> list[str]:
    """Put group labels into the order used everywhere: diagnoses first, then by alphabet.

    >>> group_order(["PSP", "ET", "Control", "PD", "PD"])
    ['Control', 'PD', 'PSP', 'ET']
    """
    rank = {name: place for place, name in enumerate(DIAGNOSES)}
    return sorted(set(groups), key=lambda g: (rank.get(diagnosis(g), len(rank)), g.casefold(), g))


def label_of(value: object) -> str:
    """Return a value as a label; 1.0 of a column of codes with gaps is the code 1.

    >>> label_of(1), label_of(1.0), label_of(" PSP ")
    ('1', '1', 'PSP')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def match_labels(what: str, wanted: Iterable[object], known: Sequence[str]) -> list[str]:
    """Return the labels that are meant; case and blanks may differ. Refuse unknown ones."""
    named = [label_of(label) for label in wanted]
    found = [label if label in known else _respelt(label, known) for label in named]
    if unknown := [label for label, name in zip(named, found, strict=True) if name is None]:
        close = [name for label in unknown for name in _similar(label, known)]
        raise OptionError(
            f"There is no {what} {', '.join(unknown)}.",
            why=f"Did you mean {' or '.join(dict.fromkeys(close))}?" if close else "",
            advice=f"The {what}s are {', '.join(known)}." if known else f"There are no {what}s.",
            about=f"{what}s",
        )
    return [str(name) for name in found]


def resolve_reference(reference: str | float | None, groups: Sequence[str]) -> str | None:
    """Return the label of the reference group; "auto" means the controls, None without any.

    >>> resolve_reference("auto", ["HC", "PD"]), resolve_reference("hc", ["HC", "PD"])
    ('HC', 'HC')
    """
    if reference is None:
        return None
    if reference == "auto" and "auto" not in groups:
        return next((name for name in groups if is_control(name)), None)
    return match_labels("group", [reference], groups)[0]


def similar_labels(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the labels that differ in case and blanks only, or are all names of controls."""
    alike: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        alike.setdefault("control" if is_control(name) else fold_label(name), []).append(name)
    return [tuple(group) for group in alike.values() if len(group) > 1]


def _respelt(label: str, known: Sequence[str]) -> str | None:
    """Return the one label that differs in case and blanks only."""
    same = [name for name in known if fold_label(name) == fold_label(label)]
    return same[0] if len(same) == 1 else None


def _similar(label: str, known: Sequence[str]) -> list[str]:
    """Return the labels that may be meant by an unknown one."""
    if is_control(label) and (controls := [name for name in known if is_control(name)]):
        return controls
    folded = {fold_label(name): name for name in known}
    if (same := fold_label(label)) in folded:
        return [name for name in known if fold_label(name) == same]
    return [folded[name] for name in difflib.get_close_matches(same, folded, n=1)]
