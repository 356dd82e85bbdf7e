"""The configurations of the peers, and how one of them runs."""

import json

from duel_parts import process
from duel_parts.place import PEERS, PYTHON, WORK, jemalloc

DEFAULT = "trainer random fp32"  # as peft's and the Trainer's documentation show


def configurations():
    """name -> options of duel_train.py; `preload` is a library."""
    found = {}
    for precision in ("fp32", "autocast", "bf16"):
        for order in ("random", "grouped"):
            found[f"trainer {order} {precision}"] = {"loop": "trainer", "order": order, "precision": precision}
    base = {"order": "grouped"}
    for precision in ("fp32", "autocast", "bf16"):
        found[f"trainer grouped {precision} jemalloc"] = {**base, "loop": "trainer", "precision": precision, "preload": True}
        found[f"loop grouped {precision}"] = {**base, "loop": "plain", "precision": precision}
        found[f"loop grouped {precision} jemalloc"] = {**base, "loop": "plain", "precision": precision, "preload": True}
    for precision in ("fp32", "autocast"):
        found[f"trainer grouped {precision} compile"] = {**base, "loop": "trainer", "precision": precision, "compile": True}
    if not jemalloc():
        found = {name: options for name, options in found.items() if "preload" not in options}
    return found


QUICK = (DEFAULT, "trainer grouped fp32", "trainer grouped autocast", "loop grouped fp32 jemalloc", "loop grouped bf16 jemalloc")


def environment(threads, preload=False):
    result = {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    if preload:
        result["LD_PRELOAD"] = str(jemalloc())
    return result


def is_fp32(name):
    return "fp32" in name.split()


def train(options, job):
    """One run; see Run in training.py for `job`."""
    command = [PYTHON, PEERS / "duel_train.py", "--model", job.model, "--data", job.data, "--work", WORK / "trainer"]
    command += ["--method", job.method, "--loop", options["loop"], "--order", options["order"]]
    command += ["--precision", options["precision"], "--batch", job.batch, "--max-length", job.max_length]
    command += ["--steps", job.steps, "--seed", job.seed, "--threads", job.threads]
    command += ["--compile"] if options.get("compile") else []
    ran = process.run(command, WORK, "theirs", environment(job.threads, options.get("preload")))
    steps = json.loads(ran.out.strip().split("\n")[-1])
    return {"first": steps["ends"][0] - ran.start, "seconds": ran.seconds, "peak": ran.peak,
            "ends": [end - ran.start for end in steps["ends"]], "tokens": steps["tokens"], "examples": steps["examples"],
            "padding": sum(steps["padded"]) / sum(steps["tokens"]) - 1}
