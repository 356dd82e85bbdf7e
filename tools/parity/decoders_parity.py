"""GPT-2 and Llama of random small configurations against `transformers`: hidden states, logits, losses, all gradients, and what we
write read again by the same class.

  tools/parity/decoders_parity.py [--seed S] [--count N] [--family F]... [build/release/tests/parity_encoder]

The driver is that of encoders_parity.py, whose contract holds here too; `labels` of causal_lm are the ids behind each row.
"""

import argparse
import itertools
import random
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch

import bert_rows
import decoder_rows

ALLOWED = {"f32": {"values": 1e-5, "gradients": 1e-4}, "f64": {"values": 1e-10, "gradients": 1e-9}}
LOSSES = {
    "causal_lm": "cross_entropy",
    "sequence": "cross_entropy",
    "tokens": "cross_entropy",
    "regression": "mse",
    "multi_label": "bce",
    "embed": "dot",
}
HEADS = list(LOSSES)


def random_case(family, number, seed):
    """Head, configuration, lengths and pooling of one case; the first ones are the odd ones."""
    chance = random.Random(f"{family}.{seed}.{number}")
    head = HEADS[number % len(HEADS)]
    heads = chance.choice([1, 2, 3, 4, 6])
    positions = chance.choice([5, 9, 16, 40])
    even = family == "llama"
    width = chance.choice([size for size in ((2, 4, 6, 8, 16) if even else (1, 2, 3, 5, 8, 16)) if 4 <= heads * size <= 64])
    options = {
        "vocab_size": chance.randrange(20, 90),
        "max_position_embeddings": positions,
        "num_attention_heads": heads,
        "hidden_size": heads * width,
        "intermediate_size": chance.randrange(5, 70),
        "num_hidden_layers": chance.choice([1, 2, 3]),
        "norm_eps": chance.choice([1e-6, 1e-5, 1e-3]),
        "tie_word_embeddings": chance.choice([True, False]),
    }
    if family == "llama":
        options["num_key_value_heads"] = chance.choice([k for k in (1, 2, 3, 4, 6) if heads % k == 0])
        options["head_dim"] = chance.choice([width, width, 4, 10])
        options["attention_bias"], options["mlp_bias"] = chance.choice([False, True]), chance.choice([False, True])
        options["hidden_act"] = chance.choice(["silu", "silu", "gelu"])
        options["rope_parameters"] = {"rope_type": "default", "rope_theta": chance.choice([100.0, 10000.0, 500000.0])}
    else:
        options["intermediate_size"] = chance.choice([None, options["intermediate_size"]])
        options["hidden_act"] = chance.choice(["gelu_new", "gelu_new", "gelu", "relu"])
        options["scale_attn_weights"] = chance.choice([True, True, False])
        options["scale_attn_by_inverse_layer_idx"] = chance.choice([False, False, True])
    lengths = [chance.randrange(1, positions + 1) for _ in range(chance.randrange(1, 6))] + [2]
    lengths = {1: [1], 2: [positions] * 2, 3: [1, positions]}.get(number, lengths)
    labels = {"regression": 1, "embed": 2}.get(head) or chance.choice([2, 3, 5])
    pooling = "none"
    if head in ("sequence", "regression", "multi_label"):
        pooling = chance.choice(["last", "last", "first", "mean", "max"])
    if head == "embed":
        pooling = "mean"
    return head, decoder_rows.configuration(labels, family, **options), lengths, pooling


def compare_saved(table, case, model, folder):
    """The class that wrote the first folder reads ours: the same tensors, none missing, none over."""
    again, about = type(model).from_pretrained(folder, output_loading_info=True, dtype=model.dtype)
    wrong = {key: sorted(map(str, about[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if about[key]}
    if wrong:
        return table.fail(case, f"saved: {wrong}")
    rows.compare(table, case, "saved", dict(model.named_parameters()), dict(again.named_parameters()), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=18)
    parser.add_argument("--family", action="append", choices=list(decoder_rows.STEMS), help="all of them by default")
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_encoder")
    torch.set_num_threads(1)
    table = rows.Table("decoders parity")
    for family, number in itertools.product(args.family or decoder_rows.STEMS, range(args.count)):
        head, config, lengths, pooling = random_case(family, number, args.seed)
        for short, dtype in rows.DTYPES.items():
            case = f"{family} {number} {head} {pooling} d{config.hidden_size}h{config.num_attention_heads} {short}"
            model = decoder_rows.build(head, config, 1000 * args.seed + number, getattr(torch, dtype))
            inputs = decoder_rows.draw(config, lengths, number)
            inputs["labels"] = decoder_rows.draw_labels(head, config, inputs, number, getattr(torch, dtype))
            expected = decoder_rows.run(model, head, inputs, pooling)
            expected["loss"] = decoder_rows.loss(head, expected, inputs["labels"])
            expected["loss"].backward()
            with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as saved:
                model.save_pretrained(folder, **({"max_shard_size": "20KB"} if number % 3 == 2 else {}))
                kind = head if head in ("tokens", "causal_lm", "embed") else "sequence"
                options = ["--head", kind, "--dtype", short, "--loss", LOSSES[head]]
                options += ["--pooling", pooling] if kind == "sequence" else []
                whole = pooling in ("none", "last")  # no class of transformers has the other poolings
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
