"""Hold what a layout finds in a grid, and the header words that the layouts share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from neuroflow.matrix import RegionName, metric_name
from neuroflow.results.aidp.grid import CsvGrid

_BRACKETS = re.compile(r"[(\[](.*?)[)\]]")
_AVERAGE = re.compile("mean|average|mittelwert|moyenne", re.IGNORECASE)
_SIDES = {"left": "left", "lh": "left", "l": "left", "links": "left", "gauche": "left"} | {
    "right": "right", "rh": "right", "r": "right", "rechts": "right", "droite": "right",
}  # fmt: skip
_PARTS = re.compile(r"[\s_.()\[\]-]+")

Cell = tuple[int, int]
"""A cell of the grid: row, column."""

# Headers are compared in lower case, letters only.
REGION_HEADERS = (
    "region", "regions", "roi", "rois", "brainregion", "structure", "label", "area", "parcel",
    "regionname", "roiname", "name", "column", "variable", "feature", "measurement",
    "hirnregion", "gehirnregion", "struktur", "areal", "bezeichnung", "région", "régions",
    "regioncerebrale", "régioncérébrale", "nom",
)  # fmt: skip
METRIC_HEADERS = (
    "metric", "measure", "type", "parameter", "map", "messgröße", "messgroesse", "metrik", "mesure",
    "métrique", "paramètre",
)  # fmt: skip
VALUE_HEADERS = (
    "value", "values", "mean", "result", "average", "wert", "werte", "mittelwert", "valeur",
    "moyenne",
)  # fmt: skip
SIDE_HEADERS = (
    "hemisphere", "hemi", "side", "laterality", "seite", "hemisphäre", "hémisphère", "côté",
)  # fmt: skip
ID_HEADERS = (
    "studyid", "study", "uuid", "subject", "subjectid", "id", "participantid", "participant",
    "case", "caseid", "scan", "scanid", "sub", "subj", "subjid", "subid", "subjectname",
    "subjectcode", "patient", "patientid", "patientname", "patientcode", "pid", "ptid", "mrn",
    "recordid", "record", "proband", "probandid", "probandin", "patientin", "patientennummer",
    "probandennummer", "probandennr", "patientennr", "fall", "fallnr", "fallnummer", "sujet",
    "sujetid", "numérodepatient", "code", "person", "personid", "accession", "accessionnumber",
    "orderid", "order", "session", "name",
)  # fmt: skip
BESIDE_A_MEAN = frozenset(
    {
        *("std", "sd", "stdev", "se", "sem", "min", "max", "median", "mad", "iqr", "var", "cv"),
        *("n", "count", "nvox", "voxel", "voxels", "nvoxels", "numvoxels", "volume", "vol"),
        *("z", "zscore", "percentile", "centile", "p", "ci", "order", "index", "no", "nr"),
    }
)
"""What a table has of a region besides its mean; never a value of its own."""
HEADER_WORDS = frozenset(
    (*REGION_HEADERS, *METRIC_HEADERS, *VALUE_HEADERS, *SIDE_HEADERS, *ID_HEADERS)
)
"""What the layout is recognised by, besides names of regions and metrics."""


@dataclass(slots=True)
class ParsedSheet:
    """What a layout found."""

    names: list[RegionName]  # The columns of values; the same one may occur twice
    # For each study and each name, the value's cell; None where there is none.
    cells: list[list[Cell | None]]
    ids: list[str]  # The study's id as the file has it; empty where it has none
    facts: list[dict[str, Cell]]  # For each study, the cells that are no values, by their names
    id_name: str = ""  # The fact that holds the id; empty where none does
    # Cells that only repeat a fact, and the cell they repeat.
    repeats: dict[Cell, Cell] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)  # What a reader should know
    layout: str = ""  # The name of the layout that found it


def plain(header: str) -> str:
    """Reduce a header to what is compared."""
    return "".join(filter(str.isalpha, header.casefold()))


def first_of(headers: Sequence[str], words: Sequence[str]) -> int | None:
    """Find the column whose header is the earliest of some words."""
    plains = [plain(header) for header in headers]
    return next((plains.index(word) for word in words if word in plains), None)


def required(grid: CsvGrid, headers: Sequence[str], wanted: str) -> int:
    """Find the column a schema names."""
    folded = [header.casefold() for header in headers]
    if wanted.casefold() not in folded:
        raise grid.error(
            0, f"The schema names {wanted!r}, which is not there.", "Correct the schema."
        )
    return folded.index(wanted.casefold())


def header_metric(header: str) -> str:
    """Return the metric in a header, as written; an empty string where there is none."""
    inside, outside = " ".join(_BRACKETS.findall(header)), _BRACKETS.sub("", header)
    for text in (header, inside, outside, _AVERAGE.sub("", header), _AVERAGE.sub("", outside)):
        if metric_name(text):
            return plain(text)
    return ""


def header_side(header: str) -> tuple[str, str]:
    """Return the side and the metric in a header such as "FW left"; empty texts where none is.

    >>> header_side("FW_R"), header_side("left"), header_side("right age"), header_side("FW")
    (('right', 'fw'), ('left', ''), ('', ''), ('', ''))
    """
    parts = [part for part in _PARTS.split(header.casefold()) if part]
    sides = [part for part in parts if part in _SIDES]
    others = " ".join(part for part in parts if part not in _SIDES)
    metric = header_metric(others)
    if len(sides) != 1 or (others and not metric and others not in VALUE_HEADERS):
        return "", ""
    return _SIDES[sides[0]], metric


def counts_rows(cells: Sequence[str]) -> bool:
    """Check whether cells only number the rows, from 0 or 1 on.

    >>> counts_rows(["1", "2", "3"]), counts_rows(["1", "3", "2"])
    (True, False)
    """
    start = cells[0] if cells else ""
    return len(cells) > 1 and any(
        start == str(first) and list(cells) == [str(first + n) for n in range(len(cells))]
        for first in (0, 1)
    )


def with_metric(name: RegionName, written: str) -> RegionName:
    """Add the metric beside a name; one in the name itself takes precedence."""
    if name.suffix or not written:
        return name
    return replace(name, metric=metric_name(written) or written, suffix=written)
