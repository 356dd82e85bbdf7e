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


GROUP = 50  # steps that are sorted by length together


def words(row):
    return len(row[0].split())


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

    def sample(self, steps, batch, longest=False):
        """Rows for `steps` steps, the same ones each time; of the longest ones if wanted; rows come again where there are few.

        Both sides sort 50 steps together by length. So the rows are drawn in groups of 50 steps, and of a group that is needed
        in part whole steps are taken: few steps then have batches as even as those of a long run.
        """
        draw, together = random.Random(0), GROUP * batch
        if longest:
            rows = sorted(self.rows * (steps * batch // len(self.rows) + 1), key=words)[-steps * batch :]
            draw.shuffle(rows)
            return rows
        rows = list(self.rows)
        draw.shuffle(rows)
        rows *= (steps // GROUP + 1) * together // len(rows) + 1
        whole, part = divmod(steps, GROUP)
        group = sorted(rows[whole * together : (whole + 1) * together], key=words)
        places = [(2 * i + 1) * GROUP // (2 * part) for i in range(part)]  # evenly from the shortest to the longest
        taken = [row for at in places for row in group[at * batch : (at + 1) * batch]]
        draw.shuffle(taken)
        return rows[: whole * together] + taken


def self_check():
    sentences = Sentences.__new__(Sentences)
    sentences.rows = [("word " * (i % 40 + 1), "0") for i in range(6400)]
    spread = []
    for steps in (5, 50, 53, 300):
        rows = sentences.sample(steps, 32)
        assert len(rows) == steps * 32 and rows == sentences.sample(steps, 32)
        lengths = sorted(map(words, rows[:160]))
        spread.append(len(set(lengths)))
    assert spread[0] < spread[1]  # five steps of fifty, not 160 sentences of any length
    assert min(map(words, sentences.sample(2, 32, longest=True))) > 30


def write(rows, name):
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"{name}.tsv"
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return path
