"""A folder that `espalier merge` writes loads in `transformers` without a warning and gives the run's own predictions.

  python tools/parity/merged_parity.py [build/release/espalier]

A tiny random BERT folder with a WordPiece tokenizer and a made-up TSV are written; then
  espalier train --model BASE --data train.tsv --dev dev.tsv --text text --label label --method lora --rank 4 --epochs 2 --batch 8
      --learning-rate 0.01 --precision fp32 --seed 1 --out RUN
  espalier merge RUN --out MERGED
  espalier predict RUN dev.tsv --json --probabilities        one JSON object a line, in input order, with `label` and `probabilities` {label: p}
MERGED must load as AutoModelForSequenceClassification and AutoTokenizer: no missing, extra or mismatched tensor, no warning,
id2label the run's classes. Probabilities agree to 1e-5 with the run's, and training must have moved the logits (else the test
says nothing).
"""

import argparse
import json
import logging
import os
import random
import subprocess
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertTokenizerFast
from transformers.utils import logging as transformers_logging

import bert_rows

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


class Warnings(logging.Handler):
    """Collects what transformers says at warning level or above."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


def espalier(program, *arguments):
    run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"espalier {arguments[0]} ended with {run.returncode}: {(run.stderr or run.stdout).strip()[-600:]}")
    return run.stdout


def load(table, case, folder):
    """The merged folder as transformers sees it; every complaint is a failure."""
    heard = Warnings()
    logger = transformers_logging.get_logger()
    transformers_logging.set_verbosity_warning()
    logger.addHandler(heard)
    try:
        model, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    finally:
        logger.removeHandler(heard)
        transformers_logging.set_verbosity_error()
    for kind, names in info.items():
        if names:
            table.fail(case, f"{kind}: {names if isinstance(names, str) else sorted(map(str, names))[:4]}")
    for line in heard.said:
        table.fail(case, f"transformers warned: {line[:200]}")
    return model.eval(), tokenizer


@torch.no_grad()
def logits(model, tokenizer, texts):
    return torch.cat([model(**tokenizer(text, return_tensors="pt")).logits for text in texts])


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default=os.path.join(rows.ROOT, "build", "release", "espalier"))
    program = rows.driver(parser.parse_args().program, "espalier")
    torch.set_num_threads(1)
    table = rows.Table("merged parity")
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(table, "lora, merged", program, folder)
        except (RuntimeError, KeyError, ValueError, OSError) as error:
            table.fail("lora, merged", f"{type(error).__name__}: {error}")
    table.exit()


if __name__ == "__main__":
    main()
