"""Random cases for the text metrics, with the figures of sacrebleu, rouge-score, pycocoevalcap and the official scripts.

python tools/oracle/make_text_metrics.py tests/oracle/metrics FOLDER_OF_SCRIPTS   (text_references.py says which scripts)

One JSON object a line, one file a family: bleu, rouge, squad, vqa, cider, language. A sidecar beside them says what made them.
"""
import json
import pathlib
import random
import sys
import types

import sacrebleu
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import text_references  # noqa: E402

SEED = 31
COUNTS = {"bleu": 120, "rouge": 110, "squad": 190, "vqa": 160, "cider": 20, "language": 60}
WORDS = ("the The a an A cat cats dog dogs sat sitting on mat. mat, mat; red-brown 3.5 1,000 10% $5 U.S. isn't it's Mr. running "
         "flies relational happily café Café ΣΟΦΟΣ İstanbul naïve 中文 ½ &amp; &quot;x&quot; <skipped> (old) \"new\" 'q' -- - ... . , ? ! "
         "one two none ten dont cant I'm y'all 10.5. 2,5 und/oder a.b x_y").split()
BLANKS = [" "] * 12 + ["  ", "\t", "\n", "\u00a0", "\u3000", "-\n"]
SUFFIXES = ("s es ed ing ational tional enci anci izer bli alli entli eli ousli ization ation ator alism iveness fulness ousness aliti "
            "iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent sion tion ou "
            "ism ate iti ous ive ize e ll y ied ies eed sses").split()


def text(rng, longest=9):
    out = ""
    for _ in range(rng.randint(0, longest)):
        out += rng.choice(WORDS) + rng.choice(BLANKS)
    return out if rng.random() < 0.3 else out.strip()


def near(rng, other):
    """Another text that shares most of its words with `other`."""
    words = [w if rng.random() < 0.8 else rng.choice(WORDS) for w in other.split(" ") if rng.random() < 0.9]
    return " ".join(words)


def pair(rng, longest=9, most=3):
    references = [text(rng, longest) for _ in range(rng.randint(1, most))]
    return (near(rng, rng.choice(references)) if rng.random() < 0.8 else text(rng, longest)), references


def crowded(rng, *_):
    """Texts of few words, many times and on several lines: ties, clipping and unions matter here."""
    words = rng.sample("cats cat cat's running run ran dogs dog a the".split(), 4)

    def lines():
        return "\n".join(" ".join(rng.choice(words) for _ in range(rng.randint(0, 6))) for _ in range(rng.randint(1, 3)))

    return lines(), [lines() for _ in range(rng.randint(1, 3))]


def bleu_score(predictions, references, lower, smooth, value, effective, order, tokenize):
    width = max(map(len, references))
    streams = [[r[k] if k < len(r) else None for r in references] for k in range(width)]
    judge = BLEU(lowercase=lower, smooth_method=smooth, smooth_value=value, effective_order=effective, max_ngram_order=order,
                 tokenize="13a" if tokenize else "none", force=True)
    return judge.corpus_score(predictions, streams)


def bleu_case(rng, _, give=pair):
    pairs = [give(rng) for _ in range(rng.choice([1, 1, 2, 5]))]
    if not any(r for _, refs in pairs for r in refs) or all(not refs[0] for _, refs in pairs):
        pairs[0] = (pairs[0][0], ["the cat"])
    smooth = rng.choice(["exp", "exp", "none", "floor", "add-k"])
    settings = {"lower": rng.random() < 0.3, "smooth": smooth,
                "value": rng.choice([None, 0.01, 2.5]) if smooth in ("floor", "add-k") else None,
                "effective": rng.random() < 0.4, "order": rng.choice([4, 4, 4, 2]), "tokenize": rng.random() < 0.85}
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    result = bleu_score(predictions, references, **settings)
    want = {"score": result.score, "precisions": result.precisions, "brevity": result.bp}
    want["sentence_bleu"] = sum(sacrebleu.sentence_bleu(p, r).score for p, r in pairs) / len(pairs)
    return {"kind": "bleu", "predictions": predictions, "references": references, **settings}, want


