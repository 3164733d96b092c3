"""What a text report says in short: its prediction, and its main facts in words."""

from __future__ import annotations

from dataclasses import dataclass

from neuroflow.results import Biomarker, parse_report

_CLASSES = {
    "atypical": "Probability of MSA or PSP, not PD",
    "psp_vs_msap": "Probability of PSP, not MSA",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A report in short."""

    prediction: str = ""
    has_warning: bool = False  # Its quality control found something


def verdict_of(text: str) -> Verdict:
    """Return the prediction of a text report, and whether it warns."""
    report = parse_report(text)
    named = next(iter(report.labels.values()), "")
    if not named and "atypical" in report.classes:
        named = "MSA or PSP" if report.classes["atypical"] >= 0.5 else "PD"
    elif not named and report.probabilities:
        named = max(report.probabilities, key=lambda name: report.probabilities[name])
    return Verdict(named, bool(report.quality) and "pass" not in report.quality.casefold())


def facts_of(text: str) -> tuple[tuple[str, str], ...]:
    """Return the main facts of a text report."""
    report = parse_report(text)
    pairs = [("Failed", report.failure)] if report.failure else []
    pairs += [("Quality control", report.quality)] if report.quality else []
    pairs += list(report.labels.items())
    pairs += [(_CLASSES[name], f"{part:.1%}") for name, part in report.classes.items()]
    pairs += [
        (f"Probability of {name}", f"{part:.1%}") for name, part in report.probabilities.items()
    ]
    pairs += [("Interpretation", text) for name, text in report.sentences.items()]
    pairs += [
        (f"Free water, {region}", _with_controls(biomarker))
        for region, biomarker in report.biomarkers.items()
    ]
    pairs += [("Report of", report.date.isoformat())] if report.date else []
    pairs += [("Product", report.product), ("Model version", report.model_version)]
    if report.n_unknown:
        pairs.append(("Lines understood", f"{report.share:.0%}"))
    return tuple((name, value) for name, value in pairs if value)


def _with_controls(biomarker: Biomarker) -> str:
    """Write a value, and mean and SD of the service's controls behind it."""
    text = f"{biomarker.value:.{max(2, min(biomarker.digits, 6))}f}"
    if biomarker.mean is None:
        return text
    spread = "" if biomarker.sd is None else f" ± {biomarker.sd:.4f}"
    return f"{text} (controls {biomarker.mean:.4f}{spread})"
