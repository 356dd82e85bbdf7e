"""How espalier runs in a duel: by its command line, with a recipe written for it; times from its events."""

import json
import os

from duel_parts import process
from duel_parts.place import PROGRAM, WORK
from duel_parts.sentences import write

CONFIGURATIONS = ("espalier fp32", "espalier bf16")
METHODS = {
    "lora": '[[method]]\nkind = "lora"\nsites = "**.attention.{query,value}"\nrank = 8\nalpha = 16\ndropout = 0\n',
    "full": '[[method]]\nkind = "full"\n',
}
RECIPE = """seed = {job.seed}
model = {{ from = "{job.model}", head = "classify", pooling = "pooler" }}

[data]
train = "{job.data}"
dev = "{dev}"
text = ["text"]
label = ["label"]
kind = "classify"
batch = {job.batch}
max_length = {job.max_length}
by_length = true

{method}
[train]
{length}
optimizer = {{ kind = "adamw", learning_rate = 5e-4, weight_decay = 0 }}
schedule = {{ decay = "linear", warmup = "6%" }}
"""


def precision(name):
    return name.split()[-1]


def environment(threads):
    return {"OMP_NUM_THREADS": str(threads)}


def is_step(line):
    return '"kind":"step"' in line.replace(" ", "")


def train(name, job):
    """One run; it evaluates eight sentences at its end, which its seconds and its peak include."""
    folder = WORK / "run"
    head, *rows = job.data.read_text(encoding="utf-8").split("\n")
    dev = write([row.split("\t") for row in rows[:8]], "eight")
    length = "epochs = 1" if job.steps < 0 else f"steps = {job.steps}"
    recipe = WORK / "recipe.toml"
    recipe.write_text(RECIPE.format(job=job, dev=dev, method=METHODS[job.method], length=length))
    events = folder / "events.jsonl"
    if events.exists():
        os.remove(events)

    def stepped():
        return events.exists() and is_step(events.read_text())

    command = [PROGRAM, "train", recipe, "--out", folder, "--overwrite", "--no-pictures"]
    command += ["--threads", job.threads, "--precision", precision(name)]
    ran = process.run(command, WORK, process.slug(name), environment(job.threads), stepped)
    steps = [json.loads(line) for line in events.read_text().split("\n") if line and is_step(line)]
    offset = ran.first - steps[0]["seconds"]  # the events' clock begins with training
    return {"first": ran.first, "seconds": ran.seconds, "peak": ran.peak, "ends": [offset + step["seconds"] for step in steps],
            "tokens": [step["tokens"] for step in steps], "examples": [step["examples"] for step in steps], "padding": 0}
