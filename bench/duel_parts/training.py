"""The duels lora, full and long: both sides train on the same sentences, in turn, round after round."""

import dataclasses
import json
import pathlib

from duel_parts import figures, ours, peers, place, process, report
from duel_parts.sentences import Sentences, write
from duel_parts.shape import Shape, limits

CONTENDER = 0.85  # after the first round only peers go on that reached this share of the best of their class


@dataclasses.dataclass
class Job:
    """What both sides are told."""

    model: pathlib.Path
    data: pathlib.Path
    method: str
    batch: int
    max_length: int
    threads: int
    steps: int = -1  # all of them
    seed: int = 1


def chosen(args, contest):
    """The configurations of both sides that the command line asks for."""
    known = {**{name: None for name in ours.CONFIGURATIONS}, **peers.configurations(contest)}
    if args.configs:
        wanted = [name.strip() for name in args.configs.split(",")]
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise SystemExit(f"error: no configuration {', '.join(unknown)}\n  try: " + "; ".join(known))
        return {name: known[name] for name in wanted}
    quick = {*ours.CONFIGURATIONS, *peers.QUICK}
    return {name: options for name, options in known.items() if not args.quick or name in quick or "accumulate" in name}


def contenders(runs):
    """The documented default, and who is near the best of all peers or of those in fp32."""
    speeds = {name: found[-1]["tokens_per_second"] for name, found in runs.items() if name not in ours.CONFIGURATIONS}
    near = {peers.DEFAULT}
    for group in (speeds, {name: speed for name, speed in speeds.items() if peers.is_fp32(name)}):
        near |= {name for name, speed in group.items() if speed >= CONTENDER * max(group.values())}
    return near


def one(name, options, job, skipped):
    run = ours.train(name, job) if name in ours.CONFIGURATIONS else peers.train(name, options, job)
    run["tokens_per_second"] = figures.tokens_per_second(run["ends"], run["tokens"], skipped)
    return run


def duel(args, contest):
    """Runs, prints the table and writes bench/out/<contest>-<model>.json after every round."""
    method = "full" if contest == "full" else "lora"
    longest = contest == "long"
    sentences = Sentences(args, "long" if longest else "short")
    rows = sentences.sample(args.steps, args.batch, longest)
    job = Job(place.model(args.model), write(rows, "sample"), method, args.batch, 512 if longest else 128, args.threads)
    skipped = min(max(2, args.steps // 10), args.steps - 1)
    todo, runs, failed, limit = chosen(args, contest), {}, {}, {}
    result = {"contest": contest, "model": args.model, "data": sentences.name, "steps": args.steps, "skipped": skipped,
              "batch": args.batch, "max_length": job.max_length, "threads": args.threads, "note": args.note}
    for job.seed in range(1, args.rounds + 1):
        measured, result["machine"] = limits(args.threads)
        limit = {kind: max(speed, limit.get(kind, 0)) for kind, speed in measured.items()}
        for name, options in todo.items():
            run = process.attempt(name, lambda: one(name, options, job, skipped), job.seed, failed)
            if run is None:
                continue
            runs.setdefault(name, []).append(run)
            process.say(f"round {job.seed}: {name}: {run['tokens_per_second']:.0f} tokens/s, first step {run['first']:.2f} s, "
                        f"peak {run['peak'] / 1e6:.0f} MB, {run['seconds']:.0f} s in all")
        todo = {name: options for name, options in todo.items() if name not in failed}
        if job.seed == 1 and not args.keep_all and len(runs) > len(ours.CONFIGURATIONS):
            near = contenders(runs)
            todo = {name: options for name, options in todo.items() if name in ours.CONFIGURATIONS or name in near}
        result |= {"limit_gflops": limit, "failed": failed, "runs": runs}
        result |= report.summary(result, Shape(job.model), method)
        place.OUT.mkdir(exist_ok=True)
        path = pathlib.Path(args.out or place.OUT / f"{contest}-{args.model.split('/')[-1]}.json")
        path.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(report.text(result))
    print(f"\nall figures: {path}")
