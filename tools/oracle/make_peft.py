"""Oracles of PEFT's folders: which modules its settings name, and the update of a fused layer.

  python tools/oracle/make_peft.py [tests/oracle/peft]

settings.json  random settings, and for each of some modules what peft decides: [targeted, rank, alpha, saved whole]
fused.*        a tiny GPT-2 whose c_attn, c_proj and c_fc are adapted: the folder's tensors as peft saves them, its settings, and
               delta.<module>: the update of each weight, [out, in]
"""

import json
import os
import random
import tempfile
import warnings

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.tuners_utils import _ExcludedModule, check_target_module_exists
from peft.utils.other import get_pattern_key
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel

import fixture

MODULES = [
    "bert.embeddings.word_embeddings",
    "bert.encoder.layer.0.attention.self.query",
    "bert.encoder.layer.1.attention.self.query",
    "bert.encoder.layer.1.attention.self.value",
    "bert.encoder.layer.10.attention.self.value",
    "bert.encoder.layer.1.attention.output.dense",
    "bert.encoder.layer.1.intermediate.dense",
    "bert.encoder.layer.11.output.dense",
    "bert.pooler.dense",
    "encoder.layer.2.output.dense",
    "classifier",
    "pre_classifier",
]


def settings(chance):
    """One random choice of what names modules."""
    words = ["query", "value", "dense", "output.dense", "classifier", "self.query", "bert.pooler.dense", "uery", "layer.1.output.dense"]
    expressions = [r".*\.(query|value)", r"bert\.encoder\.layer\.1\..*", r".*dense$", r".*layer\.\d\..*", "classifier", r"(?=.*query).*self.*"]
    patterns = ["value", r"layer\.1.*", "dense", r".*\.1\.", r"[a-z]+\.dense", "output.dense|query", "bert.encoder.layer.1.attention.self.value"]
    one = {"target_modules": chance.choice([chance.sample(words, chance.randrange(1, 4)), chance.choice(expressions)])}
    if isinstance(one["target_modules"], list) and chance.random() < 0.5:
        one["layers_to_transform"] = chance.choice([1, [1], [0, 10], [11, 2]])
        if chance.random() < 0.5:
            one["layers_pattern"] = chance.choice(["layer", ["layers", "layer"], "blocks", "lay.r"])
    if chance.random() < 0.4:
        one["exclude_modules"] = chance.choice([["query"], ["bert.pooler.dense", "value"], r".*\.10\..*", r"bert\..*dense"])
    if chance.random() < 0.4:
        one["modules_to_save"] = chance.choice([["classifier"], ["pooler"], ["output", "classifier"], ["layer.1.attention"], ["self"]])
    for key in ("rank_pattern", "alpha_pattern"):
        chosen = chance.sample(patterns, chance.randrange(0, 4))
        one[key] = {pattern: number + 1 for number, pattern in enumerate(chosen)}
    return one


def decisions(one):
    config = LoraConfig(r=8, lora_alpha=64, **one)
    answers = []
    for module in MODULES:
        found = check_target_module_exists(config, module)
        parts = module.split(".")
        around = [".".join(parts[: i + 1]) for i in range(len(parts))]  # saving a module saves what stands in it
        answers.append(
            [
                int(bool(found) and not isinstance(found, _ExcludedModule)),
                config.rank_pattern.get(get_pattern_key(config.rank_pattern.keys(), module), 8),
                config.alpha_pattern.get(get_pattern_key(config.alpha_pattern.keys(), module), 64),
                int(any(name.endswith(saved) for name in around for saved in one.get("modules_to_save", []))),
            ]
        )
    return answers


def main():
    folder = fixture.folder_argument("peft")
    os.makedirs(folder, exist_ok=True)
    chance = random.Random("peft settings")
    cases = []
    for _ in range(80):
        one = settings(chance)
        cases.append({"settings": one, "decisions": decisions(one)})
    with open(os.path.join(folder, "settings.json"), "w", encoding="utf-8") as out:
        about = {"generator": "tools/oracle/make_peft.py", "versions": fixture.versions()}
        json.dump({**about, "modules": MODULES, "cases": cases}, out, indent=None, separators=(",", ":"))
        out.write("\n")

    torch.manual_seed(3)
    base = GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=2, n_head=2, vocab_size=20, n_positions=8)).double()
    config = LoraConfig(
        r=3, lora_alpha=6, target_modules=["c_attn", "attn.c_proj", "c_fc"], rank_pattern={"h.1.attn.c_attn": 2}, bias="lora_only", task_type="CAUSAL_LM"
    )
    model = get_peft_model(base, config).double()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name or parameter.requires_grad:
                parameter.normal_(0, 0.3)
    with tempfile.TemporaryDirectory() as made:
        model.save_pretrained(made)
        tensors = load_file(os.path.join(made, "adapter_model.safetensors"))
        with open(os.path.join(made, "adapter_config.json"), encoding="utf-8") as file:
            saved = json.load(file)
    for name, module in model.base_model.model.named_modules():
        if hasattr(module, "get_delta_weight") and "default" in module.lora_A:
            tensors[f"delta.{name}"] = module.get_delta_weight("default").T  # Conv1D keeps [in, out]
    fixture.save(folder, "fused", tensors, adapter_config=saved, notes="weights of dtype double; biases and updates ~ N(0, 0.3²)")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
