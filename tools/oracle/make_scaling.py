"""Writes tests/oracle/scaling: peft's DoRA and (IA)³ on a small BERT classifier in double precision.

  python tools/oracle/make_scaling.py [FOLDER]

Tensors of a case (PEFT names without the adapter's own name, the classifier among them):
  <hf name>                            the frozen base
  initial.<peft name>                  the adapter, drawn at random
  grad.<peft name>                     every gradient of the loss
  ids segments lengths labels loss logits
  logits.merged                        after merge_and_unload
"""

import torch
from peft import IA3Config, LoraConfig, TaskType, get_peft_model

import bert_rows
import fixture

FFN = r".*layer\.\d+\.output\.dense"
CASES = {
    "dora": LoraConfig(task_type=TaskType.SEQ_CLS, r=4, lora_alpha=8, target_modules=["query", "value"], use_dora=True),
    "ia3": IA3Config(
        task_type=TaskType.SEQ_CLS,
        target_modules=r".*(attention\.self\.(key|value)|layer\.\d+\.output\.dense)",
        feedforward_modules=FFN,
    ),
}


def plain(name):
    """A parameter's name without the name of the adapter."""
    return name.replace(".modules_to_save.default.", ".").replace(".default.", ".").removesuffix(".default")


def trained(model):
    return {plain(name): parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def main():
    folder = fixture.folder_argument("scaling")
    config = bert_rows.configuration(
        3,
        vocab_size=40,
        hidden_size=12,
        num_attention_heads=3,
        intermediate_size=18,
        num_hidden_layers=2,
        max_position_embeddings=9,
    )
    for seed, (case, options) in enumerate(CASES.items(), start=1):
        base = bert_rows.build("sequence", config, seed)
        tensors = {name: parameter.detach().clone() for name, parameter in base.named_parameters()}
        model = get_peft_model(base, options).double().eval()
        with torch.no_grad():
            for name, parameter in trained(model).items():
                if "classifier" not in name:
                    parameter.add_(torch.randn_like(parameter), alpha=0.3)
        tensors |= {f"initial.{name}": parameter.detach().clone() for name, parameter in trained(model).items()}
        batch = bert_rows.draw(config, [5, 5, 3, 9, 1], seed)
        labels = bert_rows.draw_labels("sequence", config, batch, seed)
        outputs = bert_rows.run(model, "sequence", batch)
        loss = bert_rows.loss("sequence", outputs, labels)
        loss.backward()
        tensors |= {f"grad.{name}": parameter.grad.clone() for name, parameter in trained(model).items()}
        tensors |= {**batch, "labels": labels, "loss": loss.detach(), "logits": outputs["logits"].detach()}
        about = {"config": bert_rows.config_of(model.base_model.model)}
        merged = model.merge_and_unload()
        tensors["logits.merged"] = bert_rows.run(merged, "sequence", batch)["logits"]
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
