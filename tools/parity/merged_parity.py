"""Whole models, both ways: what `transformers` and `sentence-transformers` save loads here with their outputs, and what we write
loads there without a warning, with ours.

  python tools/parity/merged_parity.py [build/release/tests/parity_folder]

1. parity_folder (its contract is in peft_folders_parity.py; a job here has no adapter, `save_model`, and may have `pooling` and
   `embed`) reads tiny random BERTs of every head as transformers saves them, and writes them again. Logits agree to 1e-5 both
   times; class, id2label, label2id and problem_type survive; no missing, extra or mismatched tensor, no warning.
2. With a pooling that transformers' classes cannot express the folder is one of sentence-transformers: SentenceTransformer gives
   the embedding that the head reads (head/head.safetensors), or our unit-length embedding; reading the folder again gives the
   same logits. Folders that sentence-transformers wrote, and its older layouts, are read; poolings and modules that we do not have
   are refused by name.
3. build/release/espalier trains (LoRA, full; classes, several labels, numbers, tags, pairs), merges, predicts; transformers or
   sentence-transformers predict the same from the merged folder, with its own tokenizer files.
"""

import argparse
import json
import logging
import os
import random
import shutil
import subprocess
import tempfile
import warnings

import _rows as rows  # first: it puts tools/oracle on the path
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertTokenizerFast,
)
from transformers.utils import logging as transformers_logging

import bert_rows
from peft_folders_parity import run_driver

ALLOWED = 1e-5  # fp32
AUTO = {
    "sequence": AutoModelForSequenceClassification,
    "multi_label": AutoModelForSequenceClassification,
    "regression": AutoModelForSequenceClassification,
    "tokens": AutoModelForTokenClassification,
    "mlm": AutoModelForMaskedLM,
    "embed": AutoModel,
}
PROBLEMS = {"sequence": "single_label_classification", "multi_label": "multi_label_classification", "regression": "regression"}
TEXTS = ["a red apple", "the old hammer with a green wrench near", "one", "very new blue pear and saw and drill of a cherry", "xyz"]
CLASSES = {
    "fruit": "apple pear plum cherry melon",
    "tool": "hammer saw drill wrench file",
    "colour": "red green blue yellow white",
}
FILLERS = "the a very old new small one of with and near".split()


def write_tokenizer(folder):
    """A WordPiece tokenizer of whole words and letters; returns the size of its vocabulary."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [
        word for names in CLASSES.values() for word in names.split()[:4]
    ] + FILLERS  # the fifth of each class falls into pieces
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *letters[1:], *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}  # "a" is among the fillers
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=32).save_pretrained(folder)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as out:
        out.write("".join(f"{piece}\n" for piece in pieces))
    return len(pieces)


def write_table(path, count, seed):
    """Texts that name one thing of their class among fillers."""
    chance = random.Random(f"table {seed}")
    texts, labels = [], []
    for _ in range(count):
        label = chance.choice(list(CLASSES))
        words = chance.choices(FILLERS, k=chance.randrange(0, 9))
        words.insert(chance.randrange(len(words) + 1), chance.choice(CLASSES[label].split()))
        texts.append(" ".join(words))
        labels.append(label)
    with open(path, "w", encoding="utf-8") as out:
        out.write("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in zip(texts, labels)))
    return texts


class Heard(logging.Handler):
    """Collects what libraries log or warn of while it is entered; every line is a failure."""

    def __init__(self, table, case):
        super().__init__(logging.WARNING)
        self.table, self.case = table, case

    def emit(self, record):
        self.table.fail(self.case, f"{record.name} warned: {record.getMessage()[:200]}")

    def __enter__(self):
        transformers_logging.set_verbosity_warning()
        for name in ("transformers", "sentence_transformers"):
            logging.getLogger(name).addHandler(self)
        self.caught = warnings.catch_warnings(record=True)
        self.warned = self.caught.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, *problem):
        self.caught.__exit__(*problem)
        for name in ("transformers", "sentence_transformers"):
            logging.getLogger(name).removeHandler(self)
        transformers_logging.set_verbosity_error()
        for warning in self.warned:
            # Of one library about another, or about its own future; nothing a folder can change.
            if not issubclass(warning.category, (DeprecationWarning, FutureWarning, ResourceWarning)):
                self.table.fail(self.case, f"{warning.category.__name__}: {str(warning.message)[:200]}")


def espalier(program, *arguments):
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"espalier {arguments[0]} ended with {run.returncode}: {(run.stderr or run.stdout).strip()[-600:]}")
    return run.stdout


def load(table, case, folder, kind=AutoModelForSequenceClassification):
    """The folder as transformers sees it; every complaint is a failure."""
    with Heard(table, case):
        model, info = kind.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
        tokenizer = AutoTokenizer.from_pretrained(folder)
    for what, names in info.items():
        if names:
            table.fail(case, f"{what}: {names if isinstance(names, str) else sorted(map(str, names))[:4]}")
    return model.eval(), tokenizer


def load_sentences(table, case, folder):
    with Heard(table, case):
        return SentenceTransformer(folder, device="cpu")


def packed(tokenizer, texts):
    """The texts' ids as the driver wants them."""
    encoded = [tokenizer(text) for text in texts]
    return {
        "ids": torch.tensor([i for one in encoded for i in one["input_ids"]]),
        "segments": torch.tensor([i for one in encoded for i in one["token_type_ids"]]),
        "lengths": torch.tensor([len(one["input_ids"]) for one in encoded]),
    }


