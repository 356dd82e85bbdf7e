"""Peer baseline: one GLUE task with transformers + peft (see loop.py for the recipe).

  python bench/peers/glue_peft.py --model DIR --data GLUE --task rte --seed 1 --out results.jsonl

The defaults are the recipe of recipes/glue/<task>-lora.toml: rank 8, alpha 16 on query and value, rate 5e-4, batch 32, the
model's own pooler frozen, a fresh classifier trained, fp32; one epoch of SST-2, three of the others. Metrics are on the whole
dev file.
"""

import argparse
import os
import time

import numpy as np
import torch
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

import loop

# task: files, header, text columns, label column, classes (None: a number)
TASKS = {
    "sst2": (("train.tsv", "dev.tsv"), True, ["sentence"], "label", ["0", "1"]),
    "rte": (("train.tsv", "dev.tsv"), True, ["sentence1", "sentence2"], "label", ["entailment", "not_entailment"]),
    "mrpc": (("train.tsv", "dev.tsv"), True, ["#1 String", "#2 String"], "Quality", ["0", "1"]),
    "cola": (("in_domain_train.tsv", "in_domain_dev.tsv"), False, [3], 1, ["0", "1"]),
    "stsb": (("train.tsv", "dev.tsv"), False, [5, 6], 4, None),
}


def read(path, header, texts, label, classes):
    """Texts, second texts (or None) and labels of a TSV without quoting."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [line.rstrip("\r").split("\t") for line in file.read().split("\n") if line.strip()]
    if header:
        names = rows.pop(0)
        texts, label = [names.index(name) for name in texts], names.index(label)
    columns = [[row[column] for row in rows] for column in texts]
    labels = [row[label] for row in rows]
    target = torch.tensor([classes.index(x) for x in labels]) if classes else torch.tensor([float(x) for x in labels])
    return columns[0], columns[1] if len(columns) == 2 else None, target


def score(task, logits, labels):
    """The task's own metrics, as GLUE defines them."""
    gold = labels.numpy()
    if task == "stsb":
        found = logits.squeeze(-1).double().numpy()
        return {"pearson": float(pearsonr(found, gold)[0]), "spearman": float(spearmanr(found, gold)[0])}
    found = logits.argmax(-1).numpy()
    if task == "cola":
        return {"matthews": float(matthews_corrcoef(gold, found)), "accuracy": float(accuracy_score(gold, found))}
    result = {"accuracy": float(accuracy_score(gold, found))}
    if task == "mrpc":
        result["f1"] = float(f1_score(gold, found))
    result["majority"] = float(np.bincount(gold).max() / len(gold))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    loop.add_arguments(parser, rate=5e-4, epochs=None, targets="query,value", pooling="pooler", precision="fp32")
    parser.add_argument("--data", required=True, help="the GLUE folder")
    parser.add_argument("--task", required=True, choices=TASKS)
    args = parser.parse_args()
    args.epochs = args.epochs or (1 if args.task == "sst2" else 3)
    begin = time.perf_counter()

    files, *format_ = TASKS[args.task]
    texts, pairs, labels = read(os.path.join(args.data, args.task, files[0]), *format_)
    dev_texts, dev_pairs, dev_labels = read(os.path.join(args.data, args.task, files[1]), *format_)
    model, tokenizer = loop.build(args, len(format_[-1]) if format_[-1] else 1)
    examples = loop.encode(tokenizer, texts, pairs, args.max_length)
    dev = loop.encode(tokenizer, dev_texts, dev_pairs, args.max_length)
    trained = loop.train(model, tokenizer, examples, labels, args)
    dev_scores = score(args.task, loop.predict(model, tokenizer, dev, args), dev_labels)
    loop.report(
        args,
        {
            "task": args.task,
            "seed": args.seed,
            "dev": dev_scores,
            "examples": {"train": len(texts), "dev": len(dev_texts)},
            "parameters": loop.parameters(model),
            **trained,
            "seconds": time.perf_counter() - begin,
        },
    )


if __name__ == "__main__":
    main()
