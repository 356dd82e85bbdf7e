"""Writes tests/oracle/losses: torch's loss functions and their gradients in double precision.

  python tools/oracle/make_losses.py [FOLDER]

losses.safetensors: per case `<case>.logits`, `<case>.labels`, `<case>.weights` where used, `<case>.loss` (the mean as torch
defines it), `<case>.grad` (of that mean), `<case>.each` (reduction "none"); of cross-entropy also `<case>.sum` and
`<case>.count`: the numerator and the denominator of the mean (the count is the sum of the class weights of the labels that are
not ignored).
"""

import torch
from torch.nn import functional

import fixture

# case: rows, classes, options of torch.nn.functional.cross_entropy, ignored rows
CROSS_ENTROPIES = {
    "cross_entropy": (7, 4, {}, 0),
    "cross_entropy_two_classes": (5, 2, {}, 0),
    "cross_entropy_ignored": (9, 3, {}, 3),
    "cross_entropy_weighted": (8, 4, {"weight": True}, 0),
    "cross_entropy_weighted_ignored": (8, 4, {"weight": True}, 2),
    "cross_entropy_smoothed": (8, 5, {"label_smoothing": 0.1}, 0),
    "cross_entropy_smoothed_ignored": (8, 5, {"label_smoothing": 0.2}, 3),
    "cross_entropy_weighted_smoothed": (8, 3, {"weight": True, "label_smoothing": 0.1}, 0),
    "cross_entropy_weighted_smoothed_ignored": (9, 3, {"weight": True, "label_smoothing": 0.1}, 2),
    "cross_entropy_large_logits": (6, 3, {"scale": 400.0}, 0),
}


def draw(*shape, scale=2.0):
    return torch.randn(*shape, dtype=torch.float64) * scale


def record(tensors, case, logits, labels, function, **more):
    logits.requires_grad_()
    loss = function(logits, labels, reduction="mean")
    loss.backward()
    tensors |= {f"{case}.logits": logits, f"{case}.labels": labels, f"{case}.loss": loss, f"{case}.grad": logits.grad}
    tensors[f"{case}.each"] = function(logits, labels, reduction="none")
    tensors |= {f"{case}.{key}": value for key, value in more.items()}


def main():
    torch.manual_seed(1)
    tensors, about = {}, {}
    for case, (rows, classes, options, ignored) in CROSS_ENTROPIES.items():
        options = dict(options)
        about[case] = {"label_smoothing": options.get("label_smoothing", 0.0), "weighted": "weight" in options}
        logits = draw(rows, classes, scale=options.pop("scale", 2.0))
        labels = torch.randint(classes, (rows,))
        labels[torch.randperm(rows)[:ignored]] = -100
        more = {}
        if options.pop("weight", False):
            options["weight"] = more["weights"] = torch.rand(classes, dtype=torch.float64) + 0.2
        kept = labels[labels >= 0]
        count = more["weights"][kept].sum() if more else torch.tensor(float(len(kept)), dtype=torch.float64)
        total = functional.cross_entropy(logits, labels, reduction="sum", **options)
        record(
            tensors,
            case,
            logits,
            labels,
            lambda x, y, reduction: functional.cross_entropy(x, y, reduction=reduction, **options),
            sum=total,
            count=count,
            **more,
        )
        assert torch.allclose(total / count, tensors[f"{case}.loss"], rtol=1e-14)
    record(tensors, "mse", draw(6), draw(6), functional.mse_loss)
    record(tensors, "mse_columns", draw(5, 3), draw(5, 3), functional.mse_loss)
    record(tensors, "bce", draw(6, 4), torch.randint(2, (6, 4)).double(), functional.binary_cross_entropy_with_logits)
    weights = torch.rand(4, dtype=torch.float64) + 0.5
    record(
        tensors,
        "bce_positive_weights",
        draw(6, 4, scale=30.0),
        torch.randint(2, (6, 4)).double(),
        lambda x, y, reduction: functional.binary_cross_entropy_with_logits(x, y, pos_weight=weights, reduction=reduction),
        weights=weights,
    )
    fixture.save(fixture.folder_argument("losses"), "losses", tensors, cases=about, notes="ignored labels are -100")


if __name__ == "__main__":
    main()
