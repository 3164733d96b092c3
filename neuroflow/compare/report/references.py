"""The works that a methods section cites, each with its DOI where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORKS = {
    "free water": "Pasternak O et al. (2009), Magn Reson Med 62:717-730, doi:10.1002/mrm.22055",
    "regions": (
        "Archer DB et al. (2019), Lancet Digit Health 1:e222-e231, "
        "doi:10.1016/S2589-7500(19)30105-0"
    ),
    "adjusted means": (
        "Searle SR et al. (1980), Am Stat 34:216-221, doi:10.1080/00031305.1980.10483031"
    ),
    "HC3": "MacKinnon JG, White H (1985), J Econom 29:305-325, doi:10.1016/0304-4076(85)90158-7",
    "cluster": (
        "Pustejovsky JE, Tipton E (2018), J Bus Econ Stat 36:672-683, "
        "doi:10.1080/07350015.2016.1247004"
    ),
    "welch": "Welch BL (1947), Biometrika 34:28-35, doi:10.1093/biomet/34.1-2.28",
    "mannwhitney": (
        "Mann HB, Whitney DR (1947), Ann Math Stat 18:50-60, doi:10.1214/aoms/1177730491"
    ),
    "mixed": "Laird NM, Ware JH (1982), Biometrics 38:963-974, doi:10.2307/2529876",
    "hedges": "Hedges LV (1981), J Educ Stat 6:107-128, doi:10.3102/10769986006002107",
    "delong": "DeLong ER et al. (1988), Biometrics 44:837-845, doi:10.2307/2531595",
    "spearman": "Bonett DG, Wright TA (2000), Psychometrika 65:23-28, doi:10.1007/BF02294183",
    "pooled": "Hartung J, Knapp G (2001), Stat Med 20:1771-1782, doi:10.1002/sim.791",
    "bh": (
        "Benjamini Y, Hochberg Y (1995), J R Stat Soc B 57:289-300, "
        "doi:10.1111/j.2517-6161.1995.tb02031.x"
    ),
    "holm": "Holm S (1979), Scand J Stat 6:65-70",
}


def references(facts: Mapping[str, Any]) -> list[str]:
    """Return the works behind a result, in the order in which the methods mention them.

    >>> references({"metrics": ["MD"], "correction": "holm"})
    ['Holm S (1979), Scand J Stat 6:65-70']
    """
    effect = str(facts.get("effect_size", ""))
    areas = facts.get("accuracy") in ("region", "score", "pairs")
    linear = facts.get("method") == "linear" and facts.get("covariates")
    used = [
        *(["free water"] if {"FW", "FAt"} & set(facts.get("metrics", ())) else []),
        *(["regions"] if facts.get("service") else []),
        *(["adjusted means"] if linear else []),
        *(str(facts.get(name, "")) for name in ("standard_errors", "method", "correlation")),
        *(["hedges"] if "Hedges" in effect else []),
        *(["delong"] if areas or "DeLong" in effect else []),
        *(["pooled"] if "pooled" in facts else []),
        *(str(facts.get(name, "")) for name in ("correction", "post_hoc")),
    ]
    return [WORKS[name] for name in dict.fromkeys(used) if name in WORKS]
