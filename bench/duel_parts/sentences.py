"""The sentences of a duel: a sample of a TSV's rows, written once for both sides."""

import os
import random

from duel_parts.place import ROOT, WORK

# what is taken without --data: file below ESPALIER_DATA, its columns; else the demo's
KNOWN = {
    "short": ("glue/sst2/train.tsv", "sentence", "label"),
    "dev": ("glue/sst2/dev.tsv", "sentence", "label"),
    "long": ("classification/movie_reviews/train.tsv", "text", "label"),
}
DEMO = {"short": "train.tsv", "dev": "dev.tsv", "long": "train.tsv"}


class Sentences:
    def __init__(self, args, kind="short"):
        below, self.text, self.label = KNOWN[kind]
        data = os.environ.get("ESPALIER_DATA")
        self.name, self.path = below, f"{data}/{below}"
        if args.data:
            self.name, self.path, self.text, self.label = os.path.basename(args.data), args.data, args.text, args.label
        elif not data or not os.path.exists(self.path):
            self.name = f"demo/data/{DEMO[kind]}"
            self.path, self.text, self.label = ROOT / self.name, "text", "section"
        if not os.path.exists(self.path):
            raise SystemExit(f"error: there is no {self.path}\n  try: make demo, or --data FILE, or ESPALIER_DATA=FOLDER")
        self.rows = self._read()

    def _read(self):
        with open(self.path, encoding="utf-8-sig", newline="") as file:
            rows = [line.rstrip("\r").split("\t") for line in file.read().split("\n") if line.strip()]
        names = rows.pop(0)
        text, label = names.index(self.text), names.index(self.label)
        return [(row[text], row[label]) for row in rows]

    def sample(self, count, longest=False):
        """`count` rows, the same ones each time; of the longest ones if wanted; again from the first where there are too few."""
        rows = sorted(self.rows, key=lambda row: -len(row[0].split()))[:count] if longest else list(self.rows)
        random.Random(0).shuffle(rows)
        return (rows * (count // len(rows) + 1))[:count]


def write(rows, name):
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"{name}.tsv"
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return path