def rouge_case(rng, _, give=pair):
    prediction, references = give(rng)
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    stem = rng.random() < 0.5
    scores = rouge_scorer.RougeScorer(kinds, use_stemmer=stem).score_multi(references, prediction)
    want = {k: [scores[k].precision, scores[k].recall, scores[k].fmeasure] for k in kinds}
    return {"kind": "rouge", "prediction": prediction, "references": references, "stem": stem}, want


def stems_case(rng, _):
    words = []
    for _ in range(25):
        stem = "".join(rng.choice("aeiouybcdlmnrstwxz") for _ in range(rng.randint(0, 6)))
        words.append(stem + rng.choice(SUFFIXES) + (rng.choice(SUFFIXES) if rng.random() < 0.3 else ""))
    words += rng.sample(["sky", "skies", "dying", "news", "innings", "howe", "succeed", "2nd", "yyyy", "geologi", "spied", "died"], 3)
    stemmer = PorterStemmer()
    return {"kind": "stems", "words": " ".join(words), "stems": " ".join(map(stemmer.stem, words))}, {"same": 1}


def squad_case(rng, scripts, give=pair):
    prediction, answers = give(rng, 4)
    want = {}
    if answers:
        want["squad_exact"], want["squad_f1"] = scripts.squad(prediction, answers)
    if rng.random() < 0.1:
        answers = []
        want = {}
    both = scripts.squad_v2([prediction], [answers])
    want["squad_v2_exact"], want["squad_v2_f1"] = both["exact"] / 100, both["f1"] / 100
    return {"kind": "squad", "prediction": prediction, "answers": answers, "normal": scripts.squad_normal(prediction)}, {**want, "same": 1}


def squad_report_case(rng, scripts, give=pair):
    pairs = [give(rng, 3) for _ in range(rng.randint(1, 8))]
    pairs = [(rng.choice(["", p]), []) if rng.random() < 0.4 else (rng.choice([p, p, ""]), a) for p, a in pairs]
    no_answer = [rng.randint(0, 8) / 8 for _ in pairs]
    threshold = rng.choice([1.0, 0.5])
    predictions, answers = [p for p, _ in pairs], [a for _, a in pairs]
    out = scripts.squad_v2(predictions, answers, no_answer, threshold)
    want = {k: v / (1 if "thresh" in k or "total" in k else 100) for k, v in out.items()}
    return {"kind": "squad_report", "predictions": predictions, "references": answers, "no_answer": no_answer,
            "threshold": threshold}, want


def vqa_case(rng, scripts):
    answer = text(rng, 3)
    people = [answer if rng.random() < 0.5 else near(rng, answer) if rng.random() < 0.7 else text(rng, 2)
              for _ in range(rng.choice([1, 2, 5, 10]))]
    if rng.random() < 0.15:
        people = [answer] * len(people)
    prediction = rng.choice([answer, near(rng, answer), rng.choice(people)])
    return {"kind": "vqa", "prediction": prediction, "answers": people, "normal": scripts.vqa_normal(prediction)}, {
        "vqa": scripts.vqa_accuracy(prediction, people), "same": 1}


def cider_case(rng, scripts, give=pair):
    pairs = [give(rng, 9) for _ in range(rng.randint(1, 6))]
    if not any(r.split() for _, refs in pairs for r in refs):
        pairs[0] = (pairs[0][0], ["the cat"])
    clean = [(" ".join(p.split()), [" ".join(r.split()) for r in refs]) for p, refs in pairs]
    predictions, references = [p for p, _ in clean], [r for _, r in clean]
    want = {"cider_d": text_references.cider_d(predictions, references)}
    if scripts is not None:
        want["cider"] = scripts.cider(predictions, references)
    return {"kind": "cider", "predictions": predictions, "references": references}, want


def crowded_rouge_case(rng, scripts):
    return rouge_case(rng, scripts, crowded)


def crowded_cider_case(rng, scripts):
    return cider_case(rng, scripts, lambda *_: crowded(rng))