@torch.no_grad()
def logits(model, tokenizer, texts):
    return torch.cat([model(**tokenizer(text, return_tensors="pt")).logits for text in texts])


def outputs(model, head, inputs):
    found = bert_rows.run(model, head, inputs)
    layers = max(int(name.split(".")[1]) for name in found if name.startswith("hidden."))
    return (found[f"hidden.{layers}"] if head == "embed" else found["logits"]).detach()


def tiny(head, labels, vocabulary, **options):
    config = bert_rows.configuration(
        labels, vocab_size=vocabulary, hidden_size=16, num_attention_heads=2, intermediate_size=24, num_hidden_layers=2, max_position_embeddings=32
    )
    for key, value in options.items():
        setattr(config, key, value)
    return bert_rows.build(head, config, labels, torch.float32)


def named(names):
    return {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}


def check_transformers(table, driver, root):
    """Part 1."""
    cases = [
        ("sequence", 3, named(["no", "may be", "yes"])),
        ("sequence", 2, {}),
        ("multi_label", 3, {**named(["red", "green", "blue"]), "problem_type": "multi_label_classification"}),
        ("regression", 1, {"problem_type": "regression"}),
        ("regression", 3, {**named(["x", "y", "z"]), "problem_type": "regression"}),
        ("tokens", 5, named(["O", "B-A", "I-A", "B-B", "I-B"])),
        ("mlm", 2, {}),
        ("embed", 2, {}),
    ]
    jobs, kept = [], []
    for number, (head, labels, options) in enumerate(cases):
        folder = os.path.join(root, f"model{number}")
        vocabulary = write_tokenizer(folder)
        model = tiny(head, labels, vocabulary, **options)
        model.save_pretrained(folder)
        inputs = bert_rows.draw(model.config, [1, 7, 32, 7], number)
        save_file(inputs, f"{folder}.inputs.safetensors")
        jobs.append({"name": f"{number} {head}", "model": folder, "inputs": f"{folder}.inputs.safetensors", "save_model": f"{folder}.again"})
        kept.append((head, model, inputs))
    found, answers = run_driver(driver, jobs, root)
    for job, (head, model, inputs) in zip(jobs, kept):
        case = job["name"]
        if "error" in answers[case]:
            table.fail(case, answers[case]["error"])
            continue
        expected = outputs(model, head, inputs)
        rows.compare(table, case, "theirs here", {"x": expected}, {"x": found[f"{case}.logits"]}, ALLOWED)
        again, tokenizer = load(table, case, job["save_model"], AUTO[head])
        rows.compare(table, case, "ours there", {"x": found[f"{case}.logits"]}, {"x": outputs(again, head, inputs)}, ALLOWED)
        if type(again) is not type(model) or answers[case]["architecture"] != type(model).__name__:
            table.fail(case, f"a {type(model).__name__} came back as a {type(again).__name__}")
        if head in PROBLEMS or head == "tokens":
            for key, value in {"id2label": model.config.id2label, "label2id": model.config.label2id}.items():
                if getattr(again.config, key) != value:
                    table.fail(case, f"{key} was {value} and is {getattr(again.config, key)}")
        if PROBLEMS.get(head) != again.config.problem_type:
            table.fail(case, f"problem_type is {again.config.problem_type}")
        if packed(tokenizer, TEXTS)["ids"].tolist() != packed(AutoTokenizer.from_pretrained(job["model"]), TEXTS)["ids"].tolist():
            table.fail(case, "the tokenizer gives other ids")


