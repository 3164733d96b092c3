"""Criteria of rules: small values that test a fact and describe themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Criterion(Protocol):
    """What a rule accepts."""

    def is_met(self, value: Any) -> bool:
        """Check whether a fact is accepted."""

    def describe(self, unit: str) -> str:
        """Describe what is accepted."""


@dataclass(frozen=True, slots=True)
class Between:
    """Numbers from `low` to `high`, both included; of several numbers, all of them.

    Examples
    --------
    >>> Between(55, 104).is_met(104), Between(55, 104).describe("ms")
    (True, '55–104 ms')
    """

    low: float
    high: float

    def is_met(self, value: Any) -> bool:
        """Check a number, or every one of several."""
        values = value if isinstance(value, Sequence) else (value,)
        return all(self.low - 1e-6 <= number <= self.high + 1e-6 for number in values)

    def describe(self, unit: str) -> str:
        """Describe the range."""
        return f"{self.low:g}–{self.high:g} {unit}".strip()


@dataclass(frozen=True, slots=True)
class WithinTolerance:
    """One number, within a tolerance.

    Examples
    --------
    >>> WithinTolerance(3, 0.2).is_met(2.894), WithinTolerance(3, 0.2).describe("T")
    (True, '3 T')
    """

    target: float
    tolerance: float

    def is_met(self, value: Any) -> bool:
        """Check that a number is within the tolerance."""
        return bool(abs(value - self.target) <= self.tolerance + 1e-6)

    def describe(self, unit: str) -> str:
        """Describe the target."""
        return f"{self.target:g} {unit}".strip()


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Numbers from `low` upwards.

    Examples
    --------
    >>> AtLeast(2).is_met(1), AtLeast(2).describe("images")
    (False, 'at least 2 images')
    """

    low: float

    def is_met(self, value: Any) -> bool:
        """Check that a number is large enough."""
        return bool(value >= self.low)

    def describe(self, unit: str) -> str:
        """Describe the minimum."""
        return f"at least {self.low:g} {unit}".strip()


@dataclass(frozen=True, slots=True)
class OneOf:
    """Values from a list; of several values, all of them.

    Examples
    --------
    >>> OneOf(("M", "F")).is_met("M"), OneOf(("M", "F")).describe("")
    (True, 'M or F')
    """

    values: tuple[Any, ...]

    def is_met(self, value: Any) -> bool:
        """Check that a value, or every one of several, is on the list."""
        several = value if isinstance(value, tuple) else (value,)
        return all(one in self.values for one in several)

    def describe(self, unit: str) -> str:  # noqa: ARG002
        """Describe the list."""
        shown = [_word(value) for value in self.values]
        return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]


@dataclass(frozen=True, slots=True)
class Contains:
    r"""Text that contains one of some words, ignoring case.

    Examples
    --------
    >>> Contains(("EP",)).is_met("SE\\EP"), Contains(("EP",)).describe("")
    (True, 'EP')
    """

    words: tuple[str, ...]

    def is_met(self, value: Any) -> bool:
        """Check that the text contains one of the words."""
        return any(word.casefold() in str(value).casefold() for word in self.words)

    def describe(self, unit: str) -> str:  # noqa: ARG002
        """List the words."""
        return " or ".join(self.words)


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty list, or the count 0.

    Examples
    --------
    >>> Nothing().is_met(0), Nothing().is_met(("EchoTime",))
    (True, False)
    """

    def is_met(self, value: Any) -> bool:
        """Check that there is nothing."""
        return not value

    def describe(self, unit: str) -> str:  # noqa: ARG002
        """Describe the empty list."""
        return "none"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """An empty list; of a long one, `shown` values are named.

    Examples
    --------
    >>> NoneOf(2).is_met(()), NoneOf(2).measured((5, 7, 8))
    (True, '3: 5, 7, ...')
    """

    shown: int

    def is_met(self, value: Any) -> bool:
        """Check that there is nothing."""
        return not value

    def describe(self, unit: str) -> str:  # noqa: ARG002
        """Describe the empty list."""
        return "none"

    def measured(self, value: Sequence[Any]) -> str:
        """Count the values, and name the first."""
        more = ", ..." if len(value) > self.shown else ""
        return f"{len(value)}: {', '.join(map(str, value[: self.shown]))}{more}"


@dataclass(frozen=True, slots=True)
class Shells:
    """Each of some b-values, and no others.

    Examples
    --------
    >>> Shells((0, 1000), 50).is_met((0, 995)), Shells((0, 1000), 50).is_met((0, 1000, 2000))
    (True, False)
    """

    values: tuple[float, ...]
    tolerance: float

    def is_met(self, value: Any) -> bool:
        """Check that each shell is near an accepted one, and that none of these is missing."""
        near = [
            [abs(shell - wanted) <= self.tolerance for wanted in self.values] for shell in value
        ]
        return all(map(any, near)) and all(any(column) for column in zip(*near, strict=True))

    def describe(self, unit: str) -> str:
        """List the b-values."""
        return " and ".join(f"{value:g}" for value in self.values) + f" {unit}"


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def describe_value(value: Any, unit: str) -> str:
    """Format a measured value with its unit.

    Examples
    --------
    >>> describe_value((1.7, 1.7), "mm"), describe_value(False, ""), describe_value(110.0, "ms")
    ('1.7 × 1.7 mm', 'no', '110 ms')
    """
    if isinstance(value, bool):
        return _word(value)
    if isinstance(value, tuple):
        numbers = all(isinstance(part, int | float) for part in value)
        glue = " × " if unit == "mm" else ", "
        shown = glue.join(f"{part:.5g}" if numbers else str(part) for part in value)
        return f"{shown or 'none'} {unit if value else ''}".strip()
    if isinstance(value, float):
        return f"{value:.5g} {unit}".strip()
    return f"{value} {unit}".strip()
