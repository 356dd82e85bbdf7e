"""Adapter folders of the real `peft`, both ways, over generated configurations: what it saves loads here and gives its logits; what
we save loads there and gives ours.

  python tools/parity/peft_folders_parity.py [--seed 1] [--count 52] [build/release/tests/parity_folder]

  parity_folder JOBS OUT ANSWERS

JOBS    a list of {name, model, adapter, inputs, save_adapter}: a Hugging Face folder, peft's folder on it, a batch (ids, segments
        [N], lengths [B]; rows packed), and where to write the adapter again
OUT     <name>.logits and, after merging, <name>.merged
ANSWERS a list of {name, moved, notes, warnings}, or {name, error}
Bases are tiny random BERTs with sequence, token, regression and masked-LM heads and bare ones. Ranks, alphas, patterns of both
(also overlapping ones, whose order counts), rsLoRA, biases, modules saved whole, layers, targets as list, end of name, regular
expression and "all-linear", exclusions and the file's type vary. Every folder must move the logits by more than 1e-2, else the
comparison is empty. Settings, task_type and base_model_name_or_path must survive the way through us. Folders that must be refused
are refused with the setting's name.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import warnings

import _rows as rows  # first: it puts tools/oracle on the path
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

import bert_rows

ALLOWED = 1e-5  # fp32: sums of some dozen terms of size 1 in another order
HEADS = ["sequence", "tokens", "regression", "mlm", "embed", "sequence"]
TASKS = {"sequence": "SEQ_CLS", "regression": "SEQ_CLS", "tokens": "TOKEN_CLS", "mlm": None, "embed": "FEATURE_EXTRACTION"}
FIXED = [  # what chance might leave out, or never draw together
    ("sequence", {"target_modules": ["query"], "bias": "all"}),
    ("sequence", {"target_modules": ["query", "dense"], "bias": "lora_only"}),
    ("sequence", {"target_modules": "all-linear", "bias": "all", "task_type": None}),
    ("sequence", {"target_modules": "all-linear", "task_type": "SEQ_CLS"}),
    ("tokens", {"target_modules": ["query"], "modules_to_save": ["LayerNorm"]}),
    ("mlm", {"target_modules": ["query"], "modules_to_save": ["transform"], "bias": "all"}),
    ("mlm", {"target_modules": "all-linear"}),
    ("embed", {"target_modules": r".*\.(query|value)", "modules_to_save": ["pooler"]}),
    ("embed", {"target_modules": r"encoder\.layer\.[12]\..*dense", "bias": "all"}),
    ("sequence", {"target_modules": ["dense"], "exclude_modules": ["pooler.dense", "intermediate.dense"]}),
    ("sequence", {"target_modules": ["query", "key"], "exclude_modules": r".*layer\.0\..*"}),
    ("regression", {"target_modules": ["value"], "layers_to_transform": [0, 2], "layers_pattern": "layer"}),
    ("regression", {"target_modules": ["value", "bert.encoder.layer.0.attention.self.key"], "layers_to_transform": 1}),
    ("tokens", {"target_modules": ["attention.self.query", "output.dense"], "layers_to_transform": [2], "bias": "lora_only"}),
    # Both keys fit layer 1's values: the first one of the file counts.
    ("sequence", {"target_modules": ["query", "value"], "alpha_pattern": {"value": 3, r"layer\.1.*value": 40}}),
    ("sequence", {"target_modules": ["query", "value"], "alpha_pattern": {r"layer\.1.*value": 40, "value": 3}}),
    ("sequence", {"target_modules": ["query", "value"], "rank_pattern": {"self.value": 5, r"layer\.1.*value": 2}}),
    ("sequence", {"target_modules": ["query"], "rank_pattern": {"key": 5}, "alpha_pattern": {"nothing": 5}}),
    ("sequence", {"target_modules": ["query"], "modules_to_save": ["pooler", "word_embeddings"], "bias": "lora_only"}),
    ("sequence", {"target_modules": ["query"], "modules_to_save": ["attention.output"], "bias": "all"}),
    ("sequence", {"target_modules": ["query"], "fan_in_fan_out": True, "init_lora_weights": "gaussian"}),
    ("sequence", {"target_modules": ["query"], "task_type": None, "modules_to_save": ["classifier"], "use_rslora": True}),
    # The base brings no head, or another one: the folder's is taken.
    ("sequence", {"target_modules": ["query"], "base": "bert"}),
    ("regression", {"target_modules": ["value", "pooler.dense"], "base": "bert", "bias": "all"}),
    ("tokens", {"target_modules": ["value"], "base": "mlm"}),
]
REFUSED = [
    ({"target_modules": ["query"], "lora_bias": True}, "lora_bias"),
    ({"target_modules": ["query"], "trainable_token_indices": [1, 2]}, "trainable_token_indices"),
    ({"target_modules": ["word_embeddings"]}, "embedding"),
    ({"target_modules": ["query"], "init_lora_weights": "pissa"}, "init_lora_weights"),
    ({"target_modules": ["query"], "init_lora_weights": "olora"}, "init_lora_weights"),
    ({"target_modules": ["query"], "layer_replication": [[0, 2], [1, 3]]}, "layer_replication"),
]


def drawn(number, seed):
    """Head and LoraConfig of one case."""
    if number < len(FIXED):
        return FIXED[number]
    chance = random.Random(f"{seed}.{number}")
    head = HEADS[number % len(HEADS)]
    targets = chance.choice(
        [
            chance.sample(["query", "key", "value", "attention.output.dense", "intermediate.dense"], chance.randrange(1, 5)),
            ["dense"],
            r".*\.(query|intermediate\.dense)",
            r".*layer\.\d+\.attention\.self\.(key|value)",
            "all-linear" if head in ("sequence", "regression", "mlm") else ["value", "dense"],
        ]
    )
    options = {"target_modules": targets, "use_rslora": chance.random() < 0.4, "bias": chance.choice(["none", "none", "all", "lora_only"])}
    if isinstance(targets, list) and chance.random() < 0.4:
        options["layers_to_transform"] = chance.choice([0, [1], [0, 2], [2, 1]])
    if chance.random() < 0.5:
        options["rank_pattern"] = {chance.choice(["value", "dense", "query", r"layer\.[01]\..*"]): chance.randrange(1, 9)}
    if chance.random() < 0.5:
        options["alpha_pattern"] = {chance.choice(["key", "dense", "query", r"layer\.2\..*"]): chance.choice([2, 24, 0.5])}
    if not (isinstance(targets, str) or "dense" in targets) and chance.random() < 0.3:
        options["modules_to_save"] = chance.choice([["LayerNorm"], ["token_type_embeddings"], ["layer.1.output"]])
    return head, options


def adapted(head, options, config, seed, chance, folder):
    """Base and folder of one case, and peft's logits."""
    base = bert_rows.build(head, config, seed, torch.float32)
    options = {"task_type": TASKS[head], **options}
    kept = options.pop("base", None)
    if kept == "mlm":
        other = bert_rows.build("mlm", config, seed + 1, torch.float32)
        other.bert.load_state_dict(base.bert.state_dict())
        other.save_pretrained(os.path.join(folder, "base"))
    else:
        (base.bert if kept == "bert" else base).save_pretrained(os.path.join(folder, "base"))
    rank, alpha = chance.choice([1, 2, 3, 4, 8]), chance.choice([1, 4, 8, 16, 2.5])
    model = get_peft_model(base, LoraConfig(r=rank, lora_alpha=alpha, **options)).eval()
    model.peft_config["default"].base_model_name_or_path = "made/here"
    model.peft_config["default"].revision = chance.choice([None, "main"])
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.15)
            elif parameter.requires_grad:  # biases, whole modules
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def store(model, folder, half, all_linear):
    """Saved as peft saves it; `half`: with the tensors in bfloat16."""
    model.save_pretrained(folder)
    # peft sorts the keys when it writes and reads them in the file's order: here the order is that of the settings.
    path = os.path.join(folder, "adapter_config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    for key in ("rank_pattern", "alpha_pattern"):
        config[key] = getattr(model.peft_config["default"], key)
    if all_linear:  # peft writes the list it came to; the word itself must be read too
        config["target_modules"] = "all-linear"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    if not half:
        return
    path = os.path.join(folder, "adapter_model.safetensors")
    save_file({name: tensor.bfloat16() for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"})


def reopened(head, base, adapter):
    """The folder's meaning: as peft reads it."""
    labels = {"num_labels": 1 if head == "regression" else 3} if head in ("sequence", "regression", "tokens") else {}
    plain = bert_rows.FAMILIES[head].from_pretrained(base, attn_implementation="eager", **labels)
    return PeftModel.from_pretrained(plain, adapter).eval()


def run_driver(program, jobs, folder):
    paths = [os.path.join(folder, name) for name in ("jobs.json", "out.safetensors", "answers.json")]
    with open(paths[0], "w", encoding="utf-8") as out:
        json.dump(jobs, out)
    run = subprocess.run([program, *paths], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{program} ended with {run.returncode}: {run.stderr[-600:]}")
    with open(paths[2], encoding="utf-8") as answers:
        return load_file(paths[1]), {answer["name"]: answer for answer in json.load(answers)}


def outputs(model, head, inputs):
    found = bert_rows.run(model, "tokens" if head == "tokens" else head, inputs)
    layers = max(int(name.split(".")[1]) for name in found if name.startswith("hidden."))
    return found[f"hidden.{layers}"] if head == "embed" else found["logits"]


def settings_kept(table, name, theirs, ours):
    def read(folder):
        with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as file:
            return json.load(file)

    before, after = read(theirs), read(ours)
    for key in ("task_type", "base_model_name_or_path", "revision", "peft_version", "inference_mode", "use_rslora", "bias", "r", "lora_alpha"):
        if before[key] != after[key]:
            table.fail(name, f"{key} was {before[key]!r} and came back as {after[key]!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=52)
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_folder")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    table = rows.Table("PEFT folders parity")
    cases, jobs = {}, []
    with tempfile.TemporaryDirectory() as root:
        for number in range(args.count):
            head, options = drawn(number, args.seed)
            chance = random.Random(f"{args.seed} {number}")
            config = bert_rows.configuration(
                1 if head == "regression" else 3,
                vocab_size=40,
                hidden_size=24,
                num_attention_heads=3,
                intermediate_size=31,
                num_hidden_layers=3,
                max_position_embeddings=14,
            )
            name = f"{number} {head}"
            folder = os.path.join(root, str(number))
            model = adapted(head, options, config, 1000 * args.seed + number, chance, folder)
            store(model, os.path.join(folder, "theirs"), number % 3 == 2, options["target_modules"] == "all-linear")
            inputs = bert_rows.draw(config, [chance.randrange(1, 15) for _ in range(3)], number)
            save_file(inputs, os.path.join(folder, "inputs.safetensors"))
            again = reopened(head, os.path.join(folder, "base"), os.path.join(folder, "theirs"))
            cases[name] = (head, options, folder, inputs, outputs(again, head, inputs).detach())
            jobs.append(
                {
                    "name": name,
                    "model": os.path.join(folder, "base"),
                    "adapter": os.path.join(folder, "theirs"),
                    "inputs": os.path.join(folder, "inputs.safetensors"),
                    "save_adapter": os.path.join(folder, "ours"),
                }
            )
        for number, (options, _) in enumerate(REFUSED):
            folder = os.path.join(root, f"refused{number}")
            config = bert_rows.configuration(3, vocab_size=40, hidden_size=24, num_attention_heads=3, intermediate_size=31, num_hidden_layers=3)
            adapted("sequence", options, config, 1, random.Random(1), folder).save_pretrained(os.path.join(folder, "theirs"))
            jobs.append({**jobs[0], "name": f"refused {number}", "model": os.path.join(folder, "base"), "adapter": os.path.join(folder, "theirs")})
        found, answers = run_driver(args.driver, jobs, root)
        for name, (head, options, folder, inputs, expected) in cases.items():
            said = answers[name]
            if "error" in said:
                table.fail(name, f"{options}: {said['error']}")
                continue
            if not said["moved"] > 1e-2:
                table.fail(name, f"{options} moves nothing: the comparison is empty")
            rows.compare(table, name, "peft's folder here", {"x": expected}, {"x": found[f"{name}.logits"]}, ALLOWED)
            rows.compare(table, name, "merged here", {"x": expected}, {"x": found[f"{name}.merged"]}, ALLOWED)
            settings_kept(table, name, os.path.join(folder, "theirs"), os.path.join(folder, "ours"))
            try:
                with warnings.catch_warnings(record=True) as heard:
                    warnings.simplefilter("always")
                    again = reopened(head, os.path.join(folder, "base"), os.path.join(folder, "ours"))
            except Exception as error:  # whatever peft says about our folder is the finding
                table.fail(name, f"{options}: peft could not load our folder: {type(error).__name__}: {error}")
                continue
            for warning in heard:
                if not issubclass(warning.category, (DeprecationWarning, FutureWarning)):
                    table.fail(name, f"peft warned of our folder: {str(warning.message)[:200]}")
            rows.compare(table, name, "our folder in peft", {"x": found[f"{name}.logits"]}, {"x": outputs(again, head, inputs)}, ALLOWED)
        for number, (options, word) in enumerate(REFUSED):
            error = answers[f"refused {number}"].get("error", "")
            if word not in error:
                table.fail(f"refused {number}", f"{options} should be refused naming {word}; said: {error or 'nothing'}")
            else:
                table.add(f"refused {number}", word, 0, 0)
    table.exit()


if __name__ == "__main__":
    main()
