"""How a result file is to be read, where its content is not to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from neuroflow.errors import OptionError
from neuroflow.io import DELIMITERS


@dataclass(frozen=True, slots=True)
class Schema:
    """The format of a result file, as far as known; None is recognised from its content.

    Parameters
    ----------
    layout
        ``"long"`` (a row per region), ``"wide"`` (a column per value) or ``"transposed"`` (a row
        per value, a column per study).
    delimiter
        The separator of cells: ``","``, ``";"``, ``"|"``, a tab, or ``" "`` for runs of blanks.
    decimal
        ``"."`` or ``","``.
    encoding
        A name that Python knows, such as ``"utf-8"``.
    skip_lines
        How many lines are before the table.
    id_column, region_column, metric_column
        Headers of the columns (in a transposed file: names of the rows) that hold the study, the
        region and the metric.
    value_columns
        Long files: header of each column with values and its metric, e.g. ``{"mean": "FW"}``.
    metric
        The metric of values for which the file names none.

    Examples
    --------
    >>> Schema(layout="long", value_columns={"mean": "FW"}).decimal is None
    True
    """

    layout: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    skip_lines: int = 0
    id_column: str | None = None
    region_column: str | None = None
    metric_column: str | None = None
    value_columns: Mapping[str, str] | None = None
    metric: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no reader knows."""
        from neuroflow.results.aidp.layouts import layouts  # they read a Schema themselves

        for name, choices in (
            ("layout", tuple(layout.name for layout in layouts())),
            ("delimiter", (*DELIMITERS, "|", " ")),
            ("decimal", (".", ",")),
        ):
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise OptionError(
                    f"A schema's {name} cannot be {value!r}.",
                    advice=f"Choose one of {', '.join(map(repr, choices))}.",
                )
        if self.skip_lines < 0:
            raise OptionError("A schema cannot skip fewer than 0 lines.")
        if self.value_columns is not None:  # a copy: the hash must not change
            object.__setattr__(self, "value_columns", dict(self.value_columns))

    def __hash__(self) -> int:
        """Return the hash of all fields, so that a schema can be in a set or a cache."""
        values = (getattr(self, field.name) for field in fields(self))
        return hash(tuple(frozenset(v.items()) if isinstance(v, dict) else v for v in values))
