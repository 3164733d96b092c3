"""The keys of all years, and the one name of each."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from neuroflow.matrix import resolve
from neuroflow.results.reports.report import ATYPICAL, PSP_VS_MSAP

MAX_KEY = 80
"""Characters of a key; what is longer is a sentence."""
FACT, CLASS, SENTENCE, VALUE, MEAN, SD, REMARK = (
    "fact", "class", "sentence", "value", "mean", "sd", "remark",
)  # fmt: skip
"""Kinds of keys; ``value``, ``mean`` and ``sd`` are those of a biomarker."""

FACTS = {
    "product": "product", "productname": "product", "algorithm": "product",
    "analysis": "product", "processingtype": "product",
    "modelversion": "model_version", "model": "model_version", "version": "model_version",
    "mlversion": "model_version",
    "orderid": "order_id", "order": "order_id", "ordernumber": "order_id",
    "requestid": "order_id",
    "date": "date", "dateymd": "date", "reportdate": "date", "processed": "date",
    "processingdate": "date", "completed": "date", "datetime": "date", "dateyyyymmdd": "date",
    "input": "input",
    "reason": "reason", "failurereason": "reason", "errormessage": "reason",
    "application": "application",
}  # fmt: skip
CLASSES = {
    "atypical": ATYPICAL, "msapspvspd": ATYPICAL, "atypicalvspd": ATYPICAL,
    "pspvsmsap": PSP_VS_MSAP, "pspvsmsa": PSP_VS_MSAP,
    "msappsp": PSP_VS_MSAP,  # of the instructions for use: MSAp/PSP, from 0.5 on PSP
    "msavspsp": PSP_VS_MSAP, "msapvspsp": PSP_VS_MSAP,
}  # fmt: skip
UNSURE = {"msavspsp", "msapvspsp"}
"""Keys whose order of names means the contrary of what later reports mean by the number."""
_REMARKS = {"disclaimer", "notice", "note", "warning"}
_PARTS = re.compile(
    r"(?P<region>\S.{0,50}?)[ _](?:"
    r"(?P<value>(?:free[ _-]?water|fw)(?:[ _]?value)?)"
    r"|control[ _]?(?:(?P<mean>mean)|(?P<sd>st\.?[ _]?dev\.?|sd|standard[ _]deviation)))",
    re.IGNORECASE,
)
_JOINED = re.compile(r"FW[ _]?(?P<region>\w.{0,50}?)(?:(?P<mean>[ _]?(?:Control)?Mean)|(?P<sd>[ _]?"
                     r"(?:Control)?(?:StDev|SD)))?", re.IGNORECASE)  # fmt: skip


class Key(NamedTuple):
    """What a key stands for."""

    kind: str
    name: str  # Of the fact or class; the region of a biomarker


def plain(key: str) -> str:
    """Return the letters and digits of a key in lower case."""
    return "".join(filter(str.isalnum, key.casefold()))


@lru_cache(maxsize=1024)
def find_key(key: str) -> Key | None:
    """Return what a key stands for; None where it is not known."""
    key = key.strip()
    if not key or len(key) > MAX_KEY:
        return None
    short = plain(key)
    if short in FACTS:
        return Key(FACT, FACTS[short])
    if short in CLASSES:
        return Key(CLASS, CLASSES[short])
    if short.removesuffix("info") in CLASSES:
        return Key(SENTENCE, CLASSES[short.removesuffix("info")])
    if short in _REMARKS:
        return Key(REMARK, short)
    match = _PARTS.fullmatch(key) or _JOINED.fullmatch(key)
    return _biomarker(match) if match else None


def _biomarker(match: re.Match[str]) -> Key | None:
    name = resolve(match["region"].strip(" _"))
    if not name.known:
        return None
    kind = MEAN if match["mean"] else SD if match["sd"] else VALUE
    return Key(kind, name.region)
