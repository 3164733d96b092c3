"""The images of a DICOM study: which belong to it, and which are copies, maps or damaged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from operator import itemgetter

from neuroflow.errors import StudyError
from neuroflow.studies.archive import Member, reason_of, sha256_of_member
from neuroflow.studies.dicom.header import Frame, Header, NotAnImageError, read_header
from neuroflow.studies.filenames import printable
from neuroflow.studies.members import StudyMembers

Pair = tuple[Header, Member]
ISOTROPIC = "isotropic"
OF_A_TRACE_SERIES = "b = 0 of a trace series"


@dataclass(frozen=True, slots=True)
class StudyImages:
    """The images of a study's diffusion series, judged one by one."""

    pairs: tuple[Pair, ...]  # Headers of the images that are kept, and their files
    series: Mapping[str, str]  # Names of the diffusion series by their UIDs; one is right
    damaged: tuple[str, ...]  # Names of files that cannot be read, and why
    copies: int  # Files that are the same, byte by byte, as one that is kept
    left_out: tuple[str, ...]  # How many images of each other sort were left out
    missing: Mapping[str, tuple[int, ...]]  # Gaps in the instance numbers of each series

    @property
    def headers(self) -> list[Header]:
        """The headers of the images that are kept."""
        return [header for header, _ in self.pairs]


def read_images(members: StudyMembers) -> StudyImages:
    """Read every header of a study, and judge each image."""
    pairs, damaged = _read_headers(members)
    pairs, copies = _without_copies(pairs)
    diffusion = diffusion_series([header for header, _ in pairs])
    if diffusion:
        pairs = [pair for pair in pairs if pair[0].series_uid in diffusion]
    missing = _gaps_by_series(pairs)
    judged = _judged(pairs)
    others = Counter(sort for sort, _ in judged if sort)
    kept = [pair for sort, pair in judged if not sort]
    if directed := diffusion_series([header for header, _ in kept]):
        rest = sum(header.series_uid not in directed for header, _ in kept)
        others += Counter({OF_A_TRACE_SERIES: rest} if rest else {})
        kept = [pair for pair in kept if pair[0].series_uid in directed]
    return StudyImages(
        pairs=tuple(kept or pairs),
        series=_series_names(kept or pairs, directed or diffusion),
        damaged=tuple(damaged),
        copies=copies,
        left_out=tuple(f"{n} {sort}" for sort, n in sorted(others.items())) if kept else (),
        missing=missing,
    )


def _series_names(pairs: Sequence[Pair], chosen: Collection[str]) -> dict[str, str]:
    """Name each series by its number, description and number of files."""
    files = Counter(header.series_uid for header, _ in pairs if header.series_uid in chosen)
    first = {header.series_uid: header for header, _ in reversed(pairs)}
    names = {}
    for uid, count in files.items():
        number, protocol = first[uid].series_number, first[uid].protocol
        name = printable(str(protocol.get("SeriesDescription", "")))
        names[uid] = f'{number or "?"} "{name}" ({count} files)'
    return dict(sorted(names.items(), key=itemgetter(1)))


def _read_headers(members: StudyMembers) -> tuple[list[Pair], list[str]]:
    pairs: list[Pair] = []
    damaged: list[str] = []
    others = 0
    for member in members.images:
        try:
            with member.open() as stream:
                header = read_header(stream, member.unpacked_size)
            if not (header.sop_uid and header.sop_class):
                damaged.append(f"{member.basename} (no SOP Instance UID or class)")
                continue
            if not _has_size(header):
                damaged.append(f"{member.basename} (no rows or columns)")
                continue
            pairs.append((header, member))
        except NotAnImageError:
            others += 1  # passed over; only an image can be damaged
        except Exception as error:  # noqa: BLE001  one file's fault never stops the others
            damaged.append(f"{member.basename} ({_why(member, error)})")
    if members.study_uid:
        pairs = [pair for pair in pairs if pair[0].study_uid == members.study_uid]
    if not pairs:
        raise StudyError(
            "None of the study's DICOM files can be read.",
            why=f"{len(damaged)} of {len(members.images)} are damaged, {others} are not MR images.",
            advice="Export the study again.",
        )
    return pairs, damaged


