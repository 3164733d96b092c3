"""What a file is that was given in place of a table."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

EXCEL_KIND = "an Excel file"
_OLD_OFFICE = "an old or encrypted file of Word or Excel"
_PROGRAMS = {_OLD_OFFICE, "a file of SPSS", "a file of Stata", "a database"}
"""Kinds that may well hold the table."""
_STARTS = (
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "a document of a word processor"),
    (b"\xd0\xcf\x11\xe0", _OLD_OFFICE),
    (b"$FL", "a file of SPSS"),
    (b"<stata_dta>", "a file of Stata"),
    (b"SQLite format 3\0", "a database"),
    *((start, "a picture") for start in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    *((start, "a web page") for start in (b"<!DOCTYPE html", b"<html")),
    *((start, "an archive") for start in (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")),
)
_IN_ZIP = {"word/": "a Word document", "xl/": EXCEL_KIND, "ppt/": "a PowerPoint file"}
"""Kinds of zip files, by a folder in them."""


def kind_of_file(data: bytes) -> str:
    r"""Return what a file is that is often taken for a table; empty if it is none of these.

    >>> kind_of_file(b"%PDF-1.7"), kind_of_file(b"participant_id\tage")
    ('a PDF document', '')
    """
    begin = data[:100].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    kind = next((kind for start, kind in _STARTS if begin.startswith(start.lower())), "")
    if data.startswith(b"PK"):
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
        inside = (
            what
            for folder, what in _IN_ZIP.items()
            if any(name.startswith(folder) for name in names)
        )
        return next(inside, kind)
    return kind


def advice_for(kind: str) -> str:
    """Return what to do with a file of a kind, in place of which a table of text is needed."""
    if not kind:
        return "Save the table as tab-separated text."
    if kind == EXCEL_KIND:
        return "Rename it, so that its name ends with .xlsx."
    if kind in _PROGRAMS:
        return "Open it in its program, and save the table as .xlsx or as CSV."
    return "Choose the table itself, as .xlsx or as CSV."
