"""The duel start: from the start of the process to the end of the first step, on the whole file; and one sentence answered."""

import json
import pathlib

from duel_parts import figures, ours, peers, place, process
from duel_parts.sentences import Sentences, write
from duel_parts.training import Job

PEERS = (peers.DEFAULT, "trainer random autocast")
SENTENCE = "a gorgeous , witty , seductive movie ."
FIRST_STEP_GOALS = {"minilm": 1.0, "bert-base": 1.5}  # seconds
PREDICT_GOAL = 0.5  # seconds


def predict_ours(threads):
    line = place.WORK / "sentence.txt"
    line.write_text(SENTENCE + "\n", encoding="utf-8")
    command = [place.PROGRAM, "predict", place.WORK / "run", line, "--format", "lines", "--threads", threads]
    return process.run(command, place.WORK, "predict-ours", ours.environment(threads))


def predict_theirs(model, threads):
    command = [place.PYTHON, place.PEERS / "duel_predict.py", model, SENTENCE]
    return process.run(command, place.WORK, "predict-theirs", peers.environment(threads))


def duel(args):
    sentences = Sentences(args)
    model = place.model(args.model)
    job = Job(model, write(sentences.rows, "whole"), "lora", args.batch, 128, args.threads, steps=1)
    found, known = {}, peers.configurations()
    for job.seed in range(1, args.rounds + 1):
        for name in (*ours.CONFIGURATIONS, *PEERS):
            run = ours.train(name, job) if name in ours.CONFIGURATIONS else peers.train(name, known[name], job)
            found.setdefault(f"first step, {name}", []).append(run["first"])
        found.setdefault("predict, espalier", []).append(predict_ours(args.threads).seconds)
        found.setdefault("predict, transformers", []).append(predict_theirs(model, args.threads).seconds)
        process.say(f"round {job.seed}: " + "; ".join(f"{name} {seconds[-1]:.2f} s" for name, seconds in found.items()))
    path = pathlib.Path(args.out or place.OUT / f"start-{args.model.split('/')[-1]}.json")
    path.write_text(json.dumps({"contest": "start", "model": args.model, "data": sentences.name, "rows": len(sentences.rows),
                                "threads": args.threads, "seconds": found, "note": args.note}, indent=1))
    print(f"start, {args.model}: {len(sentences.rows)} rows of {sentences.name}, {args.threads} threads\n")
    print(figures.table(["what", "seconds"], [[name, figures.Spread(seconds).text("{:.2f}")] for name, seconds in found.items()]))
    print()
    wanted = {f"first step, {name}": FIRST_STEP_GOALS.get(args.model) for name in ours.CONFIGURATIONS}
    for name, goal in {**wanted, "predict, espalier": PREDICT_GOAL}.items():
        if goal:
            median = figures.Spread(found[name]).median
            print(f"{name}: {median:.2f} s, wanted <= {goal}: {'reached' if median <= goal else 'not reached'}")
    print(f"\nall figures: {path}")
