"""The duel evaluate: a labelled file through the same merged model on both sides."""

import json
import pathlib
import shutil

from duel_parts import figures, ours, peers, place, process
from duel_parts.sentences import Sentences, write
from duel_parts.shape import Shape, limits
from duel_parts.training import Job

REPEATS = 5  # how often our longer file holds the sentences
GOALS = (("espalier fp32", "trainer", 2.0), ("espalier fp32", "onnx fp32", 1.0), ("espalier bf16", "openvino bf16", 1.0))


def configurations():
    found = {name: None for name in ours.CONFIGURATIONS}
    for precision in ("fp32", "bf16"):
        for order in ("file", "length"):
            found[f"trainer {order} {precision}"] = {"engine": "trainer", "order": order, "precision": precision}
        found[f"loop length {precision}"] = {"engine": "loop", "order": "length", "precision": precision}
    found["onnx fp32"] = {"engine": "onnx", "order": "length", "precision": "fp32"}
    for precision in ("fp32", "bf16"):
        found[f"openvino {precision}"] = {"engine": "openvino", "order": "length", "precision": precision}
    return found


def merged(args, job):
    """A classifier that both sides read: a short LoRA run of ours, merged into its base."""
    ours.train("espalier fp32", job)
    folder = place.WORK / "merged"
    shutil.rmtree(folder, ignore_errors=True)
    process.run([place.PROGRAM, "merge", place.WORK / "run", "--out", folder], place.WORK, "merge")
    return folder


def run_ours(name, model, files, rows, threads):
    """Examples a second between a file and one that is REPEATS as long: start, reading of weights and report cancel out."""
    seconds = []
    for file in files:
        command = [place.PROGRAM, "evaluate", model, "--data", file, "--text", "text", "--label", "label", "--json"]
        command += ["--threads", threads, "--precision", ours.precision(name)]
        ran = process.run(command, place.WORK, process.slug(name), ours.environment(threads))
        seconds.append(ran.seconds)
    return {"examples_per_second": (REPEATS - 1) * rows / (seconds[1] - seconds[0]), "whole_seconds": seconds[0],
            "peak": ran.peak, "accuracy": json.loads(ran.out)["metrics"]["accuracy"]["value"]}


def run_theirs(name, options, model, file, args, extra=()):
    command = [place.PYTHON, place.PEERS / "duel_evaluate.py", "--model", model, "--data", file, "--work", place.WORK]
    command += ["--engine", options["engine"], "--order", options["order"], "--precision", options["precision"]]
    command += ["--batch", args.batch, "--threads", args.threads, *extra]
    ran = process.run(command, place.WORK, process.slug(name), peers.environment(args.threads))
    if extra:
        return {}
    return {**json.loads(ran.out.strip().split("\n")[-1]), "whole_seconds": ran.seconds, "peak": ran.peak}


def duel(args):
    sample, dev = Sentences(args).sample(100, args.batch), Sentences(args, "dev")
    known = {label for _, label in sample}
    rows = [row for row in dev.rows if row[1] in known]
    files = [write(rows, "dev"), write(rows * REPEATS, "dev-longer")]
    base = place.model(args.model)
    model = merged(args, Job(base, write(sample, "sample"), "lora", args.batch, 128, args.threads))
    run_theirs("export", {"engine": "onnx", "order": "file", "precision": "fp32"}, model, files[0], args, ["--export"])
    todo, runs, failed = configurations(), {}, {}
    if args.configs:
        todo = {name: todo[name] for name in args.configs.split(",")}
    limit, machine = limits(args.threads)
    for round_ in range(1, args.rounds + 1):
        for name, options in todo.items():
            if name in failed:
                continue
            run = process.attempt(name, lambda: run_theirs(name, options, model, files[0], args) if options
                                  else run_ours(name, model, files, len(rows), args.threads), round_, failed)
            if run is None:
                continue
            runs.setdefault(name, []).append(run)
            process.say(f"round {round_}: {name}: {run['examples_per_second']:.0f} examples/s, "
                        f"{run['whole_seconds']:.1f} s in all")
    path = pathlib.Path(args.out or place.OUT / f"evaluate-{args.model.split('/')[-1]}.json")
    path.write_text(json.dumps({"contest": "evaluate", "model": args.model, "data": dev.name, "rows": len(rows), "runs": runs,
                                "failed": failed, "limit_gflops": limit, "machine": machine, "note": args.note}, indent=1))
    print(f"evaluate, {args.model}: {len(rows)} rows of {dev.name}, batches of {args.batch}, {args.threads} threads")
    print("\n".join([*machine, f"limit: {limit['fp32']:.0f} GFLOP/s fp32, {limit['bf16']:.0f} bf16", ""]))
    print(text(runs))
    print("\n".join([f"failed: {problem}" for problem in failed.values()] + [f"\nall figures: {path}"]))


def text(runs):
    def spread(name, key, form="{:.1f}", scale=1.0):
        return figures.Spread([run[key] * scale for run in runs[name]]).text(form)

    def quotient(mine, theirs):
        both = [[run["examples_per_second"] for run in runs[name]] for name in (mine, theirs)]
        return figures.ratio(*both)

    present = [name for name in ours.CONFIGURATIONS if name in runs]
    rows = [[name, spread(name, "examples_per_second"), spread(name, "whole_seconds"), spread(name, "peak", "{:.2f}", 1e-9),
             spread(name, "accuracy", "{:.4f}"), *(quotient(mine, name).text("{:.2f}") for mine in present)] for name in runs]
    head = ["configuration", "examples/s", "process, s", "peak RSS, GB", "accuracy", *(f"{mine} ÷ this" for mine in present)]
    lines = [figures.table(head, rows), ""]
    for mine, theirs, wanted in GOALS:
        near = [name for name in runs if name.startswith(theirs)]
        if mine in runs and near:
            best = max(near, key=lambda name: figures.Spread([run["examples_per_second"] for run in runs[name]]).median)
            found = quotient(mine, best)
            reached = "reached" if found.median >= wanted else "not reached"
            lines.append(f"{mine} ÷ {best}: {found.text('{:.2f}')}, wanted >= {wanted}: {reached}")
    return "\n".join(lines)
