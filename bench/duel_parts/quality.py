"""The duel quality: scores of GLUE tasks in fp32 and bf16, and peft's at the same settings; runs that are finished are kept."""

import json
import os
import pathlib

from duel_parts import figures, ours, peers, place, process

METRICS = {"sst2": "accuracy", "rte": "accuracy", "mrpc": "accuracy", "cola": "matthews", "stsb": "spearman"}


def kept(args):
    """The folder of finished runs."""
    return place.OUT / "quality" / args.model.split("/")[-1]


def score_ours(task, precision, seed, args):
    folder = kept(args) / f"{task}-{precision}-{seed}"
    if not (folder / "result.json").exists():
        command = [place.PROGRAM, "train", place.ROOT / f"recipes/glue/{task}-lora.toml", "--data-root", glue().parent]
        command += ["--out", folder, "--overwrite", "--seed", seed, "--precision", precision, "--threads", args.threads]
        command += ["--model", place.model(args.model), "--no-pictures"]
        process.run(command, place.WORK, f"{task}-{precision}", ours.environment(args.threads))
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().split("\n") if line]
    last = [event for event in events if event["kind"] == "evaluate" and event["split"] == "dev"][-1]
    return last["metrics"][METRICS[task]]


def score_theirs(task, seed, args):
    path = kept(args) / f"{task}-peft-{seed}.jsonl"
    if not path.exists():
        command = [place.PYTHON, place.PEERS / "glue_peft.py", "--model", place.model(args.model), "--data", glue()]
        command += ["--task", task, "--seed", seed, "--threads", args.threads, "--out", path]
        process.run(command, place.WORK, f"{task}-peft", peers.environment(args.threads))
    return json.loads(path.read_text().strip().split("\n")[-1])["dev"][METRICS[task]]


def glue():
    folder = pathlib.Path(os.environ.get("ESPALIER_DATA", "")) / "glue"
    if not folder.is_dir():
        raise SystemExit("error: quality reads GLUE\n  try: ESPALIER_DATA=FOLDER, the folder that holds glue/")
    return folder.resolve()


def duel(args):
    """The last epoch's score on dev, on both sides."""
    kept(args).mkdir(parents=True, exist_ok=True)
    rows = []
    for task in args.tasks.split(","):
        found = {"fp32": [], "bf16": [], "peft": []}
        for seed in args.seeds.split(","):
            for precision in ("fp32", "bf16"):
                found[precision].append(score_ours(task, precision, seed, args))
            found["peft"].append(score_theirs(task, seed, args))
            process.say(f"{task}, seed {seed}: " + ", ".join(f"{name} {scores[-1]:.4f}" for name, scores in found.items()))
        rows.append([f"{task}, {METRICS[task]}", *(figures.Spread(scores).text("{:.4f}") for scores in found.values()),
                     f"{100 * (figures.mean(found['bf16']) - figures.mean(found['fp32'])):+.2f}"])
    print(figures.table(["task", "espalier fp32", "espalier bf16", "peft fp32", "bf16 − fp32, points of the mean"], rows))
