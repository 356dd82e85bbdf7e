"""Random cases for the metrics, with the figures of scikit-learn, scipy and seqeval.

python tools/oracle/make_metrics.py tests/oracle/metrics/cases.json   (writes cases.provenance.json beside it)

One JSON object a line. Probabilities are whole numbers of 64ths, so every row sums to exactly one and ties occur.
"""
import functools
import json
import math
import sys
import warnings

import numpy as np
import scipy
import scipy.stats as stats
import sklearn
import sklearn.metrics as sk
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as lenient_scores
from seqeval.metrics.v1 import precision_recall_fscore_support as strict_scores
from seqeval.scheme import IOB2, IOBES

warnings.filterwarnings("ignore")
SEED, CASES = 20, 320


def finite(value, otherwise):
    value = float(value)
    return value if math.isfinite(value) else otherwise


def classes_case(rng):
    c = int(rng.choice([2, 2, 3, 5, 9]))
    n = int(rng.choice([1, 2, 5, 30, 60]))
    used = rng.permutation(c)[: int(rng.integers(1, c + 1))]
    t = rng.choice(used, n)
    p = np.where(rng.random(n) < rng.random(), t, rng.integers(0, c, n))
    second = np.where(rng.random(n) < 0.6, t, rng.integers(0, c, n))
    per = sk.precision_recall_fscore_support(t, p, labels=range(c), zero_division=0)
    a, b = int(((p == t) & (second != t)).sum()), int(((p != t) & (second == t)).sum())
    wilson = stats.binomtest(int((t == p).sum()), n).proportion_ci(method="wilson")
    want = {
        "accuracy": sk.accuracy_score(t, p),
        "macro_f1": sk.f1_score(t, p, average="macro", zero_division=0),
        "micro_f1": sk.f1_score(t, p, average="micro", zero_division=0),
        "weighted_f1": sk.f1_score(t, p, average="weighted", zero_division=0),
        "balanced_accuracy": sk.balanced_accuracy_score(t, p),
        "matthews": sk.matthews_corrcoef(t, p),
        "macro_precision": sk.precision_score(t, p, average="macro", zero_division=0),
        "weighted_recall": sk.recall_score(t, p, average="weighted", zero_division=0),
        "precision": per[0], "recall": per[1], "class_f1": per[2], "support": per[3],
        "confusion": sk.confusion_matrix(t, p, labels=range(c)).ravel(),
        "wilson_low": wilson.low, "wilson_high": wilson.high,
        "mcnemar": stats.binomtest(min(a, b), a + b, 0.5).pvalue if a + b else 1.0,
    }
    if c == 2:
        want["f1"] = sk.f1_score(t, p, zero_division=0)
    return {"kind": "classes", "classes": c, "truth": t, "predicted": p, "second": second}, want


