#!/usr/bin/env python3
"""A labelled table of your own, split for the demo: 70 % train, 15 % dev, 15 % test, equal texts on one side.

  tools/demo/split.py FILE --text COLUMN --label COLUMN [--out demo/own]

Reads TSV (no quoting) or CSV (RFC 4180) with a header line; writes TSV files with the columns text and label.
"""
import argparse
import collections
import csv
import os
import random
import sys


def fail(message, hint):
    sys.exit(f"error: {message}\n  try: {hint}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--text", required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--out", default="demo/own")
    arguments = parser.parse_args()

    csv.field_size_limit(sys.maxsize)
    try:
        file = open(arguments.file, encoding="utf-8-sig", newline="")
    except OSError as error:
        fail(f"{arguments.file}: {error.strerror}", "make demo DATA=<file> TEXT=<column> LABEL=<column>")
    how = {} if arguments.file.lower().endswith(".csv") else {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    table = csv.DictReader(file, **how)
    missing = [name for name in (arguments.text, arguments.label) if name not in (table.fieldnames or [])]
    if missing:
        fail(f"{arguments.file} has no column {', '.join(missing)}; it has {', '.join(table.fieldnames or ['none'])}",
             "make demo DATA=<file> TEXT=<column> LABEL=<column>")

    groups, empty = collections.defaultdict(list), 0
    for row in table:
        text = " ".join((row[arguments.text] or "").split())
        label = (row[arguments.label] or "").strip()
        if text and label:
            groups[text].append(label)
        else:
            empty += 1
    texts = sorted(groups)
    if len(texts) < 20:
        fail(f"{arguments.file} holds {len(texts)} different labelled texts; expected at least 20", "a larger table")
    random.Random(1).shuffle(texts)
    cuts = [0, int(0.7 * len(texts)), int(0.85 * len(texts)), len(texts)]
    os.makedirs(arguments.out, exist_ok=True)
    for name, start, end in zip(("train", "dev", "test"), cuts, cuts[1:]):
        rows = [(text, label) for text in texts[start:end] for label in groups[text]]
        path = os.path.join(arguments.out, f"{name}.tsv")
        with open(path, "w", encoding="utf-8") as out:
            out.write("text\tlabel\n")
            out.writelines(f"{text}\t{label}\n" for text, label in rows)
        print(f"{path}: {len(rows):,} rows")
    if empty:
        print(f"{empty:,} rows without text or label were left out")


if __name__ == "__main__":
    main()
