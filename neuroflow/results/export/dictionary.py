"""What the columns of tables mean, for the files that others receive."""

from __future__ import annotations

import pandas as pd

from neuroflow.matrix import resolve

DICTIONARY: dict[str, tuple[str, str, str]] = {
    "cohort_id": ("The cohort the study was sent with", "", "workspace"),
    "study_id": ("The study; the name of its result folder", "", "service"),
    "participant_id": ("The participant's label", "", "participants.tsv"),
    "session_id": ("The visit", "", "participants.tsv"),
    "group": ("The participant's group", "", "participants.tsv"),
    "site": ("The site of the scan", "", "participants.tsv"),
    "age": ("Age at the scan", "years", "participants.tsv"),
    "sex": ("Sex: M or F", "", "participants.tsv"),
    "region": ("The region's identifier", "", "neuroflow's dictionary of regions"),
    "region_name": ("The region's name", "", "neuroflow's dictionary of regions"),
    "kind": (
        "roi (region of interest), tcatt (transcallosal tract), smatt (sensorimotor area tract), "
        "tract, or unknown",
        "",
        "neuroflow's dictionary of regions",
    ),
    "system": ("The part of the brain", "", "neuroflow's dictionary of regions"),
    "hemisphere": (
        "left, right, midline, bilateral (one value for both sides), commissural, or unknown",
        "",
        "neuroflow's dictionary of regions",
    ),
    "metric": (
        "FW: free water, a fraction; FAt: fractional anisotropy after the free water was taken "
        "out, a fraction (files may write FA); MD: mean diffusivity",
        "",
        "aidp.csv",
    ),
    "value": ("The metric's mean in the region", "fraction (FW, FAt)", "aidp.csv"),
}
"""Columns of the cohort table: meaning, unit, source."""

FACTS: dict[str, tuple[str, str, str]] = {
    "in_studies": ("Whether the study belongs to the workspace", "", "workspace"),
    "in_participants": ("Whether participants.tsv has a row for it", "", "participants.tsv"),
    "source": ("The file that holds the values", "", "folder of results"),
    "layout": ("The layout of the file: long, wide or transposed", "", "recognised"),
    "delimiter": ("The character between its cells", "", "recognised"),
    "decimal": ("Its decimal mark", "", "recognised"),
    "encoding": ("Its character encoding", "", "recognised"),
    "sha256": ("Its digest", "", "computed"),
    "n_values": ("Number of numeric values in the file", "values", "aidp.csv"),
    "n_given": ("Number of values in the file", "values", "aidp.csv"),
    "labels": ("The classifications", "", "prediction.txt"),
    "product": ("The product that made the report", "", "prediction.txt"),
    "model_version": ("The version of its model", "", "prediction.txt"),
    "order_id": ("The service's order", "", "prediction.txt"),
    "report_date": ("The report's date", "", "prediction.txt"),
    "failure": ("Why the study failed; empty if it did not", "", "prediction.txt"),
    "quality": ("The verdict of a report on quality control: pass or fail", "", "report"),
    "report": ("Path of the text report", "", "folder of results"),
    "report_form": ("The form that the report was read as", "", "recognised"),
    "report_understood": ("Share of its lines that were understood", "fraction", "computed"),
    "cross_check": (
        "Whether the report's biomarkers are those of aidp.csv: agrees, differs or not compared",
        "",
        "computed",
    ),
    "cross_check_detail": (
        "Which agree; or which differ, and the likely cause",
        "",
        "computed",
    ),
    "picture": ("Path of the visual report", "", "folder of results"),
    "not_read": ("Further files of the study, perhaps of another product", "", "folder of results"),
    "warnings": ("Warnings about the study's files", "", "neuroflow"),
}
"""Columns of the facts of studies besides those of the cohort table."""

