"""Words that identify somebody, and whether a text contains one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from neuroflow.studies.deidentify.values import MODEL, SEQUENCE, VERSION, text_inside

SUBSTRING_FROM = 5
"""Names of so many letters are found inside a word, too, as in ``epMILLER``."""
SHORTEST_CUT = 4
"""A word of so many letters with which a longer name begins is the name, cut, as in ``ep_MILL``."""
SHORTEST_ID = 4
"""Shorter ids occur everywhere by chance."""
SHORTEST_NUMBER = 6
"""Digits; shorter numbers are found in texts only, where they stand alone."""
SHORTEST_PLACE = 4
_PARTICLE_WORDS = (
    "VON VAN DE DER DEN DEL DELLA DI DA DO DOS DU LA LE LOS EL AL BIN IBN TEN TER ZU ZUM ZUR MC MAC"
    " ST SAN DR MR MRS MS MISS MD PHD PROF MED HERR FRAU SIR JR SR II III IV"
)
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
"""Parts of names and titles that identify nobody beside another part."""
_COMMON_WORDS = (
    "CENTER CENTRE CLINIC DEPARTMENT HEALTH HEALTHCARE HOSPITAL IMAGING INSTITUT INSTITUTE KLINIK"
    " KLINIKUM MAGNETIC MEDICAL MEDICINE NEUROLOGY RADIOLOGIE RADIOLOGY RESEARCH RESONANCE STREET"
    " UNIVERSITY UNIVERSITAET UNIVERSITAT BRAIN DIFFUSION PHILIPS SIEMENS IMAGE SCAN SYSTEMS HEAD"
    " PHASE SLICE PLANE ECHO SPIN"
)
_COMMON_PLACE_WORDS = frozenset(_COMMON_WORDS.split())
"""Words that occur in the names of many places and in codes of images: not identifying."""
_FIELD_WORDS = MODEL | SEQUENCE | VERSION | _COMMON_PLACE_WORDS
"""Words with which a name may begin, too; they are no name that was cut."""
_MONTH_NAMES = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_MONTHS = _MONTH_NAMES.split()
_ATOMS = str.maketrans(
    {"ß": "SS", "ẞ": "SS", "Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Þ": "TH", "İ": "I"}
)
_UMLAUTS = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE", "Ø": "OE", "Å": "AA"})
_LETTERS, _WORDS = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W_]+")
_UID = re.compile(r"(?<![\d.])\d+(?:\.\d+){5,}(?![\d.])")
_LONG_UID = 20


def spellings(text: str) -> frozenset[str]:
    """Spell a text in capitals without accents, and with the vowels that stand for umlauts.

    >>> sorted(spellings("Müller"))
    ['MUELLER', 'MULLER']
    """
    upper = unicodedata.normalize("NFC", text).upper()
    return frozenset(_plain(form) for form in (upper, upper.translate(_UMLAUTS)))


def _plain(upper: str) -> str:
    parts = unicodedata.normalize("NFKD", upper.translate(_ATOMS))
    return "".join(part for part in parts if not unicodedata.combining(part))


def person(name: str) -> Iterator[str]:
    """Yield the words by which a person may be named in a text.

    >>> sorted(set(person("O'BRIEN-SMITH^LI")))
    ['BRIEN', 'LI', 'LIOBRIENSMITH', 'OBRIEN', 'OBRIENSMITH', 'OBRIENSMITHLI', 'SMITH']
    """
    for group in name.split("="):
        components = [part.strip() for part in group.split("^")[:3] if part.strip()]
        joined = [_joined(part) for part in components]
        for component in components:
            yield from _component(component, is_family=component == components[0])
        if len(joined) > 1:
            yield from _transliterated(joined[0] + joined[1])
            yield from _transliterated(joined[1] + joined[0])


def _component(component: str, *, is_family: bool) -> Iterator[str]:
    pieces = re.split(r"[\s,;.]+", component)
    words = {*pieces, *re.split(r"[\s,;.\-]+", component), *_LETTERS.findall(component)}
    found = {_joined(word) for word in (component, *words)} - {""}
    alone = len(found) == 1
    for word in found:
        upper = word.upper()
        if not alone and (upper in _PARTICLES or len(word) < 2):
            continue
        if len(word) > 1 or is_family or not word.isascii():
            yield from _transliterated(word)


def _joined(text: str) -> str:
    return "".join(_LETTERS.findall(text))


def _transliterated(word: str) -> Iterator[str]:
    """Yield a word in its spellings, also with umlauts where it has two vowels for one."""
    for form in spellings(word):
        yield form
        yield re.sub("([AOU])E", r"\1", form) if len(form) > 3 else form


def place(text: str) -> Iterator[str]:
    """Yield the words by which a place may be named in a text."""
    for word in _LETTERS.findall(text):
        for form in _transliterated(word):
            if len(form) >= SHORTEST_PLACE and form not in _COMMON_PLACE_WORDS:
                yield form


def dates(day: str) -> Iterator[str]:
    """Yield a date, ``YYYYMMDD``, in all usual notations."""
    if not re.fullmatch(r"\d{8}", day):
        return
    year, month, date = day[:4], day[4:6], day[6:]
    orders = [(year, month, date), (date, month, year), (month, date, year)]
    if 1 <= int(month) <= len(_MONTHS):
        name = _MONTHS[int(month) - 1]
        orders += [(date, name, year), (year, name, date), (str(int(date)), name, year)]
    for parts in orders:
        yield from (mark.join(parts) for mark in ("-", ".", "/", "_", " ", ""))
    for parts in ((date, month, year[2:]), (month, date, year[2:])):
        yield from (mark.join(parts) for mark in ("-", ".", "/"))


class Identifiers:
    """The words that identify the people, the place and the day of one study."""

    def __init__(self, names: Iterable[str], ids: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._long = [name for name in self._names if len(name) >= SUBSTRING_FROM]
        self._cut = frozenset(
            name[:length]
            for name in self._names
            for length in range(SHORTEST_CUT, len(name))
            if name[:length] not in _FIELD_WORDS
        )
        # Writing of another script has no blanks between words.
        self._long += [name for name in self._names if not name.isascii() and len(name) > 1]
        found = {form for text in ids for form in _id_patterns(text)}
        self._ids = re.compile("|".join(sorted(found))) if found else None
        self._numbers = frozenset(
            digits
            for text in ids
            for digits in re.findall(r"\d+", text)
            if len(digits) >= SHORTEST_NUMBER
        )
        self._known: dict[str, bool] = {}

    def is_in(self, text: str) -> bool:
        """Check whether a text contains one of the words."""
        if text not in self._known:
            if len(self._known) > 1 << 14:
                self._known.clear()
            self._known[text] = self._search(text)
        return self._known[text]

    def is_inside(self, stored: bytes) -> bool:
        """Check whether the bytes of numbers can be read as one of the words."""
        return self.is_in(text_inside(stored))

    def is_number_of(self, text: str) -> bool:
        """Check whether a number is an id."""
        return text.strip().lstrip("+0") in self._numbers or text.strip() in self._numbers

    def _search(self, text: str) -> bool:
        if any(len(found) >= _LONG_UID for found in _UID.findall(text)):
            return True
        for form in spellings(text):
            # Shorter names count only where they are a word of their own.
            words = {word for word in _LETTERS.findall(form) if len(word) > 2}
            words |= set(_WORDS.findall(form))
            if self._names & words or self._cut & words or any(name in form for name in self._long):
                return True
            if self._ids is not None and self._ids.search(form):
                return True
        return False


def _id_patterns(text: str) -> Iterator[str]:
    """Yield patterns of an id, whatever separates its parts; of digits alone, as a whole number."""
    for form in spellings(text):
        parts = _WORDS.findall(form)
        plain = "".join(parts)
        if len(plain) < SHORTEST_ID:
            continue
        pattern = r"[\W_]?".join(map(re.escape, plain)) if len(plain) < 40 else re.escape(form)
        if plain.isdecimal():
            yield rf"(?<![A-Z0-9]){pattern}(?![A-Z0-9])"
        else:
            yield pattern
            for digits in re.findall(r"\d+", form):
                if len(digits) >= SHORTEST_NUMBER:
                    yield rf"(?<!\d){digits}(?!\d)"


@lru_cache(maxsize=64)
def identifiers_of(names: frozenset[str], ids: frozenset[str]) -> Identifiers:
    """Return the same object for the same words, so that texts are searched once."""
    return Identifiers(names, ids)
