"""Compares BERT and its relatives with `transformers` on random small configurations: values, losses, all gradients, saved files.

  python tools/parity/encoders_parity.py [--seed 1] [--count 18] [--family F ...] [build/release/tests/parity_encoder]

For each configuration a Hugging Face folder is written (single file; every third sharded), once in fp32 and once in fp64, and
the driver is called:

  parity_encoder FOLDER INPUTS OUT --head sequence|tokens|mlm|embed --dtype f32|f64 --loss cross_entropy|mse|bce|dot
      [--pooling pooler|first|mean|max] [--save FOLDER]

FOLDER holds config.json and model.safetensors (or shards and an index) as save_pretrained writes them; the head's weights are
       in it.
INPUTS  ids, segments [N] i64; lengths [B] i64: rows packed, no padding; labels by loss:
        cross_entropy  i64, [B] of the sequence head, [N] of tokens and mlm, -100 ignored; the mean over what is not ignored
        mse            [B] in the dtype: the mean of (logit - label)², the sequence head with one label
        bce            [B, L] in the dtype: binary cross-entropy with logits, the mean over all elements
        dot            [B, D] in the dtype: the mean over examples of embedding · label   (embed)
OUT     hidden.0 (embeddings) .. hidden.<layers> [N, D]; logits ([B, L], or [N, L] of tokens and mlm) or embedding [B, D] (mean
        of the last rows, unit length); loss [1]; grad.<name> of the loss for every weight it reaches, under save_pretrained's
        names (a tied weight once)
The driver runs in evaluation mode in the dtype asked for and exits non-zero with a message on any error. --pooling is given for
the sequence head only; pooler is the family's own. --save writes the model again: the same class must read it without missing,
unexpected or changed tensors. A name that our model lacks or a weight without gradient is left out.
"""

import argparse
import itertools
import random
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch

import bert_rows

RELATIVES = {  # settings of a family alone, from a random generator and the width
    "bert": lambda chance, width: {},
    "roberta": lambda chance, width: {"type_vocab_size": chance.choice([1, 1, 2]), "pad_token_id": chance.choice([0, 1, 1, 3])},
    "distilbert": lambda chance, width: {"sinusoidal_pos_embds": chance.choice([False, False, True])},
    "electra": lambda chance, width: {"embedding_size": chance.choice([width, chance.randrange(4, 20)])},
    "albert": lambda chance, width: {
        "embedding_size": chance.choice([width, chance.randrange(4, 20)]),
        "num_hidden_layers": (layers := chance.randrange(1, 6)),
        "num_hidden_groups": chance.randrange(1, layers + 1),
        "inner_group_num": chance.choice([1, 1, 2]),
    },
}
ALLOWED = {"f32": {"values": 1e-5, "gradients": 1e-5}, "f64": {"values": 1e-10, "gradients": 1e-9}}
LOSSES = {
    "sequence": "cross_entropy",
    "tokens": "cross_entropy",
    "mlm": "cross_entropy",
    "embed": "dot",
    "regression": "mse",
    "multi_label": "bce",
}
HEADS = list(LOSSES)


def random_case(family, number, seed):
    """Head, configuration, lengths and pooling of one case; the first ones are the odd ones."""
    chance = random.Random(f"{seed}.{number}" if family == "bert" else f"{family}.{seed}.{number}")
    head = HEADS[number % len(HEADS)]
    heads = chance.choice([1, 2, 3, 4])
    positions = chance.choice([5, 9, 16, 33])
    options = {
        "vocab_size": chance.randrange(20, 90),
        "max_position_embeddings": positions,
        "num_attention_heads": heads,
        "hidden_size": heads
        * chance.choice([size for size in (1, 2, 3, 5, 8, 16) if heads * size >= 4]),  # LayerNorm of 2 numbers is a sign
        "intermediate_size": chance.randrange(5, 70),
        "num_hidden_layers": chance.choice([1, 2, 3]),
        "type_vocab_size": chance.choice([1, 2]),
        "hidden_act": chance.choice(["gelu", "gelu", "gelu_new", "relu"]),
        "layer_norm_eps": chance.choice([1e-12, 1e-6, 1e-5]),
    }
    options.update(RELATIVES[family](chance, options["hidden_size"]))
    if family == "roberta":
        options["max_position_embeddings"] += options["pad_token_id"] + 1
    lengths = [chance.randrange(1, positions + 1) for _ in range(chance.randrange(1, 6))]
    lengths = {0: [1], 1: [positions] * 2, 2: [1, positions]}.get(number, lengths)
    labels = {"regression": 1, "embed": 2}.get(head) or chance.choice([2, 3, 5])
    pooling = (
        chance.choice(["pooler", "pooler", "first", "mean", "max"])
        if head in ("sequence", "regression", "multi_label")
        else "none"
    )
    return head, bert_rows.configuration(labels, family, **options), lengths, pooling


def compare_saved(table, case, model, folder):
    """The class that wrote the first folder reads ours: the same tensors, none missing, none over."""
    again, about = type(model).from_pretrained(folder, output_loading_info=True, dtype=model.dtype)
    wrong = {key: sorted(map(str, about[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if about[key]}
    if wrong:
        return table.fail(case, f"saved: {wrong}")
    # What we write is fp32 or fp64 as it was read.
    rows.compare(table, case, "saved", dict(model.named_parameters()), dict(again.named_parameters()), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=18)
    parser.add_argument("--family", action="append", choices=list(RELATIVES), help="all of them by default")
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_encoder")
    torch.set_num_threads(1)
    table = rows.Table("encoders parity")
    for family, number in itertools.product(args.family or RELATIVES, range(args.count)):
        head, config, lengths, pooling = random_case(family, number, args.seed)
        for short, dtype in rows.DTYPES.items():
            case = f"{family} {number} {head} {pooling} d{config.hidden_size}h{config.num_attention_heads} {short}"
            model = bert_rows.build(head, config, 1000 * args.seed + number, getattr(torch, dtype))
            inputs = bert_rows.draw(config, lengths, number)
            inputs["labels"] = bert_rows.draw_labels(head, config, inputs, number, getattr(torch, dtype))
            expected = bert_rows.run(model, head, inputs, pooling)
            expected["loss"] = bert_rows.loss(head, expected, inputs["labels"])
            expected["loss"].backward()
            with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as saved:
                model.save_pretrained(folder, **({"max_shard_size": "20KB"} if number % 3 == 2 else {}))
                options = [
                    "--head",
                    head if head in ("tokens", "mlm", "embed") else "sequence",
                    "--dtype",
                    short,
                    "--loss",
                    LOSSES[head],
                ]
                options += ["--pooling", pooling] if pooling != "none" else []
                whole = pooling in ("none", "pooler") and head != "embed"  # no class of transformers has the other poolings
                found = rows.drive(table, case, args.driver, ([folder], options + ["--save", saved] * whole), inputs)
                if found is not None and whole:
                    compare_saved(table, case, model, saved)
            if found is None:
                continue
            rows.compare(table, case, "hidden, output, loss", expected, found, ALLOWED[short]["values"])
            rows.compare(table, case, "gradients", bert_rows.gradients(model), found, ALLOWED[short]["gradients"])
    table.exit()


if __name__ == "__main__":
    main()
