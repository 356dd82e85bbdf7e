"""Compares T5, BART and mBART with `transformers` on random small configurations: values, losses, all gradients, saved files, texts.

  python tools/parity/seq_to_seq_parity.py [--seed 1] [--count 14] [--family F ...] [build/release/tests/parity_pair]

For each configuration a Hugging Face folder is written, once in fp32 and once in fp64, and the driver is called:

  parity_pair FOLDER INPUTS OUT --dtype f32|f64 --loss cross_entropy|dot [--embed] [--save FOLDER]

FOLDER holds config.json and model.safetensors as save_pretrained writes them; the head is the one that config.json names, with
       --embed the mean of the encoder's rows at unit length.
INPUTS ids [N] i64, lengths [B]: rows packed, no padding; of seq2seq labels [M] i64 (-100 ignored) and target_lengths [B]; else
       labels [B], of tokens [N], with --embed [B, D] in the dtype
OUT    hidden.<stack>.<i> of every block that ran; logits or embedding; loss [1]; grad.<name> under save_pretrained's names
What greedy decoding and beam search write is compared through parity_generate (see generate_parity.py), beside the driver.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch

import seq2seq_rows as pairs
from generate_parity import random_options

ALLOWED = {"f32": {"values": 1e-5, "gradients": 1e-4}, "f64": {"values": 1e-10, "gradients": 1e-9}}
HEADS = ["seq2seq", "seq2seq", "sequence", "embed", "seq2seq", "tokens", "seq2seq"]


def t5_sizes(chance):
    layers = chance.choice([1, 2, 3])
    buckets = chance.choice([4, 7, 8, 32])
    return {
        "d_model": chance.choice([4, 6, 9, 16]),
        "num_heads": chance.choice([1, 2, 3]),
        "d_kv": chance.choice([1, 3, 4, 8]),
        "d_ff": chance.randrange(3, 40),
        "num_layers": layers,
        "num_decoder_layers": chance.choice([layers, layers, 1, 2]),
        "relative_attention_num_buckets": buckets,
        "relative_attention_max_distance": buckets // 2 + chance.randrange(1, 40),
        "feed_forward_proj": chance.choice(["relu", "gated-gelu", "gated-gelu", "gated-silu", "gelu"]),
        "layer_norm_epsilon": chance.choice([1e-6, 1e-3]),
        "tie_word_embeddings": chance.choice([True, False]),
        "decoder_start_token_id": chance.choice([0, 0, 3]),
    }


def bart_sizes(chance, positions):
    heads = [chance.choice([1, 2, 3]) for _ in range(2)]
    return {
        "d_model": heads[0] * heads[1] * chance.choice([k for k in (2, 3, 5) if heads[0] * heads[1] * k >= 4]),
        "encoder_attention_heads": heads[0],
        "decoder_attention_heads": heads[1],
        "encoder_ffn_dim": chance.randrange(3, 40),
        "decoder_ffn_dim": chance.randrange(3, 40),
        "encoder_layers": chance.choice([1, 2, 3]),
        "decoder_layers": chance.choice([1, 2]),
        "max_position_embeddings": positions,
        "activation_function": chance.choice(["gelu", "gelu", "gelu_new", "relu"]),
        "scale_embedding": chance.choice([True, False]),
    }


def random_case(family, number, seed):
    """Head, configuration, lengths of both sides, untied; the first cases are the odd ones."""
    chance = random.Random(f"{family}.{seed}.{number}")
    head = HEADS[number % len(HEADS)]
    if head == "tokens" and family != "t5":
        head = "seq2seq"
    positions = chance.choice([5, 9, 16, 33])
    sizes = t5_sizes(chance) if family == "t5" else bart_sizes(chance, positions)
    sizes["vocab_size"] = chance.randrange(20, 70)
    count = chance.randrange(1, 6)
    lengths = [chance.randrange(1, positions + 1) for _ in range(count)]
    targets = [chance.randrange(1, positions + 1) for _ in range(count)]
    if number < 2:
        lengths, targets = ([1], [1]) if number == 0 else ([positions] * 2, [1, positions])
    untied = head == "seq2seq" and family == "t5" and not sizes["tie_word_embeddings"] and chance.random() < 0.7
    return head, pairs.configuration(family, chance.choice([2, 3]), **sizes), lengths, targets, untied


def compare_saved(table, case, model, folder):
    """The class that wrote the first folder reads ours: the same tensors, none missing, none over."""
    again, about = type(model).from_pretrained(folder, output_loading_info=True, dtype=model.dtype)
    wrong = {key: sorted(map(str, about[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if about[key]}
    if wrong:
        return table.fail(case, f"saved: {wrong}")
    rows.compare(table, case, "saved", pairs.weights(model), pairs.weights(again), 0)


def compare_texts(table, family, number, seed, program):
    chance = random.Random(f"texts.{family}.{seed}.{number}")
    sizes = t5_sizes(chance) if family == "t5" else bart_sizes(chance, 40)
    if family == "t5":  # generate of transformers 5.23 makes a cache of as many layers as the encoder has, and fails on more
        sizes["num_decoder_layers"] = min(sizes["num_decoder_layers"], sizes["num_layers"])
    config = pairs.configuration(family, 2, **{**sizes, "vocab_size": chance.randrange(30, 70)})
    model = pairs.writer(config, number, torch.float32)
    inputs = pairs.draw("seq2seq", config, [chance.randrange(1, 14) for _ in range(4)], [1] * 4, number)
    sources = [ids.tolist() for ids in pairs.split(inputs["ids"], inputs["lengths"])]
    options = [random_options(chance, config.vocab_size) for _ in range(8)]
    if family == "mbart":
        options = [{**o, "start": [5]} for o in options]
    expected = [pairs.generate(model, sources, o) for o in options]
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        request, answer = os.path.join(folder, "requests.json"), os.path.join(folder, "out.json")
        with open(request, "w", encoding="utf-8") as out:
            json.dump({"prompts": sources, "options": options}, out)
        run = subprocess.run([program, folder, request, answer], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return table.fail(f"{family} texts {number}", run.stderr.strip()[-400:])
        with open(answer, encoding="utf-8") as file:
            found = json.load(file)
    for asked, theirs, ours in zip(options, expected, found):
        words = " ".join(f"{key}={value}" for key, value in asked.items() if key not in ("candidates", "ends"))
        different = sum(a != b for a, b in zip(theirs, ours))
        table.add(f"{family} {number} {words}"[:44], "texts that differ", different, 0, f"{asked} {theirs} {ours}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=14)
    parser.add_argument("--family", action="append", choices=list(pairs.STEMS), help="all of them by default")
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_pair")
    writer = rows.driver(os.path.join(os.path.dirname(args.driver), "parity_generate"), "parity_generate")
    torch.set_num_threads(1)
    table = rows.Table("sequence-to-sequence parity")
    for family, number in itertools.product(args.family or pairs.STEMS, range(args.count)):
        head, config, lengths, targets, untied = random_case(family, number, args.seed)
        for short, dtype in rows.DTYPES.items():
            case = f"{family} {number} {head} d{config.d_model} {short}"
            model = pairs.build(head, config, 1000 * args.seed + number, getattr(torch, dtype), untied)
            inputs = pairs.draw(head, config, lengths, targets, number)
            if head != "seq2seq":
                inputs["labels"] = pairs.draw_labels(head, config, inputs, number, getattr(torch, dtype))
            expected = pairs.run(model, head, inputs)
            expected["loss"] = pairs.loss(head, expected, inputs["labels"])
            expected["loss"].backward()
            with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as saved:
                model.save_pretrained(folder)
                embed = head == "embed"
                options = ["--dtype", short, "--loss", "dot" if embed else "cross_entropy"]
                options += ["--embed"] if embed else ["--save", saved]
                found = rows.drive(table, case, args.driver, ([folder], options), inputs)
                if found is not None and not embed:
                    compare_saved(table, case, model, saved)
            if found is None:
                continue
            rows.compare(table, case, "blocks, output, loss", expected, found, ALLOWED[short]["values"])
            rows.compare(table, case, "gradients", pairs.gradients(model), found, ALLOWED[short]["gradients"])
    for family, number in itertools.product(args.family or pairs.STEMS, range(args.count // 2)):
        compare_texts(table, family, number, args.seed, writer)
    table.exit()


if __name__ == "__main__":
    main()
