"""Compares ViT and DeiT with `transformers` on random small configurations: values, losses, all gradients, saved files.

  python tools/parity/picture_models_parity.py [--seed 1] [--count 18] [--family F ...] [build/release/tests/parity_encoder]

The driver is that of encoders_parity.py, its contract too, but INPUTS are `pixels` [B, channels, height, width] and labels. A third
of the pictures have a size that the model was not made for, a third a remainder behind the last whole patch.
"""

import argparse
import itertools
import random
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import torch

import picture_rows
from encoders_parity import ALLOWED, compare_saved

LOSSES = {"sequence": "cross_entropy", "regression": "mse", "multi_label": "bce", "teacher": "cross_entropy"}


def random_case(family, number, seed):
    """Head, configuration, number of pictures and their size; the first ones are the odd ones."""
    chance = random.Random(f"{family}.{seed}.{number}")
    known = [head for head in LOSSES if family == "deit" or head != "teacher"]
    head = known[number % len(known)]
    heads = chance.choice([1, 2, 3, 4])
    patch = {0: 3}.get(number) or chance.choice([1, 2, 3, 4])
    side = patch * ({0: 1}.get(number) or chance.randrange(1, 5)) + chance.choice([0, 0, patch - 1])
    options = {
        "num_attention_heads": heads,
        "hidden_size": heads * chance.choice([size for size in (1, 2, 3, 5, 8, 16) if heads * size >= 4]),
        "intermediate_size": chance.randrange(5, 70),
        "num_hidden_layers": chance.choice([1, 2, 3]),
        "image_size": side,
        "patch_size": patch,
        "num_channels": chance.choice([1, 3, 3]),
        "qkv_bias": chance.choice([True, True, False]),
        "hidden_act": chance.choice(["gelu", "gelu", "gelu_new", "relu"]),
        "layer_norm_eps": chance.choice([1e-12, 1e-6, 1e-5]),
    }
    size = picture_rows.random_sizes(chance, side, patch)
    if number == 1:  # oblong pictures and patches; positions of other sizes are interpolated for square ones alone
        options.update(image_size=[patch * 2, patch * 6], patch_size=[patch, patch * 2])
        size = None
    labels = 1 if head == "regression" else chance.choice([2, 3, 5])
    return head, picture_rows.configuration(labels, family, **options), chance.randrange(1, 5), size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=18)
    parser.add_argument("--family", action="append", choices=["vit", "deit"], help="both by default")
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_encoder")
    torch.set_num_threads(1)
    table = rows.Table("pictures parity")
    for family, number in itertools.product(args.family or ["vit", "deit"], range(args.count)):
        head, config, count, size = random_case(family, number, args.seed)
        for short, dtype in rows.DTYPES.items():
            case = f"{family} {number} {head} d{config.hidden_size}h{config.num_attention_heads} {short}"
            model = picture_rows.build(head, config, 1000 * args.seed + number, getattr(torch, dtype))
            inputs = picture_rows.draw(config, count, size, number, getattr(torch, dtype))
            inputs["labels"] = picture_rows.draw_labels(head, config, inputs, number, getattr(torch, dtype))
            expected = picture_rows.run(model, head, inputs)
            expected["loss"] = picture_rows.loss(head, expected, inputs["labels"])
            expected["loss"].backward()
            with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as saved:
                model.save_pretrained(folder, **({"max_shard_size": "20KB"} if number % 3 == 2 else {}))
                options = ["--head", "sequence", "--dtype", short, "--loss", LOSSES[head], "--save", saved]
                found = rows.drive(table, case, args.driver, ([folder], options), inputs)
                if found is not None:
                    compare_saved(table, case, model, saved)
            if found is None:
                continue
            gradients = picture_rows.in_file(picture_rows.gradients(model))
            rows.compare(table, case, "hidden, output, loss", expected, found, ALLOWED[short]["values"])
            rows.compare(table, case, "gradients", gradients, found, ALLOWED[short]["gradients"])
    table.exit()


if __name__ == "__main__":
    main()
