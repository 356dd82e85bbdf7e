"""Adapter folders of the real `peft` beside plain LoRA, both ways: DoRA, (IA)³, LayerNorm tuning, prompts and prefixes.

  python tools/parity/peft_types_parity.py [--seed 1] [build/release/tests/parity_folder]

The driver's contract stands in peft_folders_parity.py; here each job also has
  save_gradients    where to write the gradients of Σ logits ⊙ weights, as an adapter folder; `weights` is one of the inputs
and <name>.merged is there only where the method merges. Compared are logits, merged logits and every gradient of what peft loads
from its own folder, and the logits of what peft loads from ours. Prompt rows are left out of peft's outputs for pieces. Bases are
tiny random models of seven families. Folders with a setting that nobody knows are refused with its name.
"""

import argparse
import json
import os
import random
import tempfile
import warnings

import _rows as rows  # first: it puts tools/oracle on the path
import torch
import transformers
from peft import IA3Config, LNTuningConfig, LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from safetensors.torch import load_file, save_file

import bert_rows
import decoder_rows
from peft_folders_parity import run_driver

ALLOWED = 1e-5  # fp32: sums of some dozen terms of size 1 in another order
TASKS = {"sequence": "SEQ_CLS", "regression": "SEQ_CLS", "tokens": "TOKEN_CLS", "embed": "FEATURE_EXTRACTION", "mlm": None, "causal_lm": "CAUSAL_LM"}
TRAINED = ("lora_", "ia3_l", "ln_tuning_layers", "prompt_encoder", "modules_to_save")
INNER = r".*layer\.\d+\.(intermediate|output)\.dense"
CASES = [
    # family, head, config class, options
    ("bert", "sequence", LoraConfig, {"target_modules": ["query", "value"]}),
    ("bert", "tokens", LoraConfig, {"target_modules": ["dense", "key"], "modules_to_save": None, "use_rslora": True}),
    ("bert", "mlm", LoraConfig, {"target_modules": "all-linear", "rank_pattern": {"query": 3}, "alpha_pattern": {"key": 2}}),
    ("bert", "regression", LoraConfig, {"target_modules": ["value"], "bias": "lora_only"}),
    ("bert", "embed", LoraConfig, {"target_modules": ["query", "dense"], "exclude_modules": ["pooler.dense"], "bias": "all"}),
    ("roberta", "sequence", LoraConfig, {"target_modules": ["query", "attention.output.dense"]}),
    ("distilbert", "sequence", LoraConfig, {"target_modules": ["q_lin", "lin1", "lin2"]}),
    ("electra", "tokens", LoraConfig, {"target_modules": ["query", "value"]}),
    ("albert", "sequence", LoraConfig, {"target_modules": ["query", "ffn_output"]}),
    ("bert", "sequence", IA3Config, {}),
    ("bert", "tokens", IA3Config, {"target_modules": ["key", "value"], "feedforward_modules": []}),
    ("bert", "mlm", IA3Config, {"target_modules": ["value", "intermediate.dense"], "feedforward_modules": ["intermediate.dense"]}),
    ("bert", "regression", IA3Config, {"target_modules": INNER, "feedforward_modules": INNER}),
    ("bert", "embed", IA3Config, {"target_modules": ["query", "output.dense"], "feedforward_modules": ["output.dense"]}),
    ("bert", "sequence", IA3Config, {"target_modules": ["query", "pooler.dense"], "feedforward_modules": ["query", "pooler.dense"]}),
    ("roberta", "tokens", IA3Config, {}),
    ("distilbert", "sequence", IA3Config, {"target_modules": ["k_lin", "v_lin", "lin2"], "feedforward_modules": ["lin2"]}),
    ("albert", "sequence", IA3Config, {"target_modules": ["key", "ffn_output"], "feedforward_modules": ["ffn_output"]}),
    ("bert", "sequence", LNTuningConfig, {"target_modules": ["LayerNorm"]}),
    ("bert", "tokens", LNTuningConfig, {"target_modules": ["output.LayerNorm"]}),
    ("bert", "mlm", LNTuningConfig, {"target_modules": r".*encoder.*LayerNorm"}),
    ("bert", "regression", LNTuningConfig, {"target_modules": ["LayerNorm", "value"], "exclude_modules": ["embeddings.LayerNorm"]}),
    ("roberta", "embed", LNTuningConfig, {"target_modules": ["LayerNorm"]}),
    ("distilbert", "tokens", LNTuningConfig, {"target_modules": ["sa_layer_norm", "output_layer_norm", "LayerNorm"]}),
    ("electra", "sequence", LNTuningConfig, {"target_modules": ["LayerNorm"]}),
    ("albert", "sequence", LNTuningConfig, {"target_modules": ["full_layer_layer_norm"]}),
    ("bert", "sequence", PromptTuningConfig, {"num_virtual_tokens": 4}),
    ("bert", "regression", PromptTuningConfig, {"num_virtual_tokens": 1}),
    ("bert", "tokens", PromptTuningConfig, {"num_virtual_tokens": 3}),
    ("bert", "embed", PromptTuningConfig, {"num_virtual_tokens": 2}),
    ("roberta", "sequence", PromptTuningConfig, {"num_virtual_tokens": 3}),
    ("distilbert", "sequence", PromptTuningConfig, {"num_virtual_tokens": 5, "token_dim": 24, "num_layers": 3, "num_attention_heads": 3}),
    ("electra", "sequence", PromptTuningConfig, {"num_virtual_tokens": 2, "token_dim": 16}),
    ("albert", "tokens", PromptTuningConfig, {"num_virtual_tokens": 2, "token_dim": 16}),
    ("bert", "sequence", PromptTuningConfig, {"num_virtual_tokens": 3, "modules_to_save": ["pooler"]}),
    ("bert", "sequence", PrefixTuningConfig, {"num_virtual_tokens": 4}),
    ("bert", "regression", PrefixTuningConfig, {"num_virtual_tokens": 1}),
    ("bert", "tokens", PrefixTuningConfig, {"num_virtual_tokens": 3}),
    ("bert", "sequence", PrefixTuningConfig, {"num_virtual_tokens": 2, "prefix_projection": True, "encoder_hidden_size": 7}),
    ("bert", "tokens", PrefixTuningConfig, {"num_virtual_tokens": 5, "prefix_projection": True, "encoder_hidden_size": 24}),
    ("gpt2", "sequence", LoraConfig, {"target_modules": ["c_attn", "c_fc"], "fan_in_fan_out": True}),
    ("gpt2", "causal_lm", IA3Config, {"fan_in_fan_out": True}),
    ("gpt2", "sequence", LNTuningConfig, {"target_modules": ["ln_1", "ln_f"]}),
    ("gpt2", "causal_lm", PromptTuningConfig, {"num_virtual_tokens": 3}),
    ("gpt2", "sequence", PromptTuningConfig, {"num_virtual_tokens": 2}),
    ("gpt2", "causal_lm", PrefixTuningConfig, {"num_virtual_tokens": 4}),
    ("llama", "causal_lm", LoraConfig, {"target_modules": ["q_proj", "v_proj", "down_proj"]}),
    ("llama", "sequence", IA3Config, {}),
    ("llama", "causal_lm", LNTuningConfig, {"target_modules": ["input_layernorm", "post_attention_layernorm", "norm"]}),
    ("llama", "causal_lm", PromptTuningConfig, {"num_virtual_tokens": 3}),
    ("llama", "causal_lm", PrefixTuningConfig, {"num_virtual_tokens": 4}),
    ("llama", "sequence", PrefixTuningConfig, {"num_virtual_tokens": 2}),
]
PIECES = ("tokens", "mlm", "embed", "causal_lm")


