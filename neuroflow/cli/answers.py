"""The shape of what each command prints with ``--json``: the one home of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuroflow._version import __version__

Shape = dict[str, Any]

_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


def _or_null(kind: str, meaning: str, **more: Any) -> Shape:
    return {"type": [kind, "null"], "description": meaning, **more}


def _text(meaning: str) -> Shape:
    return {"type": "string", "description": meaning}


def _whole(meaning: str) -> Shape:
    return {"type": "integer", "minimum": 0, "description": meaning}


def _yes_no(meaning: str) -> Shape:
    return {"type": "boolean", "description": meaning}


def _texts(meaning: str) -> Shape:
    return {"type": "array", "items": {"type": "string"}, "description": meaning}


def _time(meaning: str) -> Shape:
    return _or_null("string", f"{meaning}; ISO 8601 in UTC", format="date-time", pattern=_TIME)


def _object(meaning: str, values: Mapping[str, Shape], optional: Mapping[str, Shape]) -> Shape:
    return {
        "type": "object",
        "description": meaning,
        "properties": {**values, **optional},
        "required": list(values),
    }


def _rows(meaning: str, **columns: Shape) -> Shape:
    """Return the shape of a table: a list of rows, which may have further columns."""
    return {"type": "array", "items": _object("One row", columns, {}), "description": meaning}


_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_NUMBER = {"type": ["number", "null"]}
_COHORT = _text("The cohort's id")
_FILES = _texts("The files that were written")
_METHODS = _text("Sentences for the methods section")
_REASON = _text("The reason that is recorded")
_STUDY = _text("The study, as it was named")
_STATES = _rows(
    "One row per study", study_id=_TEXT, state=_TEXT, since=_time("In this state since")
)
_COUNTS = {
    "type": "object",
    "additionalProperties": {"type": "integer"},
    "description": "Number of studies in each state",
}
_STATUS = {
    "listed_at": _time("The last status check"),
    "counts": _COUNTS,
    "ledger_warnings": _texts("Why the ledger may not be the right one"),
}
_NEWS = {
    "newly_collected": _texts("Studies with new results"),
    "newly_failed": _texts("Studies that newly failed"),
    "newly_overdue": _texts("Studies that are newly overdue"),
}
_KEY = {
    "file": _text("The private key's file"),
    "kind": _or_null("string", "The kind of key; null where the passphrase is needed to see it"),
    "fingerprint": _or_null("string", "SHA256:..."),
    "public_key": _or_null("string", "The line for the service"),
}
_JOB = {
    "job": {
        **_object(
            "The job that runs, or null",
            {
                "id": _TEXT,
                "name": _TEXT,
                "since": _time("When it began"),
                "is_paused": {"type": "boolean"},
                "is_stopping": {"type": "boolean"},
            },
            {},
        ),
        "type": ["object", "null"],
    }
}
_EXCLUDED = {
    "cohort_id": _COHORT,
    "excluded": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "The reason for each excluded study",
    },
}
_SET_ASIDE = {"set_aside": _rows("The results that are set aside")}
_NOTES = {
    "notes": _rows(
        "The notes",
        label=_TEXT,
        study_id=_TEXT,
        note=_TEXT,
        by=_TEXT,
        at=_time("When it was written"),
    )
}
_REGION = {"region": _TEXT, "metric": _TEXT}


def _analysis(name: str, meaning: str, **columns: Shape) -> dict[str, Shape]:
    return {"methods": _METHODS, "files": _FILES, name: _rows(meaning, **columns)}


ANSWERS: dict[str, dict[str, Shape]] = {
    "key new": _KEY,
    "key show": _KEY,
    "key check": {
        **_KEY,
        "form": _text("OpenSSH, PEM, PKCS #8, ..."),
        "bits": _or_null("integer", "The key's length"),
        "is_protected": {"type": ["boolean", "null"], "description": "It has a passphrase"},
        "permissions": _or_null("string", "The permissions of its file"),
        "is_corrected": _yes_no("Its permissions were corrected"),
    },
    "account-key show": {
        "account": _text("The name of the account"),
        "file": _text("The file of the account key"),
        "tags": _texts("How ids of studies begin; the first is used for new ones"),
    },
    "account-key export": {"file": _text("The file that was written")},
    "account-key import": {"tag": _text("How new ids of studies begin")},
    "connect": {
        "ok": _yes_no("Every stage passed"),
        "profile": _or_null("string", "The profile in use"),
        "profiles": _texts("All profiles"),
        "steps": _rows("The stages", name=_TEXT, ok={"type": "boolean"}, message=_TEXT),
    },
    "survey": {
        "studies": _rows("One row per study", study=_TEXT, kind=_TEXT, files={"type": "integer"}),
        "skipped": _rows("One row per skipped file or folder", path=_TEXT, reason=_TEXT),
    },
    "check": {
        "studies": _whole("Number of studies"),
        "with_errors": _whole("Number of studies with errors"),
        "findings": _rows("What was found", study=_TEXT_OR_NULL, rule=_TEXT, severity=_TEXT),
    },
    "deidentification": {
        "attributes": _rows("One row per attribute", attribute=_TEXT, tag=_TEXT, action=_TEXT)
    },
    "exclude": _EXCLUDED,
    "include": _EXCLUDED,
    "exclude-result": _SET_ASIDE,
    "include-result": _SET_ASIDE,
    "override": {
        "cohort_id": _COHORT,
        "study": _STUDY,
        "rule": _text("The rule's id"),
        "reason": _REASON,
    },
    "override-all": {
        "cohort_id": _COHORT,
        "rule": _text("The rule's id"),
        "studies": _whole("Number of studies"),
        "reason": _REASON,
    },
    "forget": {
        "forgotten": _texts("Cohort and label of each study"),
        "items": _rows("What was removed, and what remains elsewhere"),
    },
    "repeat": {"cohort_id": _COHORT, "study_id": _text("The new id"), "reason": _REASON},
    "fill-in": {
        "cohort_id": _COHORT,
        "study": _STUDY,
        "age": _or_null("number", "Age in years, if it was filled in"),
        "sex": _or_null("string", "Sex, if it was filled in"),
    },
    "package": {
        "cohort_id": _COHORT,
        "packages": _rows(
            "The packages", study_id=_TEXT, file=_TEXT, size={"type": "integer"}, sha256=_TEXT
        ),
        "missing": _whole("Number of studies without a package"),
    },
    "submit": {
        "cohort_id": _COHORT,
        "dry_run": _yes_no("Nothing was sent"),
        "left": _whole("Number of studies that were not sent"),
        "summary": _text("The summary in words"),
        "studies": _rows("One row per study", study_id=_TEXT, action=_TEXT, reason=_TEXT),
        "pilot": {
            "type": "object",
            "description": "With --pilot: the study, and whether it passed",
        },
        "checks": _rows("With --pilot: the checks of its results"),
    },
    "pause": _JOB,
    "resume": _JOB,
    "stop": _JOB,
    "rebuild": {"studies": _rows("One row per study", study_id=_TEXT, state=_TEXT)},
    "log": {
        "file": _text("The file of the log"),
        "events": _rows("The latest events", at=_TEXT, stage=_TEXT, status=_TEXT),
    },
    "note": _NOTES,
    "notes": _NOTES,
    "status": {
        **_STATUS,
        **_NEWS,
        "result_hours": _or_null(
            "object", "Hours from sending to a result: n, median, shortest, longest"
        ),
        "studies": _STATES,
    },
    "collect": {**_STATUS, **_NEWS, "studies": _STATES},
    "watch": {
        **_STATUS,
        **_NEWS,
        "studies": _STATES,
        "waiting": _whole("Number of studies without results"),
    },
    "notify add": {
        "address": _text("The address, without its secret parts"),
        "file": _text("The file with the addresses"),
    },
    "notify list": {
        "addresses": _texts("The addresses, without their secret parts"),
        "file": _text("The file with the addresses"),
    },
    "notify remove": {"address": _text("The address, without its secret parts")},
    "notify test": {"notices": _rows("What each address did", address=_TEXT, reason=_TEXT_OR_NULL)},
    "table": {
        "rows": _whole("Number of rows"),
        "columns": _texts("The names of the columns"),
        "table": _rows("The cohort table; without --to"),
        "file": _text("The file that was written; with --to"),
    },
    "export": {"files": _FILES, "left_out": _rows("Files not written", file=_TEXT, reason=_TEXT)},
    "coverage": {"files": _FILES, "coverage": _rows("One row per region, study, ...")},
    "table-one": {"files": _FILES, "table": _rows("Table 1")},
    "compare": {
        "findings": _text("What was found, a sentence per contrast"),
        "methods": _METHODS,
        "model": {"type": "object", "description": "How it was computed"},
        "files": _FILES,
        "effects": _rows(
            "One row per region, metric and contrast", **_REGION, contrast=_TEXT, p=_NUMBER
        ),
    },
    "compare-cohorts": _analysis(
        "effects", "One row per region, metric, contrast and cohort", **_REGION, contrast=_TEXT
    ),
    "pool-effects": _analysis(
        "effects", "One row per region, metric and contrast", **_REGION, contrast=_TEXT
    ),
    "replication": _analysis("replication", "One row per metric and contrast", r=_NUMBER),
    "compare-sites": _analysis(
        "effects", "One row per region, metric and contrast", **_REGION, contrast=_TEXT, p=_NUMBER
    ),
    "site-differences": {
        "files": _FILES,
        "sites": _rows("One row per region, metric and site", **_REGION, site=_TEXT),
    },
    "harmonize": {"files": _FILES, "harmonized": _text("The method")},
    "z-scores": _analysis("scores", "One row per study and region", study_id=_TEXT, z=_NUMBER),
    "z-summary": _analysis("summary", "One row per study", study_id=_TEXT, beyond=_NUMBER),
    "correlate": _analysis("correlations", "One row per region and metric", **_REGION, r=_NUMBER),
    "correlate-regions": _analysis(
        "correlations", "One row per pair of regions", region_1=_TEXT, region_2=_TEXT, r=_NUMBER
    ),
    "asymmetry": {
        "file": _text("The file that was written"),
        "rows": _whole("Number of rows"),
    },
    "accuracy": _analysis("accuracy", "One row per region or score", auc=_NUMBER),
    "compare-auc": _analysis("areas", "One row per pair of scores"),
    "calibration": _analysis("calibration", "One row per measure", measure=_TEXT, value=_NUMBER),
    "confusion-matrix": _analysis("counts", "One row per diagnosis, and all", truth=_TEXT),
    "power": _analysis("sizes", "One row per region and contrast", n_per_arm=_NUMBER),
    "repeatability": _analysis("repeatability", "One row per region and metric", **_REGION),
    "person-change": _analysis("changes", "One row per person, region and metric", **_REGION),
    "compare-arms": _analysis("effects", "One row per visit, region and metric", **_REGION),
    "plot": {"files": _FILES, "caption": _text("What the figure shows")},
    "report": {"file": _text("The file that was written")},
    "verify": {
        "n_compared": _whole("Number of texts that were computed again"),
        "n_differing": _whole("Number of those that differ"),
        "made_with": {"description": "The versions that made the file"},
        "differing": _rows("Those that differ"),
    },
    "explain": {"anchor": _text("The name of the error"), "text": _text("Its explanation")},
}
"""The keys of each command's answer, with the shape of their values."""