def probabilities_case(rng):
    c = int(rng.choice([2, 2, 3, 4, 6]))
    n = int(rng.choice([c, 12, 40]))
    t = np.concatenate([np.arange(c), rng.integers(0, c, n - c)])
    q = rng.multinomial(64, rng.dirichlet(np.ones(c)), n)
    if rng.random() < 0.5:
        q = np.stack([rng.multinomial(64, (np.eye(c)[k] * 2 + rng.dirichlet(np.ones(c))) / 3) for k in t])
    p = q / 64
    area = sk.roc_auc_score(t, p[:, 1]) if c == 2 else sk.roc_auc_score(t, p, multi_class="ovr", average="macro")
    # Guo et al. 2017, equations 2 and 3: 15 bins ((m-1)/15, m/15] of the largest probability.
    confidence, right, error = p.max(1), p.argmax(1) == t, 0.0
    for m in range(15):
        low, high = m * 64, (m + 1) * 64  # bounds times 15 * 64, in whole numbers
        inside = (q.max(1) * 15 > low) & (q.max(1) * 15 <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    # Nguyen and O'Connor 2015: bins of equally many rows in the order of confidence; rows of equal confidence share their mean.
    shared = np.array([right[confidence == x].mean() for x in confidence])
    groups = np.array_split(np.argsort(confidence, kind="stable"), 15)
    adaptive = sum(abs((shared[g] - confidence[g]).sum()) for g in groups) / n
    want = {"adaptive_calibration_error": adaptive, "auroc": area, "log_loss": sk.log_loss(t, p, labels=range(c)), "calibration_error": error}
    return {"kind": "probabilities", "classes": c, "truth": t, "sixty_fourths": q.ravel()}, want


def values_case(rng):
    n = int(rng.choice([2, 3, 10, 40]))
    t = np.round(rng.normal(size=n) * 10.0 ** rng.integers(-1, 4), int(rng.integers(0, 4)))
    p = np.round(t * rng.normal() + rng.normal(size=n) * rng.choice([0, 1, 100]), int(rng.integers(0, 4)))
    if rng.random() < 0.1:
        p[:] = 0.1
    if rng.random() < 0.1:
        t[:] = 2.3
    want = {
        "pearson": finite(stats.pearsonr(t, p)[0], 0.0), "spearman": finite(stats.spearmanr(t, p)[0], 0.0),
        "mse": sk.mean_squared_error(t, p), "mae": sk.mean_absolute_error(t, p), # scikit-learn means 0 or 1 for constant truth (force_finite) and misses it where the mean of equal numbers is rounded.
        "r2": sk.r2_score(t, p) if np.ptp(t) > 0 else float((t == p).all()),
    }
    return {"kind": "values", "truth": t, "predicted": p}, want


def labels_case(rng):
    c, n = int(rng.integers(2, 7)), int(rng.choice([1, 8, 25]))
    t = (rng.random((n, c)) < rng.random(c)).astype(int)
    p = np.where(rng.random((n, c)) < 0.7, t, rng.integers(0, 2, (n, c)))
    q = rng.integers(0, 65, (n, c))
    areas = [sk.roc_auc_score(t[:, k], q[:, k]) for k in range(c) if 0 < t[:, k].sum() < n]
    want = {f"labels_{a}_f1": sk.f1_score(t, p, average=a, zero_division=0) for a in ("micro", "macro", "weighted", "samples")}
    want.update(subset_accuracy=sk.accuracy_score(t, p), hamming_loss=sk.hamming_loss(t, p),
                labels_auroc=float(np.mean(areas)) if areas else 0.5)
    return {"kind": "labels", "classes": c, "truth": t.ravel(), "predicted": p.ravel(), "sixty_fourths": q.ravel()}, want


def tags_case(rng):
    prefixes, weights = ("BI", [0.4, 0.6]) if rng.random() < 0.6 else ("BIES", [0.25, 0.3, 0.3, 0.15])
    types = ["PER", "LOC", "X-Y", "ORG"][: int(rng.integers(1, 5))]

    def tag():
        return "O" if rng.random() < 0.3 else f"{rng.choice(list(prefixes), p=weights)}-{rng.choice(types)}"

    truth = [[tag() for _ in range(int(rng.integers(1, 14)))] for _ in range(int(rng.integers(1, 5)))]
    keep = rng.choice([0.5, 0.9])
    predicted = [[x if rng.random() < keep else tag() for x in s] for s in truth]
    scheme = IOB2 if prefixes == "BI" else IOBES
    want = {}
    for prefix, score in (("entity", functools.partial(strict_scores, scheme=scheme)), ("lenient", lenient_scores)):
        for average in ("micro", "macro", "weighted"):
            try:
                p, r, f, _ = score(truth, predicted, average=average, zero_division=0)
            except ZeroDivisionError:  # no entity anywhere
                p = r = f = 0.0
            want[f"{prefix}_{average}"] = [finite(x, 0.0) for x in (p, r, f)]
    return {"kind": "tags", "scheme": "iob2" if scheme is IOB2 else "iobes", "truth": [" ".join(s) for s in truth],
            "predicted": [" ".join(s) for s in predicted]}, want


def cases(seed, count):
    """Yields dictionaries: the input, and under "want" each figure as a number or a list of numbers."""
    rng = np.random.default_rng(seed)
    makers = [classes_case, probabilities_case, values_case, labels_case, tags_case]
    for i in range(count):
        given, want = makers[i % len(makers)](rng)
        plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in given.items()}
        plain["want"] = {k: [int(x) if x == int(x) else x for x in np.asarray(v, dtype=float).ravel().tolist()]
                         for k, v in want.items()}
        yield plain


def main():
    path = sys.argv[1]
    with open(path, "w") as out:
        for case in cases(SEED, CASES):
            out.write(json.dumps(case, separators=(",", ":")) + "\n")
    import importlib.metadata as metadata
    sidecar = {
        "what": "metric figures of the reference libraries on random input, one JSON object a line",
        "command": "python tools/oracle/make_metrics.py tests/oracle/metrics/cases.json", "seed": SEED, "cases": CASES,
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__,
                     "seqeval": metadata.version("seqeval"), "python": sys.version.split()[0]},
    }
    with open(path.replace(".json", ".provenance.json"), "w") as out:
        out.write(json.dumps(sidecar, indent=1) + "\n")


if __name__ == "__main__":
    main()
