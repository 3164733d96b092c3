"""Names of files and folders: participants, sessions, and which gradient files belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

_ENTITY = re.compile(r"(?:^|_)(sub|ses)-([A-Za-z0-9+]+)(?=_|$|\.)")
_ROLES = (
    ("image", re.compile(r"\.nii(\.gz)?$", re.I)),
    ("sidecar", re.compile(r"\.json$", re.I)),
    ("bval", re.compile(r"(^|[._-])b[-_]?vals?(ues?)?(\.txt)?$", re.I)),
    ("bvec", re.compile(r"(^|[._-])b[-_]?vecs?(tors?)?(\.txt)?$", re.I)),
)
DIFFUSION_WORDS = re.compile(r"(^|[^a-z])(dwi|dti|diff(usion)?|hardi|dmri)([^a-z]|$)", re.I)
_NO_MAGNITUDE = re.compile(r"(^|_)part-(phase|real|imag)(_|$)", re.I)
_LAST_WORDS = {
    "sbref": "single-band reference",
    "ph": "phase image",
    "phase": "phase image",
    "mask": "mask",
    "nodif": "mean image without weighting",
}
_MAP_WORDS = "fa md ad rd adc eadc trace tracew colfa mo s0 sse mk ak rk l1 l2 l3 v1 v2 v3 tensor"
_PLACEHOLDER = re.compile(
    r"(anon(ym)?[a-z]*|unknown|unnamed|undefined|none|null|nil|n/?a|nn|no[ _-]?(id|name)|(test)+"
    r"|patient|subject|participant|phantom|default|dummy|removed|deleted|hidden"
    r"|de-?identified)([ _-]?(id|name|patient))?[ ^_-]*0*|[x0._^*-]+",
    re.I,
)
_MAPS = frozenset(_MAP_WORDS.split())


def bids_entities(path: PurePath) -> dict[str, str]:
    """Read ``sub-`` and ``ses-`` from a path, the innermost ones.

    Brain Imaging Data Structure specification, "Filenames".
    """
    found: dict[str, str] = {}
    for part in path.parts:
        found.update(_ENTITY.findall(part))
    return found


def role(name: str) -> str | None:
    """Return the role of a file in a NIfTI study by its name, or None."""
    return next((kind for kind, pattern in _ROLES if pattern.search(name)), None)


def stem(name: str) -> str:
    """Remove from a file's name the part that marks its role.

    >>> [stem(n) for n in ("a.nii.gz", "a.bval", "a_bvecs.txt", "a.nii.gz.bvec", "bvals")]
    ['a', 'a', 'a', 'a', '']
    """
    for _, pattern in _ROLES[1:]:
        if pattern.search(name):
            name = pattern.sub("", name)
            break
    return _ROLES[0][1].sub("", name)


def partner(image: str, names: Iterable[str], kind: str, *, alone: bool) -> str | None:
    """Find the file of a role that belongs to an image in the same folder."""
    candidates = sorted(name for name in names if role(name) == kind)
    own = stem(image).lower()
    for wanted in (own, _without_suffix(own)):
        same = [name for name in candidates if _without_suffix(stem(name).lower()) == wanted]
        exact = [name for name in candidates if stem(name).lower() == wanted]
        if exact or len(same) == 1:
            return (exact or same)[0]
    if kind == "sidecar":
        return candidates[0] if alone and len(candidates) == 1 else None
    shared = [name for name in candidates if not stem(name)]
    if len(shared) == 1:
        return shared[0]
    return candidates[0] if alone and len(candidates) == 1 else None


def _without_suffix(text: str) -> str:
    return re.sub(r"[._-]+(dwi|dti|data|image|img)$", "", text)


def mentions_diffusion(path: PurePath) -> bool:
    """Check whether the name of a file or its folder mentions diffusion."""
    return any(DIFFUSION_WORDS.search(part) for part in path.parts[-2:])


def derived_image(name: str) -> str:
    """Return what a NIfTI is by its name where it is no diffusion image; else empty.

    The names are those of BIDS (sbref, part-), FSL dtifit and bedpostx, and dcm2niix (_ADC, _ph).
    """
    plain = _ROLES[0][1].sub("", name)
    if _NO_MAGNITUDE.search(plain):
        return "phase image"
    words = [word for word in re.split(r"[._-]+", plain.casefold()) if word]
    if words[-1:] == ["brain"]:
        words.pop()
    last = words[-1] if words else ""
    return _LAST_WORDS.get(last, "map" if last in _MAPS and len(words) > 1 else "")


def is_placeholder(label: str) -> bool:
    """Check for an id that names nobody: blank, or what anonymisers write for everybody."""
    plain = printable(label)
    return not plain or _PLACEHOLDER.fullmatch(plain) is not None


def unique_labels(wanted: Sequence[str]) -> list[str]:
    """Make labels unique by numbering those that occur more than once.

    >>> unique_labels(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    taken: set[str] = set()
    labels = []
    for text in wanted:
        label, number = text, 1
        while label in taken:
            number += 1
            label = f"{text} ({number})"
        taken.add(label)
        labels.append(label)
    return labels


def printable(text: str) -> str:
    """Replace characters that cannot be printed, such as newlines, by blanks."""
    return "".join(char if char.isprintable() else " " for char in text).strip()


def bids_inherited(image: str, beside: str) -> bool:
    """Check whether a file further up in a BIDS dataset applies to an image.

    Brain Imaging Data Structure specification, "The Inheritance Principle".
    """
    own, other = stem(image).split("_"), PurePath(beside).stem.split("_")
    return own[-1] == other[-1] and set(other) <= set(own)
