"""Options of `compare_groups` that do not fit each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from neuroflow.compare.stats import Robust, Standardizer, Weights, parse_terms
from neuroflow.errors import OptionError, Wording
from neuroflow.matrix import check_choice, check_number

Method = Literal["linear", "welch", "mannwhitney"]
_LINEAR = Wording('Use method="linear".', cli="Use --method linear.", form="Use the linear model.")


def check_tests(method: str, margin: float | None, correction: str, robust: str) -> None:
    """Refuse a margin or permutations where they have no meaning."""
    if margin is not None:
        check_number("margin", margin)
        if method == "mannwhitney":
            raise OptionError(
                "The method mannwhitney takes no margin.",
                advice=Wording(
                    'Use method="linear" or "welch".',
                    cli="Use --method linear or --method welch.",
                    form="Choose the linear model or Welch's test.",
                ),
            )
    if correction == "maxt" and (method != "linear" or robust == "HC3"):
        raise OptionError(
            "Permutations are of the linear model with ordinary or cluster errors.",
            why="With HC3 the spreads differ, and studies could not be exchanged.",
            advice=Wording(
                'Use another correction, such as "holm", or robust="none".',
                cli="Use another correction, as --correction holm, or --robust none.",
                form="Choose another correction, or ordinary standard errors.",
            ),
        )


def check_adjusted(by: str, covariates: str | Sequence[str]) -> None:
    """Refuse to adjust for what is compared; an interaction with it is no such thing."""
    if any(len(term) == 1 and term[0].column == by for term in parse_terms(covariates)):
        raise OptionError(
            f"The groups in {by!r} cannot be compared and adjusted for at the same time.",
            advice=f"Remove {by} from the covariates.",
            about="covariates",
        )


def check_options(
    method: str,
    robust: str,
    covariates: str | Sequence[str],
    omnibus: bool | str,
    confidence: float,
) -> None:
    """Refuse what no method, or not this method, takes."""
    check_choice("method", method, get_args(Method))
    check_choice("robust", robust, get_args(Robust))
    check_number("confidence", confidence, below=1)
    if omnibus not in (True, False, "only"):
        raise OptionError(
            f"omnibus must be one of three values, not {omnibus!r}.",
            advice='Choose True, False or "only".',
        )
    if method != "linear" and (covariates or robust != "none"):
        raise OptionError(
            f"The method {method} takes no covariates or robust standard errors.",
            advice=_LINEAR,
        )


def check_standardizer(method: str, standardizer: str, weights: str) -> None:
    """Refuse a standardizer of a method that has its own."""
    check_choice("standardizer", standardizer, get_args(Standardizer))
    check_choice("weights", weights, get_args(Weights))
    if method != "linear" and standardizer != "residual":
        raise OptionError(f"The method {method} takes no standardizer.", advice=_LINEAR)
