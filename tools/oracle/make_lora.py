"""Writes tests/oracle/lora: peft's LoRA on a small BERT classifier in double precision, ten AdamW steps from a fixed start.

  python tools/oracle/make_lora.py [FOLDER]

Tensors of a case (PEFT names are those of adapter_model.safetensors, the fresh classifier among them):
  <hf name>                    the frozen base (and the classifier's start, also in initial.*)
  initial.<peft name>          the adapter before the first step
  grad.<peft name>             every gradient of the first step's loss
  final.<peft name>            the adapter after the tenth step
  batch.<i>.{ids,segments,lengths,labels}   i = 0..9, packed rows
  loss                         [10] mean cross-entropy before each step
  logits.initial logits.final  [B, L] of batch 0
  logits.merged                the same after merge_and_unload
  merged.<hf name>             the merged weights
"""

import torch
from peft import LoraConfig, TaskType, get_peft_model

import bert_rows
import fixture

ALL_LINEAR = (
    r".*encoder\.layer\.\d+\.(attention\.self\.(query|key|value)|attention\.output\.dense|intermediate\.dense|output\.dense)"
)
STEPS = 10
# case: adapter options, is B drawn at random (otherwise 0, as peft starts)
CASES = {
    "query_value": ({"r": 4, "lora_alpha": 8, "target_modules": ["query", "value"]}, False),
    "all_linear_patterns": (
        {
            "r": 3,
            "lora_alpha": 6,
            "target_modules": ALL_LINEAR,
            "rank_pattern": {r"layer\.0\.attention\.self\.query": 2, r"intermediate\.dense": 5},
            "alpha_pattern": {r"layer\.1\.output\.dense": 12, r"intermediate\.dense": 20},
        },
        True,
    ),
    "rslora": ({"r": 4, "lora_alpha": 8, "target_modules": ["query", "key", "value"], "use_rslora": True}, True),
}


def plain(name):
    """A parameter's name as peft saves it."""
    return name.replace(".modules_to_save.default.", ".").replace(".default.", ".")


def trained(model):
    return {plain(name): parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def snapshot(model, prefix):
    return {f"{prefix}.{name}": parameter.detach().clone() for name, parameter in trained(model).items()}


def start(options, random_b, config, seed, dtype=torch.float64):
    """The base's weights and the adapted model: A ~ N(0, 0.3²); B 0 or ~ N(0, 0.3²)."""
    base = bert_rows.build("sequence", config, seed, dtype)
    weights = {name: parameter.detach().clone() for name, parameter in base.named_parameters()}
    model = get_peft_model(base, LoraConfig(task_type=TaskType.SEQ_CLS, lora_dropout=0.0, **options)).to(dtype).eval()
    with torch.no_grad():
        for name, parameter in trained(model).items():
            if "lora_A" in name or ("lora_B" in name and random_b):
                parameter.normal_(0, 0.3)
    return weights, model


def batches(config, count, seed):
    """Fixed batches of 2 to 4 examples with their labels."""
    draw = torch.Generator().manual_seed(seed)
    result = []
    for i in range(count):
        size = int(torch.randint(2, 5, (1,), generator=draw))
        lengths = torch.randint(1, config.max_position_embeddings + 1, (size,), generator=draw).tolist()
        batch = bert_rows.draw(config, lengths, 100 * seed + i)
        result.append({**batch, "labels": bert_rows.draw_labels("sequence", config, batch, 100 * seed + i)})
    return result


def train(model, examples, rate=1e-2):
    """AdamW without decay over the batches; the losses before each step and the gradients of the first."""
    optimizer = torch.optim.AdamW(trained(model).values(), lr=rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses, first = [], {}
    for batch in examples:
        optimizer.zero_grad()
        loss = bert_rows.loss("sequence", bert_rows.run(model, "sequence", batch), batch["labels"])
        loss.backward()
        first = first or {f"grad.{name}": parameter.grad.clone() for name, parameter in trained(model).items()}
        losses.append(loss.detach())
        optimizer.step()
    return torch.stack(losses), first


def adapter_config(model):
    """What adapter_config.json holds."""
    found = {}
    for key, value in model.peft_config["default"].to_dict().items():
        found[key] = sorted(value) if isinstance(value, set) else getattr(value, "value", value)
    return found


def main():
    folder = fixture.folder_argument("lora")
    config = bert_rows.configuration(
        3,
        vocab_size=40,
        hidden_size=12,
        num_attention_heads=3,
        intermediate_size=18,
        num_hidden_layers=2,
        max_position_embeddings=9,
    )
    for seed, (case, (options, random_b)) in enumerate(CASES.items(), start=1):
        weights, model = start(options, random_b, config, seed)
        examples = batches(config, STEPS, seed)
        tensors = {**weights, **snapshot(model, "initial")}
        tensors["logits.initial"] = bert_rows.run(model, "sequence", examples[0])["logits"]
        tensors["loss"], first = train(model, examples)
        tensors |= {**first, **snapshot(model, "final")}
        tensors["logits.final"] = bert_rows.run(model, "sequence", examples[0])["logits"]
        about = {"config": bert_rows.config_of(model.base_model.model), "adapter_config": adapter_config(model)}
        adapted = {name for name, _ in trained(model).items() if "lora_A" in name}
        merged = model.merge_and_unload()
        tensors["logits.merged"] = bert_rows.run(merged, "sequence", examples[0])["logits"]
        after = dict(merged.named_parameters())
        for name in adapted:
            name = name.removeprefix("base_model.model.").replace("lora_A.weight", "weight")
            tensors[f"merged.{name}"] = after[name]
        for i, batch in enumerate(examples):
            tensors |= {f"batch.{i}.{key}": value for key, value in batch.items()}
        fixture.save(
            folder,
            case,
            tensors,
            head="sequence",
            pooling="pooler",
            num_labels=3,
            seed=seed,
            random_b=random_b,
            **about,
            optimizer={
                "kind": "adamw",
                "learning_rate": 1e-2,
                "beta1": 0.9,
                "beta2": 0.999,
                "epsilon": 1e-8,
                "weight_decay": 0.0,
            },
            notes="evaluation mode, eager attention, no dropout, no schedule, no clipping; the classifier trains too",
        )


if __name__ == "__main__":
    main()