EFFECTS: dict[str, tuple[str, str, str]] = {
    "contrast": ("What is compared: the first side minus the second", "", "computed"),
    "n1": (
        "Studies of the first side; of all groups where any difference is tested",
        "",
        "computed",
    ),
    "n2": ("Studies of the second side", "", "computed"),
    "mean1": ("Mean of the first side, adjusted for covariates", "as the metric", "computed"),
    "mean2": ("Mean of the second side, adjusted for covariates", "as the metric", "computed"),
    "estimate": ("The difference of the means", "as the metric", "computed"),
    "se": ("Its standard error", "as the metric", "computed"),
    "ci_low": ("Lower end of its confidence interval", "as the metric", "computed"),
    "ci_high": ("Upper end of its confidence interval", "as the metric", "computed"),
    "statistic": ("t, F, U or H of the test", "", "computed"),
    "df": ("Degrees of freedom; of F those of the denominator", "", "computed"),
    "df_num": ("Degrees of freedom of the numerator", "", "computed"),
    "p": ("p value", "", "computed"),
    "q": ("p value corrected for multiple comparisons", "", "computed"),
    "effect_size": ("The standardised effect", "", "computed"),
    "effect_size_ci_low": ("Lower end of its confidence interval", "", "computed"),
    "effect_size_ci_high": ("Upper end of its confidence interval", "", "computed"),
    "np2": ("Partial eta squared", "", "computed"),
    "np2_ci_low": ("Lower end of the confidence interval of np2", "", "computed"),
    "np2_ci_high": ("Upper end of the confidence interval of np2", "", "computed"),
    "p_equivalence": ("p of two one-sided tests against the margin", "", "computed"),
    "q_equivalence": ("p_equivalence corrected for multiple comparisons", "", "computed"),
    "equivalent": ("True where the difference is within the margin", "", "computed"),
    "centile": ("Percentage of the reference below the value", "%", "computed"),
    "reason": ("Why the test could not be computed", "", "computed"),
}
"""Columns of comparisons of groups besides those of the cohort table."""

FINDINGS: dict[str, tuple[str, str, str]] = {
    "study": ("The study's label on this computer", "", "folders and headers"),
    "folder": ("The folder or archive of the study", "", "this computer"),
    "n_files": ("Files of the study", "files", "this computer"),
    "rule": ("The id of the rule, as overrides name it", "", "neuroflow"),
    "parameter": ("What the rule is about", "", "neuroflow"),
    "severity": ("error (blocks the study), warning or note", "", "neuroflow"),
    "measured": ("What the study has", "", "headers"),
    "accepted": ("What neuropacs accepts", "", "source"),
    "advice": ("What to do; how an overridden rule was justified", "", "neuroflow"),
    "source": ("The document that states the rule", "", "neuroflow"),
}
"""Columns of the findings of checks."""

_PREFIXES: dict[str, tuple[str, str, str]] = {
    "p_": ("Probability", "fraction", "prediction.txt"),
    "sentence_": ("The report's sentence on the class", "", "prediction.txt"),
    "control_mean_": ("Mean of the service's controls", "fraction", "prediction.txt"),
    "control_sd_": ("SD of the service's controls", "fraction", "prediction.txt"),
    "report_": ("Value in the report", "", "prediction.txt"),
    "aidp_": ("As it is in the file", "", "aidp.csv"),
}


def data_dictionary(table: pd.DataFrame) -> pd.DataFrame:
    """Describe the columns of a table.

    >>> data_dictionary(pd.DataFrame(columns=["age"])).iloc[0].tolist()
    ['age', 'Age at the scan', 'years', 'participants.tsv']
    """
    known = DICTIONARY | (EFFECTS if "estimate" in table else {})
    known |= FINDINGS if {"severity", "measured"} <= set(table) else {}
    describe = _described_fact if {"source", "warnings"} <= set(table) else _described
    rows = [(name, *(known.get(name) or describe(name))) for name in map(str, table)]
    return pd.DataFrame(rows, columns=["column", "meaning", "unit", "source"])


def _described(column: str) -> tuple[str, str, str]:
    """Describe a column that is not the cohort table's own: of a region, or a covariate."""
    found = resolve(column)
    if not found.known:
        return "A further column", "", "participants.tsv, or aidp.csv"
    unit = "" if found.metric == "MD" else "fraction"
    side = f", {found.hemisphere}" if found.hemisphere in ("left", "right") else ""
    metric = f": {found.metric}" if found.metric else ""
    return f"{found.region_name}{side}{metric}", unit, "aidp.csv"


def _described_fact(column: str) -> tuple[str, str, str]:
    """Describe a column of the facts of studies."""
    of_prefix = (meaning for start, meaning in _PREFIXES.items() if column.startswith(start))
    return FACTS.get(column) or next(of_prefix, None) or _described(column)
