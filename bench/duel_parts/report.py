"""What a duel of training found: one row a configuration, and the goals beside what was reached."""

from duel_parts import ours, peers
from duel_parts.figures import Spread, ratio, table

# contest -> (what, the least ratio of ours to theirs); `best`, `best fp32` and `default` are peers
SPEED_GOALS = {
    "lora": (("best", 2.0), ("default", 6.5), ("best fp32", 1.75)),
    "full": (("best", 1.5),),
    "long": (("best", 1.5),),
}
MEMORY_GOALS = {"lora": (("default", 0.4), ("best", 0.5))}
LIMIT_GOALS = {"minilm": 0.50, "bert-base": 0.66}  # share of the products' limit


def column(runs, key):
    return [run[key] for run in runs]


def summary(result, shape, method):
    """Figures of each configuration, made from its runs."""
    found, gflop = {}, shape.gflop_per_token(method)
    every = [run for runs in result["runs"].values() for run in runs]
    totals = sorted({(sum(run["tokens"]), sum(run["examples"])) for run in every})
    tokens, examples = totals[-1] if totals else (1, 1)
    for name, runs in result["runs"].items():
        speeds = column(runs, "tokens_per_second")
        limit = result["limit_gflops"]["fp32" if peers.is_fp32(name) else "bf16"]
        found[name] = {
            "tokens_per_second": Spread(speeds).json(),
            "examples_per_second": Spread([speed * examples / tokens for speed in speeds]).json(),
            "gflops": Spread([speed * gflop for speed in speeds]).json(),
            "share_of_limit": Spread([speed * gflop / limit for speed in speeds]).json(),
            "first_step_seconds": Spread(column(runs, "first")).json(),
            "peak_rss_bytes": Spread(column(runs, "peak")).json(),
            "padding": Spread(column(runs, "padding")).json(),
        }
    return {"tokens_per_example": tokens / examples, "gflop_per_example": gflop * tokens / examples,
            "same_sentences": len(totals) == 1, "figures": found}


def fastest(result, keep):
    """The name with the highest median among those that `keep` wants and that ran in every round that the rest ran."""
    speeds = {name: values["tokens_per_second"]["median"] for name, values in result["figures"].items() if keep(name)}
    return max(speeds, key=speeds.get) if speeds else None


def roles(result):
    """Who is compared: the peers' best, best in fp32 and documented default; our best and best in fp32."""
    def peer(name):
        return name not in ours.CONFIGURATIONS

    return {
        "best": fastest(result, peer),
        "best fp32": fastest(result, lambda name: peer(name) and peers.is_fp32(name)),
        "default": peers.DEFAULT if peers.DEFAULT in result["figures"] else None,
        "ours": fastest(result, lambda name: not peer(name)),
        "ours fp32": fastest(result, lambda name: not peer(name) and peers.is_fp32(name)),
    }


def goals(result, role):
    """Lines that set what was reached beside what is wanted."""
    lines = []

    def line(what, spread, wanted, smaller, form="{:.2f}"):
        reached = spread.median <= wanted if smaller else spread.median >= wanted
        sign = "<=" if smaller else ">="
        lines.append(f"{what}: {spread.text(form)}, wanted {sign} {wanted}: {'reached' if reached else 'not reached'}")

    for goals_of, key, smaller, what in ((SPEED_GOALS, "tokens_per_second", False, "speed"),
                                         (MEMORY_GOALS, "peak", True, "peak RSS")):
        for who, wanted in goals_of.get(result["contest"], ()):
            mine = role["ours fp32" if who == "best fp32" else "ours"]
            if mine and role[who]:
                quotient = ratio(*(column(result["runs"][name], key) for name in (mine, role[who])))
                line(f"{what}, {mine} ÷ {role[who]} (their {who})", quotient, wanted, smaller)
    mine = role["ours"]
    if mine and result["contest"] == "lora" and result["model"] in LIMIT_GOALS:
        figures = result["figures"][mine]
        line(f"share of the products' limit, {mine}", Spread(figures["share_of_limit"]["rounds"]),
             LIMIT_GOALS[result["model"]], False)
    return lines


def text(result):
    role = roles(result)
    rows = []
    for name, values in result["figures"].items():
        quotients = [ratio(column(result["runs"][role[mine]], "tokens_per_second"),
                           column(result["runs"][name], "tokens_per_second")).text("{:.2f}") if role[mine] else ""
                     for mine in ("ours", "ours fp32")]
        marks = [who for who in ("default", "best", "best fp32") if role[who] == name]

        def spread(key, form="{:.1f}", scale=1.0):
            return Spread([value * scale for value in values[key]["rounds"]]).text(form)

        rows.append([name + (f" ({', '.join(marks)})" if marks else ""), spread("examples_per_second"),
                     spread("tokens_per_second", "{:.0f}"), spread("share_of_limit", "{:.0f} %", 100),
                     spread("first_step_seconds"), spread("peak_rss_bytes", "{:.2f}", 1e-9),
                     spread("padding", "{:.0f} %", 100), *quotients])
    head = ["configuration", "examples/s", "tokens/s", "of the limit", "first step, s", "peak RSS, GB", "padding",
            "our best ÷ this", "our fp32 ÷ this"]
    limit = result["limit_gflops"]
    intro = [f"{result['contest']}, {result['model']}: {result['steps']} steps of {result['batch']} from {result['data']}, "
             f"{result['tokens_per_example']:.1f} tokens and {result['gflop_per_example']:.2f} GFLOP an example; "
             f"{result['threads']} threads; the first {result['skipped']} steps are not in the speeds",
             f"limit: {limit['fp32']:.0f} GFLOP/s fp32, {limit['bf16']:.0f} bf16", *result["machine"]]
    if not result["same_sentences"]:
        intro.append("NOTE: the sides did not see the same numbers of tokens")
    if result["note"]:
        intro.append(f"note: {result['note']}")
    outro = [f"failed: {problem}" for problem in result["failed"].values()] + goals(result, role)
    return "\n".join([*intro, "", table(head, rows), "", *outro])