def toolbox(family):
    return decoder_rows if family in decoder_rows.STEMS else bert_rows


def configuration(family, head):
    options = {"hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 31, "num_hidden_layers": 3, "max_position_embeddings": 20}
    if family in ("electra", "albert"):
        options["embedding_size"] = 16
    if family == "roberta":
        options |= {"max_position_embeddings": 22, "pad_token_id": 1, "type_vocab_size": 1}
    if family == "llama":
        options |= {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2}
    return toolbox(family).configuration(1 if head == "regression" else 3, family, vocab_size=40, **options)


def base_class(family, head):
    decoder = family in decoder_rows.STEMS
    return getattr(transformers, decoder_rows.class_of(head, family) if decoder else bert_rows.STEMS[family] + bert_rows.CLASSES[head])


def outputs(model, head, inputs, skipped):
    found = []
    for ids, segments in zip(bert_rows.split(inputs["ids"], inputs["lengths"]), bert_rows.split(inputs["segments"], inputs["lengths"])):
        mask = torch.ones(1, len(ids), dtype=torch.long)
        types = {} if model.config.model_type in ("distilbert", "gpt2", "llama") else {"token_type_ids": segments[None]}
        said = model(input_ids=ids[None], attention_mask=mask, **types)
        of_rows = said.last_hidden_state if head == "embed" else said.logits
        found.append(of_rows[0, skipped:] if head in PIECES else of_rows)
    return torch.cat(found)


def reopened(family, head, base, adapter):
    """The folder's meaning: as peft reads it; what it holds may train."""
    labels = {"num_labels": 1 if head == "regression" else 3} if head in ("sequence", "regression", "tokens") else {}
    attention = "sdpa" if family in decoder_rows.STEMS else "eager"
    plain = base_class(family, head).from_pretrained(base, attn_implementation=attention, **labels)
    model = PeftModel.from_pretrained(plain, adapter).eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(any(part in name for part in TRAINED))
    return model


def gradients(model):
    """Of what trains, by the names of its file."""
    named = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        if "prompt_encoder" in name:
            named["prompt_embeddings"] = gradient
            continue
        if name.endswith("lora_magnitude_vector.default.weight"):
            name = name.removesuffix(".weight")
        named[name.replace(".modules_to_save.default.", ".").replace(".default.", ".").removesuffix(".default")] = gradient
    return named


def make(family, head, kind, options, seed, folder):
    base = toolbox(family).build(head, configuration(family, head), seed, torch.float32)
    base.save_pretrained(os.path.join(folder, "base"))
    options = {"task_type": TASKS[head], **options}
    if kind is LoraConfig:
        options = {"r": 4, "lora_alpha": 6, "use_dora": True, **options}
    model = get_peft_model(base, kind(**options)).eval()
    model.peft_config["default"].base_model_name_or_path = "made/here"
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter), alpha=0.2)
    model.save_pretrained(os.path.join(folder, "theirs"))