def _has_size(header: Header) -> bool:
    return all(isinstance(header.protocol.get(word), float) for word in ("Rows", "Columns"))


def _why(member: Member, error: BaseException) -> str:
    try:
        if member.size == 0:
            return "empty"
    except OSError:
        pass
    if isinstance(error, EOFError):
        return "truncated"
    return reason_of(error).rstrip(".") if isinstance(error, OSError) else "damaged"


def _without_copies(pairs: Sequence[Pair]) -> tuple[list[Pair], int]:
    """Leave out files that are the same as another one, byte by byte."""
    by_uid: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_uid[pair[0].sop_uid].append(pair)
    dropped: set[Member] = set()
    for uid, same in by_uid.items():
        if not uid or len(same) < 2:
            continue
        seen: set[str] = set()
        for _, member in same:
            digest = sha256_of_member(member, unpacked=True)
            if digest in seen:
                dropped.add(member)
            seen.add(digest)
    return [pair for pair in pairs if pair[1] not in dropped], len(dropped)


def _gaps_by_series(pairs: Sequence[Pair]) -> dict[str, tuple[int, ...]]:
    numbers: dict[str, list[int | None]] = defaultdict(list)
    for header, _ in pairs:
        numbers[header.series_uid].append(header.instance_number)
    return {uid: _gaps(instances) for uid, instances in numbers.items()}


def _gaps(instances: Iterable[int | None]) -> tuple[int, ...]:
    """Find the instance numbers that are missing; none where they do not count the images."""
    numbers = sorted({number for number in instances if number is not None})
    if len(numbers) < 3:
        return ()
    steps = Counter(b - a for a, b in pairwise(numbers))
    step = steps.most_common(1)[0][0]
    # A number by mistake may be any: billions, or more than the length of a range can hold.
    if (numbers[-1] - numbers[0]) // step + 1 > 2 * len(numbers):
        return ()
    missing = sorted(set(range(numbers[0], numbers[-1] + 1, step)) - set(numbers))
    return tuple(missing) if len(missing) <= len(numbers) // 2 else ()


def _judged(pairs: Sequence[Pair]) -> list[tuple[str, Pair]]:
    """Return what each file shows; empty for the diffusion images themselves."""
    frames = [frame for header, _ in pairs for frame in header.frames if not frame.sort]
    has_directions = any(_is_weighted(frame) and frame.gradient.direction for frame in frames)
    result = []
    for header, member in pairs:
        marked = header
        # Of a file of many frames, the frames of another sort are marked.
        if has_directions and any(_is_isotropic(frame) for frame in header.frames):
            marked = replace(header, frames=tuple(map(_marked, header.frames)))
        sorts = {frame.sort for frame in marked.frames}
        sort = next(iter(sorts)) if len(sorts) == 1 else ""
        result.append((sort, (marked, member)))
    return result


def _is_weighted(frame: Frame) -> bool:
    return frame.gradient.b_value is not None and not frame.gradient.is_b0


def _is_isotropic(frame: Frame) -> bool:
    """Check for a weighted image without a direction, such as a trace image."""
    return not frame.sort and _is_weighted(frame) and frame.gradient.direction is None


def _marked(frame: Frame) -> Frame:
    return replace(frame, sort=ISOTROPIC) if _is_isotropic(frame) else frame


class Weighting(Enum):
    """Whether an image is diffusion-weighted."""

    WEIGHTED = "weighted"
    NONE = "none"  # b = 0
    UNKNOWN = "unknown"  # no b-value, or no image of the signal


def weighting_of(header: Header) -> Weighting:
    """Return whether a file holds diffusion-weighted images, apart from maps and phase images."""
    gradients = [frame.gradient for frame in header.frames if not frame.sort]
    if any(gradient.b_value is not None and not gradient.is_b0 for gradient in gradients):
        return Weighting.WEIGHTED
    if not gradients or any(gradient.b_value is None for gradient in gradients):
        return Weighting.UNKNOWN
    return Weighting.NONE


def diffusion_series(headers: Sequence[Header]) -> set[str]:
    """Find the diffusion series among the headers of a study: those with a weighted image."""
    return {header.series_uid for header in headers if weighting_of(header) is Weighting.WEIGHTED}