OPTIONAL: dict[str, tuple[str, ...]] = {
    "submit": ("pilot", "checks", "dry_run", "left", "summary", "studies"),
    "table": ("table", "file"),
    "status": tuple(_NEWS),
}
"""Keys that an answer has with some options only; a pilot that ends has no list of studies."""

ERROR: dict[str, Shape] = {
    "kind": _text("The class of the error in Python"),
    "anchor": _text("Its name for neuroflow explain"),
    "what": _text("What happened"),
    "why": _text("Why"),
    "advice": _text("What to do"),
    "study_id": _or_null("string", "The study, if it is about one"),
    "exit_code": {"type": "integer", "description": "The exit code of the command"},
}
"""The keys of every error."""


def schema(command: str) -> Shape:
    """Return the JSON Schema of a command's answer: its keys, or an error.

    >>> schema("report")["anyOf"][0]["required"]
    ['file']
    """
    optional = OPTIONAL.get(command, ())
    shape = ANSWERS[command]
    answer = _object(
        f"The answer of neuroflow {command}",
        {name: value for name, value in shape.items() if name not in optional},
        {name: shape[name] for name in optional},
    )
    error = _object("An error", ERROR, {})
    failed = {"type": "object", "properties": {"error": error}, "required": ["error"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"neuroflow {command} --json",
        "$comment": f"neuroflow {__version__}; new keys may be added",
        "anyOf": [answer, failed],
    }