def settings_kept(table, name, theirs, ours):
    def read(folder):
        with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as file:
            return json.load(file)

    before, after = read(theirs), read(ours)
    for key in ("peft_type", "task_type", "base_model_name_or_path", "peft_version", "inference_mode", "num_virtual_tokens", "token_dim", "use_dora"):
        if before.get(key) != after.get(key):
            table.fail(name, f"{key} was {before.get(key)!r} and came back as {after.get(key)!r}")


def with_unknown(folder, copy):
    """The folder with a setting of the future."""
    os.makedirs(copy)
    with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as file:
        config = json.load(file)
    with open(os.path.join(copy, "adapter_config.json"), "w", encoding="utf-8") as file:
        json.dump({**config, "of_the_future": 3}, file)
    save_file(load_file(os.path.join(folder, "adapter_model.safetensors")), os.path.join(copy, "adapter_model.safetensors"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("driver", nargs="?", help="the driver program")
    args = parser.parse_args()
    args.driver = rows.driver(args.driver, "parity_folder")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    table = rows.Table("PEFT types parity")
    cases, jobs, refused, usual = {}, [], [], {}
    with tempfile.TemporaryDirectory() as root:
        for number, (family, head, kind, options) in enumerate(CASES):
            name = f"{number} {family} {head} {kind.__name__.removesuffix('Config')}"
            folder = os.path.join(root, str(number))
            make(family, head, kind, options, 1000 * args.seed + number, folder)
            chance = random.Random(f"{args.seed} {number}")
            skipped = options["num_virtual_tokens"] if kind is PromptTuningConfig else 0
            inputs = toolbox(family).draw(configuration(family, head), [chance.randrange(1, 13) for _ in range(3)], number)
            if kind is PromptTuningConfig and head == "embed":
                inputs["segments"].zero_()  # without a task's head peft drops them
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                again = reopened(family, head, os.path.join(folder, "base"), os.path.join(folder, "theirs"))
                found = outputs(again, head, inputs, skipped)
            usual[name] = {str(warning.message) for warning in heard}  # what peft says of its own folder
            weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(number)) / found.numel() ** 0.5
            (found * weights).sum().backward()
            save_file({**inputs, "weights": weights}, os.path.join(folder, "inputs.safetensors"))
            cases[name] = (family, head, options, folder, inputs, skipped, found.detach(), gradients(again))
            places = {"model": os.path.join(folder, "base"), "inputs": os.path.join(folder, "inputs.safetensors")}
            job = {**places, "name": name, "adapter": os.path.join(folder, "theirs"), "save_adapter": os.path.join(folder, "ours")}
            jobs.append({**job, "save_gradients": os.path.join(folder, "gradients")})
            with_unknown(job["adapter"], os.path.join(folder, "unknown"))
            refused.append(f"{name} with an unknown setting")
            jobs.append({**places, "name": refused[-1], "adapter": os.path.join(folder, "unknown")})
        found, answers = run_driver(args.driver, jobs, root)
        for name, (family, head, options, folder, inputs, skipped, expected, wanted) in cases.items():
            said = answers[name]
            if "error" in said:
                table.fail(name, f"{options}: {said['error']}")
                continue
            if not said["moved"] > 1e-2:
                table.fail(name, f"{options} moves nothing: the comparison is empty")
            rows.compare(table, name, "peft's folder here", {"x": expected}, {"x": found[f"{name}.logits"]}, ALLOWED)
            if f"{name}.merged" in found:
                rows.compare(table, name, "merged here", {"x": expected}, {"x": found[f"{name}.merged"]}, ALLOWED)
            ours = load_file(os.path.join(folder, "gradients", "adapter_model.safetensors"))
            rows.compare(table, name, "gradients", wanted, ours, ALLOWED)
            settings_kept(table, name, os.path.join(folder, "theirs"), os.path.join(folder, "ours"))
            try:
                with warnings.catch_warnings(record=True) as heard:
                    warnings.simplefilter("always")
                    again = reopened(family, head, os.path.join(folder, "base"), os.path.join(folder, "ours"))
                    back = outputs(again, head, inputs, skipped).detach()
            except Exception as error:  # whatever peft says about our folder is the finding
                table.fail(name, f"{options}: peft could not use our folder: {type(error).__name__}: {error}")
                continue
            for warning in heard:
                known = issubclass(warning.category, (DeprecationWarning, FutureWarning)) or str(warning.message) in usual[name]
                if not known:
                    table.fail(name, f"peft warned of our folder: {str(warning.message)[:200]}")
            rows.compare(table, name, "our folder in peft", {"x": found[f"{name}.logits"]}, {"x": back}, ALLOWED)
        for name in refused:
            error = answers[name].get("error", "")
            if "of_the_future" not in error:
                table.fail(name, f"should be refused naming it; said: {error or 'nothing'}")
            else:
                table.add(name, "refused", 0, 0)
    table.exit()


if __name__ == "__main__":
    main()
