"""How free water changes over the years in each group: the demo's known truth."""

from __future__ import annotations

YEARLY_CHANGE = {
    "Control": {},
    "PD": {"pSN": 0.010},
    "MSA": {"Putamen": 0.020, "MCP": 0.015, "pSN": 0.012},
    "PSP": {"SCP": 0.020, "pSN": 0.012, "RN": 0.012, "aSN": 0.012},
}
"""Mean change of free water per year, beyond that of age, by group and region.

Our own numbers: large enough to be found in the demo, in the regions where they are known.

References: Ofori E et al. (2015), Brain 138:2322-2331; Guttuso T et al. (2021), Mov Disord
36:2346-2355 (free water rises over the years).
"""

SLOPE_SD = 0.4
"""SD of a person's own change, as a fraction of the group's: our assumption."""
