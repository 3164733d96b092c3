"""What a comparison found, in a sentence per contrast and metric."""

from __future__ import annotations

import pandas as pd

from neuroflow.compare.stats import CORRECTION_NAMES
from neuroflow.errors import CompareError, OptionError, Wording
from neuroflow.matrix import check_number, decimals_for, p_statement
from neuroflow.wording import counted

_NEEDED = ("contrast", "metric", "region", "estimate", "se", "p", "q", "reason")


def key_findings(effects: pd.DataFrame, *, alpha: float = 0.05, most: int = 3) -> str:
    """Return what a comparison found: a sentence for each contrast and metric.

    Parameters
    ----------
    effects
        The table that `compare_groups` returned: one row per region, metric and contrast.
    alpha
        A region differs where its corrected p value (``q``) is below this; between 0 and 1.
    most
        How many regions are named, those with the smallest p values first; at least 0.

    Returns
    -------
    str
        One line per contrast and metric: how many regions differ of those compared, and the
        estimates of the first ones, in the metric's unit; and how many could not be compared.

    Raises
    ------
    CompareError
        The table is not one of effects.
    OptionError
        `alpha` or `most` is out of range.

    Examples
    --------
    >>> nan = float("nan")
    >>> effects = pd.DataFrame({
    ...     "contrast": "PSP - Control", "metric": "FW", "region": ["SCP", "pSN", "MCP"],
    ...     "estimate": [0.121, 0.082, nan], "se": [0.02, 0.03, nan],
    ...     "p": [0.0001, 0.2, nan], "q": [0.0002, 0.2, nan], "reason": ["", "", "few"]})
    >>> print(key_findings(effects))
    PSP - Control, FW: 1 of 2 regions differs (q < 0.05): SCP +0.121. 1 could not be compared (few).
    """
    check_number("alpha", alpha, below=1)
    if most < 0:
        raise OptionError(f"most={most} is not a number of regions.", advice="Use 0 or more.")
    missing = [name for name in _NEEDED if name not in effects]
    if missing:
        raise CompareError(
            "The table does not hold the effects of a comparison.",
            why=f"It lacks the columns {', '.join(missing)}.",
            advice=Wording(
                "Pass the table that compare_groups returned.",
                cli="Pass a file that `neuroflow compare --to` wrote.",
            ),
        )
    correction = effects.attrs.get("correction")
    word = "p" if correction == "none" else "q"
    bare = pd.DataFrame(effects)  # pandas copies `.attrs` at each step
    rows = bare.groupby(["contrast", "metric"], sort=False, observed=True)
    lines = [
        f"{contrast}, {metric}: {_sentence(found, word, alpha, most)}"
        for (contrast, metric), found in rows
    ]
    if word == "p" and lines:
        lines.append("p values are not corrected for multiple comparisons.")
    elif correction in CORRECTION_NAMES and lines:
        lines.append(f"q is the p value after correction ({CORRECTION_NAMES[correction]}).")
    return "\n".join(lines)


def _sentence(found: pd.DataFrame, word: str, alpha: float, most: int) -> str:
    """Return the sentence of one contrast and metric."""
    known = found[found[word].notna()].sort_values("p")
    without = found[found[word].isna()]
    parts = []
    if len(known):
        differ = known[known[word] < alpha]
        total, limit = f"of {_regions(len(known))}", f"{word} < {alpha:g}"
        if len(differ):
            verb = "differs" if len(differ) == 1 else "differ"
            named = _named(differ, most)
            parts.append(f"{len(differ)} {total} {verb} ({limit}){f': {named}' if named else ''}.")
        else:
            least = p_statement(word, float(known[word].min()))
            parts.append(f"none {total} differs ({limit}); the smallest {least}.")
    if len(without):
        reasons = without["reason"].astype("str").str.strip()
        why = reasons[reasons != ""].mode()
        parts.append(f"{len(without)} could not be compared{f' ({why[0]})' if len(why) else ''}.")
    return " ".join(parts)


def _regions(n: int) -> str:
    return counted(n, "region", "regions")


def _named(differ: pd.DataFrame, most: int) -> str:
    """Name the first regions with their estimates, and count the others."""
    decimals = decimals_for(differ["se"].to_numpy(dtype=float), least=2)
    first = differ.head(most)
    side = first.get("hemisphere", pd.Series("", first.index)).astype("str")
    full = first.get("region_name", first["region"]).where(lambda name: name != "")
    names = full.fillna(first["region"]).astype("str") + side.where(
        side.isin(["left", "right"]), ""
    ).map(lambda one: f" ({one})" if one else "")
    named = [
        f"{name} {estimate:+.{decimals}f}"
        for name, estimate in zip(names, first["estimate"], strict=True)
    ]
    rest = len(differ) - len(first)
    if rest and named:
        named.append(f"and {rest} more")
    return ", ".join(named).replace(", and ", " and ")
