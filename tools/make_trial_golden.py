"""Write nlme's model of repeated measures that a test compares with (needs R with nlme)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from compare.longitudinal.test_arms import trial, wide  # noqa: E402

SCRIPT = """
library(nlme)
d <- read.csv(file("stdin"))
d$base <- d$base - mean(d$base)
d$visit <- factor(d$visit, levels = c("month6", "month12"))
d$drug <- as.numeric(d$arm == "Drug")
fit <- gls(change ~ 0 + visit + visit:drug + visit:base, data = d,
           correlation = corSymm(form = ~ as.integer(visit) | participant_id),
           weights = varIdent(form = ~ 1 | visit), control = glsControl(tolerance = 1e-10))
s <- summary(fit)$tTable
for (v in c("month6", "month12")) {
  row <- s[paste0("visit", v, ":drug"), ]
  cat(v, format(row[1], digits = 12), format(row[2], digits = 12), sep = ",")
  cat("\\n")
}
"""


def main() -> None:
    """Send the table to R, and write estimates and standard errors."""
    people = wide(trial(missing=0.15))
    rows = people.melt(["participant_id", "arm", "base"], ["month6", "month12"], "visit")
    rows["change"] = rows["value"] - rows["base"]
    data = rows.dropna().to_csv(index=False, float_format="%.17g")
    done = subprocess.run(  # noqa: S603
        ["Rscript", "-e", SCRIPT],  # noqa: S607
        input=data,
        capture_output=True,
        text=True,
        check=True,
    )
    golden = ROOT / "tests" / "compare" / "longitudinal" / "gls.csv"
    golden.write_text("visit,estimate,se\n" + done.stdout)


if __name__ == "__main__":
    main()
