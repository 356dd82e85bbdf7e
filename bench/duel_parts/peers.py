"""The configurations of the peers, and how one of them runs."""

import json

from duel_parts import process
from duel_parts.place import PEERS, PYTHON, WORK, jemalloc

DEFAULT = "trainer random fp32"  # as peft's and the Trainer's documentation show


def configurations(contest="lora"):
    """name -> options of duel_train.py; `preload`: jemalloc."""
    found = {}
    for precision in ("fp32", "autocast", "bf16"):
        for order in ("random", "grouped"):
            found[f"trainer {order} {precision}"] = {"loop": "trainer", "order": order, "precision": precision}
    base = {"order": "grouped"}
    for precision in ("fp32", "autocast", "bf16", "medium"):
        found[f"trainer grouped {precision} jemalloc"] = {**base, "loop": "trainer", "precision": precision, "preload": True}
        found[f"loop grouped {precision}"] = {**base, "loop": "plain", "precision": precision}
        found[f"loop grouped {precision} jemalloc"] = {**base, "loop": "plain", "precision": precision, "preload": True}
    for precision in ("fp32", "autocast"):
        found[f"trainer grouped {precision} compile"] = {**base, "loop": "trainer", "precision": precision, "compile": True}
    if contest == "long":  # their attention holds all weights of a batch: less at a time is the better for it
        for precision in ("fp32", "autocast"):
            found[f"trainer grouped {precision} jemalloc accumulate"] = {**base, "loop": "trainer", "precision": precision,
                                                                         "preload": True, "accumulate": 8}
    if not jemalloc():
        found = {name: options for name, options in found.items() if "preload" not in options}
    return found


QUICK = (DEFAULT, "trainer grouped fp32", "trainer grouped autocast",
         *(f"loop grouped {precision} jemalloc" for precision in ("fp32", "autocast", "bf16", "medium")))


def environment(threads, preload=False):
    result = {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    if preload:
        result["LD_PRELOAD"] = str(jemalloc())
    return result


def is_fp32(name):
    return "fp32" in name.split()


def train(name, options, job):
    """One run."""
    command = [PYTHON, PEERS / "duel_train.py", "--model", job.model, "--data", job.data, "--work", WORK / "trainer"]
    command += ["--method", job.method, "--loop", options["loop"], "--order", options["order"]]
    command += ["--precision", options["precision"], "--batch", job.batch, "--max-length", job.max_length]
    command += ["--steps", job.steps, "--seed", job.seed, "--threads", job.threads]
    command += ["--accumulate", options.get("accumulate", 1)]
    command += ["--compile"] if options.get("compile") else []
    ran = process.run(command, WORK, process.slug(name), environment(job.threads, options.get("preload")))
    steps = json.loads(ran.out.strip().split("\n")[-1])
    return {"first": steps["ends"][0] - ran.start, "seconds": ran.seconds, "peak": ran.peak,
            "ends": [end - ran.start for end in steps["ends"]], "tokens": steps["tokens"], "examples": steps["examples"],
            "padding": sum(steps["padded"]) / sum(steps["tokens"]) - 1}
