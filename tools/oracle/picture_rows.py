"""Small random ViTs and DeiTs of `transformers`, run on random pictures; weights under the names of their files."""

import random

import torch
import transformers

from bert_rows import config_of, gradients, loss, untouched  # the same for all families

__all__ = ["build", "config_of", "configuration", "draw", "draw_labels", "gradients", "in_file", "loss", "run", "untouched"]
STEMS = {"vit": "ViT", "deit": "DeiT"}
CLASSES = {
    "sequence": "ForImageClassification",
    "regression": "ForImageClassification",
    "multi_label": "ForImageClassification",
    "teacher": "ForImageClassificationWithTeacher",
    "none": "Model",
}
IN_FILE = [  # the library's words in memory -> those of its files
    ("layers.", "encoder.layer."),
    (".q_proj.", ".attention.query."),
    (".k_proj.", ".attention.key."),
    (".v_proj.", ".attention.value."),
    (".o_proj.", ".output.dense."),
    ("mlp.fc1.", "intermediate.dense."),
    ("mlp.fc2.", "output.dense."),
]


def in_file(tensors):
    """Tensors by the names that save_pretrained writes."""
    renamed = {}
    for name, tensor in tensors.items():
        for ours, theirs in IN_FILE:
            name = name.replace(ours, theirs)
        renamed[name] = tensor
    return renamed


def configuration(labels=2, family="vit", **options):
    """The family's config without dropout; `labels` becomes num_labels.

    Not eager attention: its softmax is rounded to float32 whatever the model's type.
    """
    options = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, **options}
    config = getattr(transformers, STEMS[family] + "Config")
    return config(num_labels=labels, attn_implementation="sdpa", **options)


def build(head, config, seed, dtype=torch.float64):
    """The head's model in evaluation mode: all weights ~ N(0, 0.2²), norms' weights ~ 1 + N(0, 0.2²)."""
    torch.manual_seed(seed)
    model = getattr(transformers, STEMS[config.model_type] + CLASSES[head])(config).to(dtype).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.2)
            if "layernorm" in name and name.endswith("weight"):
                parameter.add_(1)
    return model


def draw(config, count, size, seed, dtype=torch.float64):
    """`count` pictures of `size` (height, width); None is the model's own."""
    own = config.image_size
    height, width = size or ((own, own) if isinstance(own, int) else own)
    generator = torch.Generator().manual_seed(seed)
    return {"pixels": torch.randn(count, config.num_channels, height, width, generator=generator, dtype=torch.float64).to(dtype)}


def run(model, head, inputs):
    """Hidden states [N, D], embeddings first, and logits [B, L]; of a bare model the rows of its first token after the pooler."""
    own = model.config.image_size
    own = (own, own) if isinstance(own, int) else tuple(own)
    other = tuple(inputs["pixels"].shape[2:]) != own
    found = model(pixel_values=inputs["pixels"], output_hidden_states=True, interpolate_pos_encoding=other)
    states = {f"hidden.{i}": state.flatten(0, 1) for i, state in enumerate(found.hidden_states)}
    return {**states, "logits": found.logits}


def draw_labels(head, config, inputs, seed, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    count = len(inputs["pixels"])
    if head == "regression":
        return torch.randn(count, generator=generator, dtype=torch.float64).mul(2).to(dtype)
    if head == "multi_label":
        return torch.randint(2, (count, config.num_labels), generator=generator).to(dtype)
    return torch.randint(config.num_labels, (count,), generator=generator)


def random_sizes(chance: random.Random, own, patch):
    """A picture's height and width for a model made for `own` by `own`: some of its own, some others, some with a remainder."""
    kind = chance.randrange(3)
    if kind == 0:
        return None
    steps = [chance.randrange(1, 5) * patch + (chance.randrange(patch) if kind == 2 else 0) for _ in range(2)]
    return tuple(steps)
