"""The reference implementations of the text metrics: packages, and the official scripts of SQuAD, VQA and CIDEr.

The scripts are in no package. scripts(FOLDER) runs copies of evaluate-v1.1.py, evaluate-v2.0.py, vqaEval.py and cider_scorer.py from
a folder; SOURCES says where they are had and which bytes are meant. The last two are Python 2: print, iteritems and xrange are put right.
"""
import contextlib
import hashlib
import io
import pathlib
import re
import types

SOURCES = {
    "evaluate-v1.1.py": ("deeppavlov/stand_squad_en, the official script of SQuAD 1.1",
                         "7d88347dfbb5cca9842e297321eeed6debae0c7db4da758df3780d65733a872a"),
    "evaluate-v2.0.py": ("pavanchhatpar/question-generation, the official script of SQuAD 2.0",
                         "8e175202e02f2d6ecdf367bcc6523ba8153c8cc74e378515943db24512589bb3"),
    "vqaEval.py": ("GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation",
                   "f08edfcad5be0112500993e245c706b6cb928eadebe203f89f838e5e0d04bec8"),
    "cider_scorer.py": ("vrama91/cider, pyciderevalcap/cider",
                        "5f43d4e84b0d96e49fe3ba26d9efb9b591703dcdd99e3e4fc733b3772f030d7a"),
}


def load(folder, name):
    content = (pathlib.Path(folder) / name).read_bytes()
    where, expected = SOURCES[name]
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise SystemExit(f"{folder}/{name}: sha256 {found}; expected {expected}, as in {where}")
    text = content.decode().replace("iteritems", "items").replace("xrange", "range").replace("import cPickle as pickle", "import pickle")
    text = re.sub(r'^(\s*)print (".*")\s*$', r"\1print(\2)", text, flags=re.M)
    module = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
    return module


class Scripts:
    """What the official scripts say; shares from 0 to 1."""

    def __init__(self, folder):
        self.v1, self.v2 = load(folder, "evaluate-v1.1.py"), load(folder, "evaluate-v2.0.py")
        self.vqa, self.cider_script = load(folder, "vqaEval.py"), load(folder, "cider_scorer.py")

    def squad(self, prediction, answers):
        best = self.v1.metric_max_over_ground_truths
        return (float(best(self.v1.exact_match_score, prediction, answers)), float(best(self.v1.f1_score, prediction, answers)))

    def squad_normal(self, text):
        assert self.v1.normalize_answer(text) == self.v2.normalize_answer(text)
        return self.v1.normalize_answer(text)

    def squad_v2(self, predictions, answers, no_answer=None, threshold=1.0):
        """The dictionary that the script prints."""
        ids = [str(i) for i in range(len(predictions))]
        data = [{"paragraphs": [{"qas": [{"id": i, "answers": [{"text": t} for t in a]} for i, a in zip(ids, answers)]}]}]
        said = dict(zip(ids, predictions))
        probabilities = dict(zip(ids, no_answer or [0.0] * len(ids)))
        has = self.v2.make_qid_to_has_ans(data)
        exact, f1 = self.v2.get_raw_scores(data, said)
        cut = [self.v2.apply_no_ans_threshold(s, probabilities, has, threshold) for s in (exact, f1)]
        out = dict(self.v2.make_eval_dict(*cut))
        for name, wanted in (("HasAns", True), ("NoAns", False)):
            chosen = [k for k, v in has.items() if v == wanted]
            if chosen:
                self.v2.merge_eval(out, self.v2.make_eval_dict(*cut, qid_list=chosen), name)
        if no_answer is not None:
            self.v2.find_all_best_thresh(out, said, exact, f1, probabilities, has)
        return out

    def vqa_accuracy(self, prediction, answers):
        qa = {0: {"answers": [{"answer": a, "answer_id": i} for i, a in enumerate(answers)], "question_type": "", "answer_type": ""}}
        truth = types.SimpleNamespace(qa=qa, getQuesIds=lambda: [0])
        judge = self.vqa.VQAEval(truth, types.SimpleNamespace(qa={0: {"answer": prediction}}), n=15)
        with contextlib.redirect_stdout(io.StringIO()):
            judge.evaluate()
        return judge.evalQA[0] / 100

    def vqa_normal(self, text):
        judge = self.vqa.VQAEval(types.SimpleNamespace(getQuesIds=lambda: []), None)
        text = text.replace("\n", " ").replace("\t", " ").strip()
        return judge.processDigitArticle(judge.processPunctuation(text))

    def cider(self, predictions, references):
        scorer = self.cider_script.CiderScorer(n=4)
        for hypothesis, refs in zip(predictions, references):
            scorer += (hypothesis, refs)
        return scorer.compute_score("corpus")[1].tolist()


def cider_d(predictions, references):
    """pycocoevalcap's CIDEr of lines of tokens."""
    from pycocoevalcap.cider.cider_scorer import CiderScorer
    scorer = CiderScorer(n=4, sigma=6.0)
    for hypothesis, refs in zip(predictions, references):
        scorer += (hypothesis, refs)
    return scorer.compute_score()[1].tolist()


def ptb_lines(lines):
    """pycocoevalcap's tokens of each line; needs java."""
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
    with contextlib.redirect_stdout(io.StringIO()):
        tokens = PTBTokenizer().tokenize({i: [{"caption": line}] for i, line in enumerate(lines)})
    return [" ".join(tokens.get(i, [""])[0].split()) for i in range(len(lines))]