def check_sentences(table, driver, root):
    """Part 2."""
    jobs = []
    base = os.path.join(root, "classes")
    model = tiny("sequence", 3, write_tokenizer(base), **named(["no", "may be", "yes"]))
    model.save_pretrained(base)
    # A masked-LM's file has no pooler; a SentenceTransformer needs none.
    bare = os.path.join(root, "bare")
    tiny("mlm", 2, write_tokenizer(bare)).save_pretrained(bare)
    inputs = os.path.join(root, "texts.safetensors")
    save_file(packed(AutoTokenizer.from_pretrained(base), TEXTS), inputs)
    for pooling in ("mean", "max", "first", "last"):
        for head, source, embed in (("classes", base, False), ("unit", base, True), ("no pooler", bare, True)):
            name = f"{pooling} {head}"
            jobs.append({"name": name, "model": source, "inputs": inputs, "pooling": pooling, "embed": embed, "save_model": os.path.join(root, name)})
    found, answers = run_driver(driver, jobs, root)
    again = []
    for job in jobs:
        case, folder = job["name"], job["save_model"]
        if "error" in answers[case] or not answers[case]["sentence_encoder"]:
            table.fail(case, answers[case].get("error", "was not written as a sentence encoder"))
            continue
        encoder = load_sentences(table, case, folder)
        embedding = torch.tensor(encoder.encode(TEXTS, batch_size=1))
        if not job["embed"]:
            head = load_file(os.path.join(folder, "head", "head.safetensors"))
            embedding = embedding @ head["classifier.weight"].T + head["classifier.bias"]
        rows.compare(table, case, "ours there", {"x": found[f"{case}.logits"]}, {"x": embedding}, ALLOWED)
        again.append({"name": case, "model": folder, "inputs": inputs, "embed": job["embed"]})
    # What the library itself writes, and how older ones laid it out.
    source = os.path.join(root, "max unit")
    edit_json(os.path.join(source, "config.json"), lambda config: config.pop("espalier"))  # it says the pooling too
    load_sentences(table, "theirs", source).save(os.path.join(root, "theirs"))
    older = os.path.join(root, "older")
    shutil.copytree(source, older)
    os.mkdir(os.path.join(older, "0_Transformer"))
    for entry in os.listdir(older):
        if entry not in ("modules.json", "config_sentence_transformers.json") and not entry[0].isdigit():
            os.rename(os.path.join(older, entry), os.path.join(older, "0_Transformer", entry))
    edit_json(os.path.join(older, "modules.json"), lambda modules: modules[0].update(path="0_Transformer"))
    for name in ("theirs", "older"):
        found[f"{name}.logits"] = found["max unit.logits"]
        again.append({"name": name, "model": os.path.join(root, name), "inputs": inputs, "embed": True})
    broken = {
        "weightedmean": ("1_Pooling/config.json", lambda c: (c.clear(), c.update(pooling_mode="weightedmean"))),
        "cls + mean": ("1_Pooling/config.json", lambda c: c.update(pooling_mode_cls_token=True, pooling_mode_mean_tokens=True, pooling_mode_max_tokens=False)),
        "mean_sqrt_len_tokens": ("1_Pooling/config.json", lambda c: c.update(pooling_mode_max_tokens=False, pooling_mode_mean_sqrt_len_tokens=True)),
        "Dense": ("modules.json", lambda m: m.append({"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"})),
        "query: ": ("config_sentence_transformers.json", lambda c: c.update(default_prompt_name="q", prompts={"q": "query: "})),
    }
    for word, (file, change) in broken.items():
        folder = os.path.join(root, f"broken {word.strip(': ')}")
        shutil.copytree(source, folder)
        edit_json(os.path.join(folder, file), change)
        again.append({"name": f"refused {word}", "model": folder, "inputs": inputs, "embed": True})
    second, answers = run_driver(driver, again, root)
    for job in again:
        case, error = job["name"], answers[job["name"]].get("error")
        if case.startswith("refused "):
            word = case.removeprefix("refused ").strip()
            if word not in (error or ""):
                table.fail(case, f"should be refused naming it; said: {error or 'nothing'}")
            else:
                table.add(case, "refused by name", 0, 0)
        elif error:
            table.fail(case, error)
        else:
            rows.compare(table, case, "read again", {"x": found[f"{case}.logits"]}, {"x": second[f"{case}.logits"]}, ALLOWED)


