#!/usr/bin/env python3
"""Prints what SciPy and NumPy make of fixed numbers, against which nsbench's statistics are tested.

    python3 -m venv venv && venv/bin/pip install scipy statsmodels
    venv/bin/python tests/statistics/reference.py >tests/statistics/reference.json

Student's distribution, the interval of a mean and quartiles are the libraries' own. The ratio's test is Welch's formula for
the degrees of freedom, written out here, on the relative variances of the two means; where the spreads are under 2 %
it must agree with SciPy's own Welch test of the logarithms of the figures, which is checked (within 5 % of p).
"""

import json

import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

SAMPLES = [
    [8.0, 10.0, 12.0],
    [6923.1, 6917.0, 6883.9, 6884.0, 6829.6],
    [31.2e6, 30.9e6, 31.8e6, 33.0e6, 29.5e6, 31.1e6],
    [9.91e9, 9.87e9],
    [1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0, 144.0],
]
PAIRS = [
    ([8.0, 10.0, 12.0], [18.0, 20.0, 22.0]),
    ([6923.1, 6917.0, 6883.9, 6884.0, 6829.6], [5862.7, 5894.4, 5902.7, 5893.0, 5855.9, 5873.5]),
    ([100.1, 99.9, 100.4, 99.7, 100.0], [100.3, 99.8, 100.2, 100.6, 99.9, 100.1, 100.0]),
    ([9.91e9, 9.87e9], [9.2e9, 9.4e9, 9.3e9]),
]
FAMILIES = [
    [0.01, 0.04, 0.03, 0.005],
    [0.5, 0.6, 0.02],
    [0.001, 0.001, 0.9, 0.02, 0.02, 1.0],
]


def sample(figures):
    array = numpy.array(figures)
    interval = stats.t.interval(0.95, len(array) - 1, array.mean(), stats.sem(array))
    return {
        "figures": figures,
        "mean": float(array.mean()),
        "median": float(numpy.median(array)),
        "deviation": float(array.std(ddof=1)),
        "ci95": [float(end) for end in interval],
        "quartiles": [float(q) for q in numpy.quantile(array, [0.25, 0.75])],
    }


def ratio(figures, baseline):
    parts = []
    for array in (numpy.array(figures), numpy.array(baseline)):
        parts.append((array.mean(), (stats.sem(array) / array.mean()) ** 2, len(array) - 1))
    (mean, a, n), (base, b, m) = parts
    freedom = (a + b) ** 2 / (a**2 / n + b**2 / m)
    log = numpy.log(mean / base)
    error = numpy.sqrt(a + b)
    reach = stats.t.ppf(0.975, freedom) * error
    p = 2 * stats.t.sf(abs(log) / error, freedom)
    if numpy.sqrt(max(a * (n + 1), b * (m + 1))) < 0.02:
        own = stats.ttest_ind(numpy.log(figures), numpy.log(baseline), equal_var=False).pvalue
        assert abs(own - p) < 0.05 * p, (own, p)
    return {
        "figures": figures,
        "baseline": baseline,
        "value": float(mean / base),
        "p": float(p),
        "ci95": [float(mean / base * numpy.exp(sign * reach)) for sign in (-1, 1)],
    }


degrees = [1, 1.5, 2, 2.94, 3, 4, 5.37, 8, 9.999, 14, 29, 30.5, 100, 1234.5, 1e6]
print(json.dumps({
    "made_by": f"tests/statistics/reference.py, scipy {scipy.__version__}, numpy {numpy.__version__}, "
    f"statsmodels {statsmodels.__version__}",
    "two_sided": [
        {"t": t, "freedom": freedom, "p": float(2 * stats.t.sf(t, freedom))}
        for freedom in degrees
        for t in (0.01, 0.5, 1.0, 1.96, 2.776, 5.0, 12.0)
        if 2 * stats.t.sf(t, freedom) > 1e-30
    ],
    "quantiles": [{"freedom": freedom, "t": float(stats.t.ppf(0.975, freedom))} for freedom in degrees],
    "samples": [sample(figures) for figures in SAMPLES],
    "ratios": [ratio(*pair) for pair in PAIRS],
    "holm": [{"p": p, "adjusted": [float(q) for q in multipletests(p, method="holm")[1]]} for p in FAMILIES],
}, indent=1))
