"""Writes tests/oracle/peft_types: peft's DoRA, (IA)³, LayerNorm tuning, prompt and prefix on a small BERT classifier in double.

  python tools/oracle/make_peft_types.py [FOLDER]

Tensors of a case (names of peft's folders, the classifier among them); its sidecar's `adapter` is adapter_config.json:
  <hf name>                            the frozen base
  initial.<name in the folder>         the adapter, drawn at random
  grad.<name in the folder>            every gradient of the loss
  ids segments lengths labels loss logits
  logits.merged                        after merge_and_unload, of DoRA and (IA)³
"""

import json
import os
import tempfile

import torch
from peft import IA3Config, LNTuningConfig, LoraConfig, PrefixTuningConfig, PromptTuningConfig, TaskType, get_peft_model
from safetensors.torch import load_file

import bert_rows
import fixture

FFN = r".*layer\.\d+\.output\.dense"
TASK = {"task_type": TaskType.SEQ_CLS}
CASES = {
    "dora": LoraConfig(**TASK, r=2, lora_alpha=4, target_modules=["query", "value"], use_dora=True),
    "ia3": IA3Config(
        **TASK,
        target_modules=r".*(attention\.self\.(key|value)|layer\.\d+\.output\.dense)",
        feedforward_modules=FFN,
    ),
    "norms": LNTuningConfig(**TASK, target_modules=["output.LayerNorm"]),
    "prompt": PromptTuningConfig(**TASK, num_virtual_tokens=3),
    "prefix": PrefixTuningConfig(**TASK, num_virtual_tokens=2),
}


def plain(name):
    """A parameter's name in the file."""
    if name.startswith("prompt_encoder."):
        return "prompt_embeddings"
    name = name.replace("lora_magnitude_vector.default.weight", "lora_magnitude_vector")
    return name.replace(".modules_to_save.default.", ".").replace(".default.", ".").removesuffix(".default")


def trained(model):
    return {plain(name): parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def logits(model, batch):
    found = []
    for ids, segments in zip(bert_rows.split(batch["ids"], batch["lengths"]), bert_rows.split(batch["segments"], batch["lengths"])):
        mask = torch.ones(1, len(ids), dtype=torch.long)
        found.append(model(input_ids=ids[None], attention_mask=mask, token_type_ids=segments[None]).logits)
    return torch.cat(found)


def saved(model):
    """adapter_config.json and the tensors, as peft writes them."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as file:
            config = json.load(file)
        return config, load_file(os.path.join(folder, "adapter_model.safetensors"))


def main():
    folder = fixture.folder_argument("peft_types")
    config = bert_rows.configuration(
        3,
        vocab_size=20,
        hidden_size=8,
        num_attention_heads=2,
        intermediate_size=12,
        num_hidden_layers=2,
        max_position_embeddings=12,
    )
    for seed, (case, options) in enumerate(CASES.items(), start=1):
        base = bert_rows.build("sequence", config, seed)
        tensors = {name: parameter.detach().clone() for name, parameter in base.named_parameters()}
        model = get_peft_model(base, options).double().eval()
        with torch.no_grad():
            for name, parameter in trained(model).items():
                if "classifier" not in name:
                    parameter.add_(torch.randn_like(parameter), alpha=0.3)
        adapter, initial = saved(model)
        tensors |= {f"initial.{name}": tensor for name, tensor in initial.items()}
        batch = bert_rows.draw(config, [5, 5, 3, 9, 1], seed)
        labels = bert_rows.draw_labels("sequence", config, batch, seed)
        found = logits(model, batch)
        loss = torch.nn.functional.cross_entropy(found, labels)
        loss.backward()
        tensors |= {f"grad.{name}": parameter.grad.clone() for name, parameter in trained(model).items()}
        tensors |= {**batch, "labels": labels, "loss": loss.detach(), "logits": found.detach()}
        about = {"config": bert_rows.config_of(model.get_base_model()), "adapter": adapter}
        if case in ("dora", "ia3"):
            tensors["logits.merged"] = logits(model.merge_and_unload(), batch)
        fixture.save(
            folder,
            case,
            tensors,
            head="sequence",
            pooling="pooler",
            num_labels=3,
            seed=seed,
            **about,
            notes="evaluation mode, eager attention, no dropout; the classifier trains too",
        )


if __name__ == "__main__":
    main()
