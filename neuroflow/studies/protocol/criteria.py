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
    """Numbers from `low` to `high`, both included; of several numbers, all of them."""

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
    """One number, within a tolerance."""

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
    """Numbers from `low` upwards."""

    low: float

    def is_met(self, value: Any) -> bool:
        """Check that a number is large enough."""
        return bool(value >= self.low)

    def describe(self, unit: str) -> str:
        """Describe the minimum."""
        return f"at least {self.low:g} {unit}".strip()


@dataclass(frozen=True, slots=True)
class OneOf:
    """Values from a list; of several values, all of them."""

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
    """Text that contains one of some words, ignoring case."""

    words: tuple[str, ...]

    def is_met(self, value: Any) -> bool:
        """Check that the text contains one of the words."""
        return any(word.casefold() in str(value).casefold() for word in self.words)

    def describe(self, unit: str) -> str:  # noqa: ARG002
        """List the words."""
        return " or ".join(self.words)


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty list, or the count 0."""

    def is_met(self, value: Any) -> bool:
        """Check that there is nothing."""
        return not value

    def describe(self, unit: str) -> str:  # noqa: ARG002
        """Describe the empty list."""
        return "none"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """An empty list; of a long one, `shown` values are named."""

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
    """Each of some b-values, and no others."""

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
    """Format a measured value with its unit."""
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
