"""Small random BERTs and relatives of `transformers`, run without padding: every example alone, the rows joined afterwards."""

import json
import random

import torch
import transformers
from torch import nn
from transformers.utils import logging

import fixture

logging.set_verbosity_error()
logging.disable_progress_bar()
STEMS = {"bert": "Bert", "roberta": "Roberta", "distilbert": "DistilBert", "electra": "Electra", "albert": "Albert"}
CLASSES = {
    "sequence": "ForSequenceClassification",
    "regression": "ForSequenceClassification",
    "multi_label": "ForSequenceClassification",
    "tokens": "ForTokenClassification",
    "mlm": "ForMaskedLM",
    "embed": "Model",
}
FAMILIES = {head: getattr(transformers, "Bert" + end) for head, end in CLASSES.items()}
DISTIL = {  # BERT's words -> DistilBERT's
    "hidden_size": "dim",
    "num_attention_heads": "n_heads",
    "num_hidden_layers": "n_layers",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
    "hidden_dropout_prob": "dropout",
    "attention_probs_dropout_prob": "attention_dropout",
}


def configuration(labels=2, family="bert", **options):
    """The family's config without dropout and with eager attention, from BERT's words; `labels` becomes num_labels."""
    options = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, **options}
    if family == "distilbert":
        absent = ("type_vocab_size", "layer_norm_eps")
        options = {DISTIL.get(key, key): value for key, value in options.items() if key not in absent}
    config = getattr(transformers, STEMS[family] + "Config")
    return config(num_labels=labels, attn_implementation="eager", **options)


def build(head, config, seed, dtype=torch.float64):
    """The head's model in evaluation mode: weights and biases ~ N(0, 0.2²), norms' weights ~ 1 + N(0, 0.2²)."""
    torch.manual_seed(seed)
    model = getattr(transformers, STEMS[config.model_type] + CLASSES[head])(config).to(dtype).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.2)
            if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
                parameter.add_(1)
    return model


def config_of(model):
    """What config.json would hold."""
    model.config.architectures = [type(model).__name__]
    return {**json.loads(model.config.to_json_string()), "dtype": str(model.dtype).removeprefix("torch.")}


def draw(config, lengths, seed):
    """Packed ids and segments; in each example with two segments the second starts at a random place.

    Never pad_token_id: torch zeroes its embedding's gradient (padding_idx), and packed rows have no padding.
    """
    chance = random.Random(seed)
    ids = [chance.choice([i for i in range(config.vocab_size) if i != config.pad_token_id]) for _ in range(sum(lengths))]
    segments = []
    for length in lengths:
        cut = chance.randrange(1, length + 1) if getattr(config, "type_vocab_size", 1) > 1 else length
        segments += [0] * cut + [1] * (length - cut)
    return {"ids": torch.tensor(ids), "segments": torch.tensor(segments), "lengths": torch.tensor(lengths)}


def split(packed, lengths):
    return torch.split(packed, lengths.tolist())


def run(model, head, inputs, pooling="pooler"):
    """Hidden states [N, D], embeddings first, and logits (sequence: [B, L]; tokens, mlm: [N, L]) or embedding [B, D]."""
    hidden, outputs = [], []
    for ids, segments in zip(split(inputs["ids"], inputs["lengths"]), split(inputs["segments"], inputs["lengths"])):
        mask = torch.ones(1, len(ids), dtype=torch.long)
        types = {} if model.config.model_type == "distilbert" else {"token_type_ids": segments[None]}
        found = model(input_ids=ids[None], attention_mask=mask, output_hidden_states=True, **types)
        hidden.append([state[0] for state in found.hidden_states])
        rows = hidden[-1][-1]
        if head == "embed":  # sentence-transformers: mean pooling, then unit length
            outputs.append(nn.functional.normalize(rows.sum(0) / max(len(rows), 1e-9), p=2, dim=0)[None])
        elif pooling in POOLINGS:
            classifier = getattr(model.classifier, "out_proj", model.classifier)
            outputs.append(classifier(POOLINGS[pooling](rows))[None])
        else:
            outputs.append(found.logits[0] if head in ("tokens", "mlm") else found.logits)
    states = {f"hidden.{i}": torch.cat(layer) for i, layer in enumerate(zip(*hidden))}
    return {**states, "embedding" if head == "embed" else "logits": torch.cat(outputs)}


POOLINGS = {"first": lambda rows: rows[0], "mean": lambda rows: rows.mean(0), "max": lambda rows: rows.max(0).values}


def draw_labels(head, config, inputs, seed, dtype=torch.float64):
    """Random targets of the head's loss; about a third of token labels are -100 (ignored)."""
    draw = torch.Generator().manual_seed(seed)
    examples, rows = len(inputs["lengths"]), len(inputs["ids"])
    if head == "sequence":
        return torch.randint(config.num_labels, (examples,), generator=draw)
    if head == "regression":
        return torch.randn(examples, generator=draw, dtype=torch.float64).mul(2).to(dtype)
    if head == "multi_label":
        return torch.randint(2, (examples, config.num_labels), generator=draw).to(dtype)
    if head == "embed":
        return torch.randn(examples, config.hidden_size, generator=draw, dtype=torch.float64).to(dtype)
    classes = config.vocab_size if head == "mlm" else config.num_labels
    labels = torch.randint(classes, (rows,), generator=draw)
    ignored = torch.rand(rows, generator=draw) < 1 / 3
    ignored[int(torch.randint(rows, (1,), generator=draw))] = False  # at least one counts
    return labels.masked_fill(ignored, -100)


def loss(head, outputs, labels):
    """The mean loss of the batch; of the embedding head, the mean over examples of embedding · labels."""
    if head == "embed":
        return (outputs["embedding"] * labels).sum(1).mean()
    logits = outputs["logits"]
    if head == "regression":
        return nn.functional.mse_loss(logits.squeeze(-1), labels)
    if head == "multi_label":
        return nn.functional.binary_cross_entropy_with_logits(logits, labels)
    return nn.functional.cross_entropy(logits, labels, ignore_index=-100)


def gradients(model):
    """`grad.<name>` of every parameter that the loss reached."""
    return {f"grad.{name}": p.grad for name, p in model.named_parameters() if p.grad is not None}


def untouched(model):
    """The parameters that the loss did not reach."""
    return [name for name, p in model.named_parameters() if p.grad is None]


def save_case(rows, folder, case, seed, head, labels, config, lengths, pooling, notes, check=None):
    """One case of a small model: what goes in, its weights, what comes out, and the loss's gradient of every weight it reaches.

    `rows` is the module that builds and runs such models, bert_rows or one with the same functions; check(model, inputs, loss)
    may look at the outcome.
    """
    model = rows.build(head, config, seed)
    inputs = rows.draw(config, lengths, seed)
    inputs["labels"] = rows.draw_labels(head, config, inputs, seed)
    outputs = rows.run(model, head, inputs, pooling)
    outputs["loss"] = rows.loss(head, outputs, inputs["labels"])
    outputs["loss"].backward()
    if check is not None:
        check(model, inputs, outputs["loss"])
    fixture.save(
        folder,
        case,
        {**inputs, **dict(model.named_parameters()), **outputs, **gradients(model)},
        head=head,
        pooling=pooling,
        num_labels=labels,
        seed=seed,
        config=config_of(model),
        no_gradient=untouched(model),
        notes=notes,
    )
