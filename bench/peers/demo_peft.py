"""Peer baseline: the demo's task (a package's section from its description) with transformers + peft (recipe: loop.py).

  python bench/peers/demo_peft.py --model DIR --data demo/data --seed 1 --out results.jsonl

Reads {train,dev,test}.tsv with a header and the columns text and section; no quoting. The defaults are the demo's: LoRA of rank
8 on all linear layers of the blocks, mean pooling, rate 1e-3, 3 epochs, batch 32, bf16 autocast. Accuracy and macro-F1 are on
the test file.
"""

import argparse
import os
import time

import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score

import loop


def read(path, text, label):
    """The texts and label names of a TSV without quoting."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [line.rstrip("\r").split("\t") for line in file.read().split("\n") if line.strip()]
    names = rows.pop(0)
    return [row[names.index(text)] for row in rows], [row[names.index(label)] for row in rows]


def score(logits, gold):
    found = logits.argmax(-1).numpy()
    return {"accuracy": float(accuracy_score(gold, found)), "macro_f1": float(f1_score(gold, found, average="macro"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    loop.add_arguments(parser, rate=1e-3, epochs=3, targets="all-linear", pooling="mean", precision="bf16")
    parser.add_argument("--data", required=True, help="the folder of train.tsv, dev.tsv and test.tsv")
    parser.add_argument("--text", default="text")
    parser.add_argument("--label", default="section")
    args = parser.parse_args()
    begin = time.perf_counter()

    splits = {name: read(os.path.join(args.data, f"{name}.tsv"), args.text, args.label) for name in ("train", "dev", "test")}
    classes = sorted(set(splits["train"][1]))
    gold = {name: torch.tensor([classes.index(label) for label in splits[name][1]]) for name in splits}
    model, tokenizer = loop.build(args, len(classes))
    encoded = {name: loop.encode(tokenizer, splits[name][0], None, args.max_length) for name in splits}
    trained = loop.train(model, tokenizer, encoded["train"], gold["train"], args)
    scores = {name: score(loop.predict(model, tokenizer, encoded[name], args), gold[name].numpy()) for name in ("dev", "test")}
    loop.report(
        args,
        {
            "task": "demo",
            "seed": args.seed,
            **scores,
            "majority": float(np.bincount(gold["test"].numpy()).max() / len(gold["test"])),
            "classes": len(classes),
            "examples": {name: len(gold[name]) for name in gold},
            "parameters": loop.parameters(model),
            **trained,
            "seconds": time.perf_counter() - begin,
        },
    )


if __name__ == "__main__":
    main()
