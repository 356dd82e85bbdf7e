"""Compares ViT and DeiT with `transformers` on random small configurations: values, losses, all gradients, saved files.

  python tools/parity/picture_models_parity.py [--seed 1] [--count 18] [--family F ...] [build/release/tests/parity_encoder]

The driver is that of encoders_parity.py, its contract too, but INPUTS are `pixels` [B, channels, height, width] and labels. A third
of the pictures have a size that the model was not made for, a third a remainder behind the last whole patch.

Then LoRA folders of the real peft on ViT, read and written again by the driver of peft_folders_parity.py.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import tempfile

import _rows as rows  # first: it puts tools/oracle on the path
import peft
import torch
from safetensors.torch import load_file, save_file

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


ADAPTERS = {  # target_modules and other settings of LoRA
    "names": (["q_proj", "v_proj"], {}),
    "all": ("all-linear", {"modules_to_save": ["classifier"]}),
    "expression": (r".*layers\.1\.mlp\.fc[12]", {"use_rslora": True}),
    "biases": (["o_proj", "fc1"], {"bias": "lora_only"}),
}


def adapters(table, program):
    """peft's folders give its logits here, merged too; what we write of them gives them in peft."""
    with tempfile.TemporaryDirectory() as root:
        cases, jobs = {}, []
        for name, (targets, more) in ADAPTERS.items():
            base, adapter, inputs, back = (os.path.join(root, f"{name}_{what}") for what in ("base", "adapter", "inputs", "back"))
            config = picture_rows.configuration(3, "vit", image_size=8, patch_size=4, hidden_size=24, num_attention_heads=3,
                                                intermediate_size=40, num_hidden_layers=2)
            model = picture_rows.build("sequence", config, 7, torch.float32)
            model.save_pretrained(base)
            tuned = peft.get_peft_model(model, peft.LoraConfig(target_modules=targets, r=3, lora_alpha=5, **more)).eval()
            with torch.no_grad():
                for parameter in tuned.parameters():
                    if parameter.requires_grad:
                        parameter.normal_(0, 0.2)
            tuned.save_pretrained(adapter)
            pixels = picture_rows.draw(config, 3, None, 7, torch.float32)
            save_file(pixels, inputs)
            with torch.no_grad():
                cases[name] = (tuned(pixel_values=pixels["pixels"]).logits, pixels["pixels"], type(model), base, back)
            jobs.append({"name": name, "model": base, "adapter": adapter, "inputs": inputs, "save_adapter": back})
        paths = [os.path.join(root, file) for file in ("jobs.json", "out.safetensors", "answers.json")]
        with open(paths[0], "w", encoding="utf-8") as file:
            json.dump(jobs, file)
        done = subprocess.run([program, *paths], capture_output=True, text=True, check=False)
        found = load_file(paths[1]) if done.returncode == 0 else {}
        for name, (logits, pixels, kind, base, back) in cases.items():
            if f"{name}.logits" not in found:
                table.fail(f"vit lora {name}", f"the driver gave nothing: {done.stderr.strip()[-300:]}")
                continue
            again = peft.PeftModel.from_pretrained(kind.from_pretrained(base), back).eval()
            answers = {"read": found[f"{name}.logits"], "merged": found[f"{name}.merged"],
                       "written again": again(pixel_values=pixels).logits.detach()}
            for what, answer in answers.items():
                rows.compare(table, f"vit lora {name} f32", what, {"logits": logits}, {"logits": answer}, 1e-5)


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
    adapters(table, rows.driver(None, "parity_folder"))
    table.exit()


if __name__ == "__main__":
    main()