def edit_json(path, change):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    change(value)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def check(table, case, program, folder):
    base, run, merged = (os.path.join(folder, part) for part in ("base", "run", "merged"))
    vocabulary = write_tokenizer(base)
    options = {
        "vocab_size": vocabulary,
        "hidden_size": 16,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
    }
    config = bert_rows.configuration(3, max_position_embeddings=32, id2label=dict(enumerate(sorted(CLASSES))), **options)
    config.label2id = {name: i for i, name in config.id2label.items()}
    start = bert_rows.build("sequence", config, 1, torch.float32)
    start.save_pretrained(base)
    train, dev = os.path.join(folder, "train.tsv"), os.path.join(folder, "dev.tsv")
    write_table(train, 160, 1)
    texts = write_table(dev, 40, 2)

    data = ["--data", train, "--dev", dev, "--text", "text", "--label", "label"]
    sizes = [
        "--method",
        "lora",
        "--rank",
        "4",
        "--epochs",
        "2",
        "--batch",
        "8",
        "--learning-rate",
        "0.01",
        "--precision",
        "fp32",
        "--seed",
        "1",
    ]
    espalier(program, "train", "--model", base, *data, *sizes, "--out", run)
    espalier(program, "merge", run, "--out", merged)
    predictions = [json.loads(line) for line in espalier(program, "predict", run, dev, "--json", "--probabilities").splitlines() if line.strip()]
    if len(predictions) != len(texts):
        return table.fail(case, f"predict gave {len(predictions)} lines for {len(texts)} texts")

    model, tokenizer = load(table, case, merged)
    names = [model.config.id2label[i] for i in range(model.config.num_labels)]
    if sorted(names) != sorted(CLASSES):
        return table.fail(case, f"id2label holds {names}")
    found = logits(model, tokenizer, texts)
    ours = torch.tensor([[line["probabilities"][name] for name in names] for line in predictions], dtype=torch.float64)
    theirs = found.double().softmax(-1)
    rows.compare(table, case, "probabilities", {"probabilities": theirs}, {"probabilities": ours}, 1e-5)
    # A logit is known up to the example's constant; small probabilities carry more of it than their own digits tell.
    sure = theirs > 1e-3
    rows.compare(table, case, "log-probabilities", {"p": theirs[sure].log()}, {"p": ours[sure].log()}, 1e-4)
    wrong = sum(line["label"] != names[i] for line, i in zip(predictions, found.argmax(-1).tolist()))
    table.add(case, "labels that differ", wrong, 0)
    # The start has its own classifier, so this sees the adapter and the trained head together.
    if (found - logits(start, tokenizer, texts)).abs().max() < 1e-2:
        table.fail(case, "training moved nothing: the comparison is empty")


FLAGS = ["--epochs", "2", "--batch", "8", "--precision", "fp32", "--seed", "1", "--threads", "1"]


def predict(program, folder, data, *more):
    said = espalier(program, "predict", folder, data, "--json", *more)
    return [json.loads(line) for line in said.splitlines() if line.strip()]