def contractions_case(rng, scripts):
    keys = sorted(scripts.vqa.VQAEval(types.SimpleNamespace(getQuesIds=list), None).contractions)
    said = " ".join(rng.sample(keys, 12))
    return {"kind": "vqa", "prediction": said, "answers": [said, "x"], "normal": scripts.vqa_normal(said)}, {
        "vqa": scripts.vqa_accuracy(said, [said, "x"]), "same": 1}


def python_case(rng, _):
    letters = "aAbB.' ΣσςΑα\u0301İiıIßẞǅ𝐀𐐀ªⅣⓐ\u00ad:\u2019\u2028\u0085\u001c\u1680ǲ"
    given = "".join(rng.choice(letters) for _ in range(rng.randint(0, 12)))
    return {"kind": "python", "text": given, "lower": given.lower(), "split": given.split(), "strip": given.strip()}, {"same": 1}


def losses_case(rng, _):
    import torch
    losses, sums, counts = [], [], []
    for _ in range(rng.randint(1, 4)):
        logits = torch.tensor([[rng.gauss(0, 2) for _ in range(5)] for _ in range(rng.randint(1, 4))], dtype=torch.float64)
        each = torch.nn.functional.cross_entropy(logits, torch.tensor([rng.randrange(5) for _ in logits]), reduction="none")
        losses.append(each)
        sums.append(each.sum().item())
        counts.append(len(each))
    return {"kind": "losses", "sums": sums, "counts": counts}, {"perplexity": torch.exp(torch.cat(losses).mean()).item()}


FAMILIES = {"bleu": [bleu_case], "rouge": [rouge_case, crowded_rouge_case, crowded_rouge_case, stems_case],
            "squad": [squad_case, squad_case, squad_case, squad_report_case], "vqa": [*[vqa_case] * 7, contractions_case], "cider": [cider_case, crowded_cider_case],
            "language": [python_case, python_case, losses_case]}


def cases(family, seed, count, scripts):
    rng = random.Random(f"{family} {seed}")
    for i in range(count):
        makers = FAMILIES[family]
        given, want = makers[i % len(makers)](rng, scripts)
        yield {**given, "want": {k: v if isinstance(v, list) else [v] for k, v in want.items()}}


def versions():
    import importlib.metadata as metadata
    return {**{p: metadata.version(p) for p in ("sacrebleu", "rouge-score", "nltk", "pycocoevalcap", "torch")},
            "python": sys.version.split()[0]}


def main():
    folder, scripts = pathlib.Path(sys.argv[1]), text_references.Scripts(sys.argv[2])
    for family, count in COUNTS.items():
        with open(folder / f"{family}.jsonl", "w", encoding="utf-8") as out:
            for case in cases(family, SEED, count, scripts):
                out.write(json.dumps(case, separators=(",", ":"), ensure_ascii=False) + "\n")
    lines = [line for line in (pathlib.Path(__file__).parent / "ptb_lines.txt").read_text(encoding="utf-8").split("\n") if line]
    with open(folder / "ptb.jsonl", "w", encoding="utf-8") as out:
        for line, tokens in zip(lines, text_references.ptb_lines(lines)):
            out.write(json.dumps({"kind": "ptb", "line": line, "tokens": tokens, "want": {"same": [1]}}, separators=(",", ":"),
                                 ensure_ascii=False) + "\n")
    sidecar = {"what": "figures of the reference implementations of the text metrics on random texts, one JSON object a line",
               "files": [f"{family}.jsonl" for family in (*COUNTS, "ptb")], "seed": SEED,
               "command": "python tools/oracle/make_text_metrics.py tests/oracle/metrics FOLDER_OF_SCRIPTS",
               "versions": versions(), "scripts": {k: {"from": a, "sha256": b} for k, (a, b) in text_references.SOURCES.items()},
               "ptb": "pycocoevalcap's PTBTokenizer (Stanford CoreNLP 3.4.1) over the lines of tools/oracle/ptb_lines.txt"}
    (folder / "text.provenance.json").write_text(json.dumps(sidecar, indent=1) + "\n")


if __name__ == "__main__":
    main()
