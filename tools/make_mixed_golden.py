"""Write the mixed models of lme4 and lmerTest that the tests compare with.

python tools/make_mixed_golden.py (needs R with lme4 and lmerTest)
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from support.follow_up import SEEDS, contrasts_of, design_of, follow_up  # noqa: E402

GOLDEN = ROOT / "tests" / "compare" / "longitudinal" / "lmer.csv"
SCRIPT = """
suppressMessages(library(lmerTest))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5),
                       check.conv.grad = "ignore", check.conv.hess = "ignore",
                       check.conv.singular = "ignore")
folder <- commandArgs(trailingOnly = TRUE)[1]
rows <- NULL
for (file in sort(list.files(folder, "^table"))) {
  seed <- as.integer(gsub("[^0-9]", "", file))
  data <- read.csv(file.path(folder, file))
  x <- as.matrix(read.csv(file.path(folder, sub("table", "design", file))))
  weights <- as.matrix(read.csv(file.path(folder, sub("table", "contrast", file)), row.names = 1))
  for (random in c("(1 + time | person)", "(1 | person)")) {
    fit <- lmer(as.formula(paste("value ~ 0 + x +", random)), data, control = control)
    for (name in rownames(weights)) {
      test <- contest1D(fit, weights[name, ])
      rows <- rbind(rows, data.frame(seed, random = ifelse(random == "(1 | person)", "intercept",
        "intercept and slope"), contrast = name, estimate = test$Estimate,
        se = test$`Std. Error`, df = test$df, singular = isSingular(fit, 1e-3),
        sd = sigma(fit)))
    }
  }
}
write.csv(format(rows, digits = 12, trim = TRUE), stdout(), row.names = FALSE, quote = FALSE)
"""


def main() -> None:
    """Make the tables, fit them in R, and write what it says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in SEEDS:
            table = follow_up(seed)
            design, names = design_of(table)
            table.to_csv(folder / f"table{seed:02d}.csv", index=False, float_format="%.17g")
            pd.DataFrame(design).to_csv(
                folder / f"design{seed:02d}.csv", index=False, float_format="%.17g"
            )
            pd.DataFrame(contrasts_of(names)).T.to_csv(folder / f"contrast{seed:02d}.csv")
        (folder / "run.R").write_text(SCRIPT)
        done = subprocess.run(  # noqa: S603
            ["Rscript", folder / "run.R", folder],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    GOLDEN.write_text(done.stdout)


if __name__ == "__main__":
    main()