def check_other(table, program, root):
    """Part 3, beyond classes with a pooler: full tuning, several labels, numbers, tags, and classes read from the mean."""
    base = os.path.join(root, "base")
    tiny("embed", 2, write_tokenizer(base)).save_pretrained(base)
    chance = random.Random(5)
    words = [word for names in CLASSES.values() for word in names.split()[:4]]
    lines, numbers, several, tags = [], [], [], []
    for _ in range(96):
        text = chance.choices(words + FILLERS, k=chance.randrange(3, 9))
        lines.append(" ".join(text))
        numbers.append(sum(word in CLASSES["fruit"] for word in text) / 2)
        several.append([name for name in CLASSES if any(word in CLASSES[name].split() for word in text)])
        tags.append("\n".join(f"{word}\t{'B-TOOL' if word in CLASSES['tool'] else 'O'}" for word in text))
    files = {name: os.path.join(root, name) for name in ("numbers.tsv", "several.jsonl", "tags.conll", "classes.tsv")}
    classes = [labels[0] if labels else "none" for labels in several]
    for name, text in {
        "numbers.tsv": "text\tlabel\n" + "".join(f"{t}\t{n}\n" for t, n in zip(lines, numbers)),
        "several.jsonl": "".join(json.dumps({"text": t, "label": s}) + "\n" for t, s in zip(lines, several)),
        "tags.conll": "\n\n".join(tags) + "\n",
        "classes.tsv": "text\tlabel\n" + "".join(f"{t}\t{c}\n" for t, c in zip(lines, classes)),
    }.items():
        with open(files[name], "w", encoding="utf-8") as out:
            out.write(text)
    table_flags = ["--text", "text", "--label", "label"]
    cases = [
        ("full, numbers", "numbers.tsv", ["--task", "regress", "--method", "full", "--pooling", "pooler", *table_flags]),
        ("lora, several labels", "several.jsonl", ["--task", "multi_label", "--method", "lora", "--pooling", "pooler", *table_flags]),
        ("bitfit, tags", "tags.conll", ["--task", "tokens", "--method", "bitfit"]),
        ("full, classes by mean", "classes.tsv", ["--method", "full", "--pooling", "mean", *table_flags]),
        ("lora, classes by max", "classes.tsv", ["--method", "lora", "--pooling", "max", *table_flags]),
    ]
    for number, (case, data, flags) in enumerate(cases):
        run, merged = os.path.join(root, f"run{number}"), os.path.join(root, f"merged{number}")
        espalier(program, "train", "--model", base, "--data", files[data], *flags, *FLAGS, "--learning-rate", "0.01", "--out", run)
        said = espalier(program, "merge", run, "--out", merged)
        texts = os.path.join(root, "texts.tsv")
        with open(texts, "w", encoding="utf-8") as out:
            out.write("text\n" + "".join(f"{line}\n" for line in lines[:20]))
        if "tags" in case:
            model, tokenizer = load(table, case, merged, AutoModelForTokenClassification)
            ours = predict(program, merged, texts, "--text", "text")
            wrong = 0
            for line, answer in zip(lines[:20], ours):
                found = logits(model, tokenizer, [line])[0].argmax(-1).tolist()
                starts = {span[0] for span, tag in zip(tokenizer(line, return_offsets_mapping=True)["offset_mapping"], found) if model.config.id2label[tag] != "O" and span[1]}
                wrong += not {entity["start"] for entity in answer["entities"]} <= starts
            table.add(case, "entities elsewhere", wrong, 0)
            continue
        more = ["--text", "text", *(["--probabilities"] if "numbers" not in case else [])]
        before, after = predict(program, run, texts, *more), predict(program, merged, texts, *more)
        if before != after and "lora" not in case:
            table.fail(case, "the merged folder predicts otherwise here")
        if "by" in case:
            if "SentenceTransformer" not in said or "head" not in said:
                table.fail(case, f"merge does not say who reads it: {said}")
            encoder = load_sentences(table, case, merged)
            head = load_file(os.path.join(merged, "head", "head.safetensors"))
            theirs = torch.tensor(encoder.encode(lines[:20], batch_size=1)) @ head["classifier.weight"].T + head["classifier.bias"]
            with open(os.path.join(merged, "head", "head.json"), encoding="utf-8") as file:
                names = json.load(file)["labels"]
        else:
            model, tokenizer = load(table, case, merged)
            theirs = logits(model, tokenizer, lines[:20])
            names = [model.config.id2label[i] for i in range(model.config.num_labels)]
        if "numbers" in case:
            ours = torch.tensor([[answer.get("value", answer.get("label"))] for answer in before], dtype=torch.float64)
            rows.compare(table, case, "values", {"x": theirs.double()}, {"x": ours}, ALLOWED)
            continue
        ours = torch.tensor([[answer["probabilities"][name] for name in names] for answer in before], dtype=torch.float64)
        theirs = theirs.double().sigmoid() if "several" in case else theirs.double().softmax(-1)
        rows.compare(table, case, "probabilities", {"x": theirs}, {"x": ours}, ALLOWED)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("driver", nargs="?", help="the driver program")
    parser.add_argument("program", nargs="?", default=os.path.join(rows.ROOT, "build", "release", "espalier"))
    args = parser.parse_args()
    driver, program = rows.driver(args.driver, "parity_folder"), rows.driver(args.program, "espalier")
    torch.set_num_threads(1)
    table = rows.Table("merged parity")
    for name, part in {
        "transformers' folders": lambda folder: check_transformers(table, driver, folder),
        "sentence encoders": lambda folder: check_sentences(table, driver, folder),
        "lora, merged": lambda folder: check(table, "lora, merged", program, folder),
        "trained here": lambda folder: check_other(table, program, folder),
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                part(folder)
            except (RuntimeError, KeyError, ValueError, OSError, SystemExit) as error:
                table.fail(name, f"{type(error).__name__}: {error}")
    table.exit()


if __name__ == "__main__":
    main()
