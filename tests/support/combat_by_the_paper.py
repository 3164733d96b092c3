"""ComBat a second time, value by value as Johnson et al. (2007) write it, to check the first."""

import numpy as np


def combat_by_the_paper(values, site, kept, steps=2000):
    """Harmonise studies x regions; `kept` holds the columns of group and covariates."""
    sites = sorted(set(site))
    indicators = np.array([[float(own == name) for name in sites] for own in site])
    design = np.hstack([indicators, kept])
    z, expected, sigma = (np.full(values.shape, np.nan) for _ in range(3))
    for g in range(values.shape[1]):  # equations 2.1 and 2.2
        rows = np.isfinite(values[:, g])
        beta = np.linalg.lstsq(design[rows], values[rows, g], rcond=None)[0]
        alpha = indicators[rows].mean(axis=0) @ beta[: len(sites)]
        residual = values[rows, g] - design[rows] @ beta
        expected[rows, g] = alpha + kept[rows] @ beta[len(sites) :]
        sigma[rows, g] = np.sqrt((residual**2).mean())
        z[rows, g] = (values[rows, g] - expected[rows, g]) / sigma[rows, g]
    harmonised = np.full(values.shape, np.nan)
    for name in sites:
        own = np.asarray(site) == name
        regions = [z[own, g][np.isfinite(z[own, g])] for g in range(values.shape[1])]
        gamma_hat = [float(np.mean(region)) for region in regions]
        delta_hat = [float(np.var(region, ddof=1)) for region in regions]
        gamma_bar, tau2 = np.mean(gamma_hat), np.var(gamma_hat, ddof=1)
        m, s2 = np.mean(delta_hat), np.var(delta_hat, ddof=1)
        lam, theta = (m**2 + 2 * s2) / s2, (m**3 + m * s2) / s2
        for g, region in enumerate(regions):
            n, delta = len(region), delta_hat[g]
            for _ in range(steps):  # equation 2.4
                gamma = (n * tau2 * gamma_hat[g] + delta * gamma_bar) / (n * tau2 + delta)
                delta = (theta + ((region - gamma) ** 2).sum() / 2) / (n / 2 + lam - 1)
            unscaled = (z[own, g] - gamma) / np.sqrt(delta)
            harmonised[own, g] = unscaled * sigma[own, g] + expected[own, g]
    return harmonised
