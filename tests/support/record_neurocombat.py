r"""Write combat_recorded.csv: values before and after neuroCombat 0.2.12, by the authors of ComBat.

It was written for numpy 1, so that it is run once, outside the project:

    python3.11 -m venv /tmp/old && /tmp/old/bin/pip install \
        "numpy<2" "pandas<3" scipy neurocombat==0.2.12
    /tmp/old/bin/python tests/support/record_neurocombat.py

neuroCombat stops when a step is below 1e-4, ``exact`` goes on to 1e-14. It reads covariates as
float32: whole years lose nothing by that.
"""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

N, M = 60, 8


def drawn():
    """Studies of three sites that differ in level and spread, and in age."""
    rng = np.random.default_rng(5)
    site = rng.permutation(np.repeat([0, 1, 2], [25, 20, 15]))
    studies = pd.DataFrame(
        {
            "study_id": [f"s{i:02d}" for i in range(N)],
            "site": np.array(["A", "B", "C"])[site],
            "group": rng.choice(["Control", "PD", "PSP"], N),
            "age": (rng.normal(66, 8, N) + 3 * site).round(),
            "sex": rng.choice(["F", "M"], N),
        }
    )
    mean = 0.002 * studies["age"] + 0.05 * (studies["group"] == "PSP")
    shift = rng.normal([0, 0.03, -0.02], 0.01, (M, 3)).T[site]
    spread = np.array([0.04, 0.06, 0.03])[site]
    values = mean.to_numpy()[:, None] + shift + rng.normal(0, spread, (M, N)).T
    return studies, values.round(4)


def harmonised(studies, values, step):
    module = import_module("neuroCombat.neuroCombat")
    module.it_sol.__defaults__ = (step,)
    return module.neuroCombat(
        dat=values.T,
        covars=studies,
        batch_col="site",
        categorical_cols=["group", "sex"],
        continuous_cols=["age"],
    )["data"].T


def main():
    studies, values = drawn()
    parts = {
        "raw": values,
        "neurocombat": harmonised(studies, values, 1e-4),
        "exact": harmonised(studies, values, 1e-14),
    }
    columns = {f"{name}{i}": part[:, i] for name, part in parts.items() for i in range(M)}
    table = pd.concat([studies, pd.DataFrame(columns)], axis=1)
    path = Path(__file__).with_name("combat_recorded.csv")
    table.to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
