"""Every published grammar of a report, written for invented orders."""

import json

ORDER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CONTROLS = {
    "MCP": (0.0738, 0.0259),
    "Putamen": (0.1765, 0.0610),
    "SCP": (0.2989, 0.0762),
    "pSN": (0.1753, 0.0420),
}
VALUES = {"MCP": 0.0611, "Putamen": 0.2034, "SCP": 0.3127, "pSN": 0.2456}
ATYPICAL, PSP = 0.8125, 0.3437


def _biomarker_lines(values, digits=4):
    for region, (mean, sd) in CONTROLS.items():
        yield f"{region} Free Water Value:{values[region]:.{digits}f}"
        yield f"{region} Control Mean:{mean:.4f}"
        yield f"{region} Control StDev:{sd:.4f}"


def text_2024(values=VALUES, keys=("MSAPSPvsPD", "PSPvsMSA"), order=ORDER):
    return "\n".join(
        [
            f"Order ID:{order}",
            "Date (Y-M-D):2024-08-19",
            "Input:5120 DICOM files",
            "Analysis:PD/MSA/PSP-v1.0",
            "ML Version:TEST_31",
            f"{keys[0]}:{ATYPICAL}",
            f"{keys[0]} Info:Of the two, MSA or PSP is the more probable one.",
            f"{keys[1]}:{PSP}",
            f"{keys[1]} Info:Of the two, MSA is the more probable one.",
            *_biomarker_lines(values),
            "Disclaimer:For research; a physician decides, whatever this report says.",
            "",
        ]
    )


def text_2025(values=VALUES):
    return text_2024(values, ("Atypical", "PSPvsMSAp"))


def instructions_for_use(values=VALUES):
    text = text_2024(values, ("Atypical", "MSAp/PSP"))
    return (
        text.replace("Order ID:", "Request ID:")
        .replace("Date (Y-M-D):", "Date:")
        .replace("Analysis:PD/MSA/PSP", "Processing Type:Atypical/MSAp/PSP")
    )


def text_2023(values=VALUES):
    levels = ", ".join(f"{region}={value:.2f}" for region, value in values.items())
    return (
        f"Order ID: {ORDER}\nDate: 2023-11-02\nProduct: PD/MSA/PSP-v1.0\n"
        f"PD probability vs. MSA/PSP: {100 * (1 - ATYPICAL):.2f}%\n"
        f"MSA probability vs. PSP: {100 * (1 - PSP):.2f}%\nBiomarker levels: {levels}\n"
    )


def json_texts(values=VALUES):
    result = {"Atypical": f"{ATYPICAL}", "PSPvsMSAp": f"{PSP}"}
    result |= {f"FW{region}": f"{value:.4f}" for region, value in values.items()}
    return json.dumps(
        {"orderID": ORDER, "date": "2025-02-01", "product": "PD/MSAp/PSP-v1.0", "result": result}
    )


def json_objects(values=VALUES):
    results = {
        "Atypical": {"value": ATYPICAL, "info": "MSA or PSP is more probable."},
        "PSPvsMSAp": {"value": PSP},
    }
    results |= {
        f"FW{region}": {"value": value, "controlMean": CONTROLS[region][0]}
        for region, value in values.items()
    }
    return json.dumps(
        {
            "orderID": ORDER, "date": "2025-06-11", "input": "5120 DICOM files",
            "analysis": "PD/MSAp/PSP-v1.0", "mlVersion": "TEST_31", "results": results,
        },
        indent=1,
    )  # fmt: skip


def xml(values=VALUES):
    data = "".join(f'<data name="FW{r}" value="{v:.4f}"/>' for r, v in values.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<neuropacs orderID="{ORDER}" date="2025-02-01" product="PD/MSAp/PSP-v1.0">'
        f'<result name="Atypical" value="{ATYPICAL}"/><result name="PSPvsMSAp" value="{PSP}"/>'
        f"{data}</neuropacs>\n"
    )


PREDICTIONS = {
    "text of 2023": text_2023,
    "text of 2024": text_2024,
    "text of 2025": text_2025,
    "instructions for use": instructions_for_use,
    "JSON of texts": json_texts,
    "JSON of objects": json_objects,
    "XML": xml,
}

FAILURE = (
    "Failure Report\nReason for Failure\nApplication: PRE-PROCESSING\n"
    "Reason: Study failed eligibility processing\nFor help write to support@example.org\n"
)
QUALITY = {
    "list": json.dumps(
        [{"Name": f"check {n}", "Status": "PASS"} for n in range(11)] + [{"Status": "PASS"}]
    ),
    "object": '{"status": "PASS"}',
    "text": "QC PASSED\n",
}
FAILED_QUALITY = {
    "list": json.dumps(
        [{"Name": f"check {n}", "Status": "FAIL" if n == 4 else "PASS"} for n in range(11)]
        + [{"Status": "FAIL"}]
    ),
    "object": '{"status": "fail"}',
    "text": "QC FAILED",
}
