"""Small random T5s, BARTs and mBARTs of `transformers`, run without padding: every example alone, the rows joined afterwards.

T5's norm takes the mean square in float32 whatever the model's dtype. Here it takes it in the input's dtype where that is wider, so
that double precision is compared with double precision.
"""

import json
import random

import generate_rows
import torch
import transformers
from torch import nn
from transformers.models.t5 import modeling_t5
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
STEMS = {"t5": "T5", "bart": "Bart", "mbart": "MBart"}
CLASSES = {
    "seq2seq": "ForConditionalGeneration",
    "sequence": "ForSequenceClassification",
    "tokens": "ForTokenClassification",
    "embed": "Model",
}
EOS = {"t5": 1, "bart": 2, "mbart": 2}
PAD = {"t5": 0, "bart": 1, "mbart": 1}


def wide_norm(self, hidden):
    wide = hidden if hidden.dtype == torch.float64 else hidden.to(torch.float32)
    unit = hidden * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)
    return self.weight * unit


modeling_t5.T5LayerNorm.forward = wide_norm


def configuration(family, labels=2, **options):
    """The family's config without dropout and with eager attention."""
    quiet = {"dropout_rate": 0.0} if family == "t5" else {"dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0}
    start = {"t5": {"decoder_start_token_id": 0}}.get(family, {})
    config = getattr(transformers, STEMS[family] + "Config")
    return config(num_labels=labels, attn_implementation="eager", **{**quiet, **start, **options})


def build(head, config, seed, dtype=torch.float64, untied=False):
    """The head's model in evaluation mode: weights and biases ~ N(0, 0.2²), norms' weights ~ 1 + N(0, 0.2²). `untied`: an output
    layer of its own, as the files of T5 v1.1 have it."""
    torch.manual_seed(seed)
    stem = STEMS[config.model_type]
    name = "T5EncoderModel" if (stem, head) == ("T5", "embed") else stem + CLASSES[head]
    model = getattr(transformers, name)(config).to(dtype).eval()
    if untied:
        model.lm_head.weight = nn.Parameter(torch.empty_like(model.lm_head.weight))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.2)
            if "norm" in name and name.endswith(".weight"):
                parameter.add_(1)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_(0, 0.2)
    return model


def config_of(model):
    """What config.json would hold."""
    model.config.architectures = [type(model).__name__]
    return {**json.loads(model.config.to_json_string()), "dtype": str(model.dtype).removeprefix("torch.")}


def weights(model):
    """Every tensor of the model's file, shared ones once."""
    bias = {"final_logits_bias": model.final_logits_bias} if hasattr(model, "final_logits_bias") else {}
    return {**dict(model.named_parameters()), **bias}


def draw(head, config, lengths, targets, seed):
    """Packed ids and, of a target side, labels. Never pad_token_id among them: torch zeroes its embedding's gradient.

    With a sequence head every text ends with its only end token. T5 reads some labels that do not count; the others' embedding of
    the padding that stands for one gets no gradient in torch, so there only a last label does not count.
    """
    chance = random.Random(seed)
    eos, pad = EOS[config.model_type], PAD[config.model_type]
    free = [i for i in range(config.vocab_size) if i not in (pad, eos)]

    def text(length):
        return [chance.choice(free) for _ in range(length - 1)] + [eos]

    inputs = {"ids": torch.tensor(sum((text(n) for n in lengths), [])), "lengths": torch.tensor(lengths)}
    if head != "seq2seq":
        return inputs
    labels = []
    for number, length in enumerate(targets):
        one = [chance.choice(free) for _ in range(length)]
        if config.model_type == "t5" and length > 2:
            one[length // 2] = -100
        if config.model_type == "bart" and length > 1 and number == 0:
            one[-1] = -100
        labels += one
    return {**inputs, "labels": torch.tensor(labels), "target_lengths": torch.tensor(targets)}


def draw_labels(head, config, inputs, seed, dtype=torch.float64):
    """Random targets of the heads that are not sequence-to-sequence."""
    draw = torch.Generator().manual_seed(seed)
    examples, rows = len(inputs["lengths"]), len(inputs["ids"])
    if head == "sequence":
        return torch.randint(config.num_labels, (examples,), generator=draw)
    if head == "tokens":
        return torch.randint(config.num_labels, (rows,), generator=draw)
    return torch.randn(examples, config.d_model, generator=draw, dtype=torch.float64).to(dtype)


def split(packed, lengths):
    return torch.split(packed, lengths.tolist())


def stacks(model):
    """The encoder's and the decoder's blocks, by our names of them."""
    base = model.base_model if hasattr(model, "base_model") else model
    encoder = model.get_encoder() if hasattr(model, "get_encoder") else base.encoder
    found = {"encoder": getattr(encoder, "block", None) or encoder.layers}
    decoder = getattr(base, "decoder", None) or getattr(model, "decoder", None)
    if decoder is not None:
        found["decoder"] = getattr(decoder, "block", None) or decoder.layers
    return found


def run(model, head, inputs):
    """Every block's rows under `hidden.<stack>.<i>`, and logits (seq2seq: [M, V]; sequence: [B, L]; tokens: [N, L]) or embedding."""
    rows, outputs, hooks = {}, [], []
    for stack, blocks in stacks(model).items():
        for i, block in enumerate(blocks):
            hooks.append(
                block.register_forward_hook(
                    lambda _module, _inputs, y, name=f"hidden.{stack}.{i}": rows.setdefault(name, []).append(
                        (y[0] if isinstance(y, tuple) else y)[0]
                    )
                )
            )
    targets = split(inputs["labels"], inputs["target_lengths"]) if head == "seq2seq" else [None] * len(inputs["lengths"])
    for ids, labels in zip(split(inputs["ids"], inputs["lengths"]), targets):
        mask = torch.ones(1, len(ids), dtype=torch.long)
        if head == "embed":  # sentence-transformers: mean pooling of the encoder's rows, then unit length
            encoder = model if type(model).__name__ == "T5EncoderModel" else model.get_encoder()
            mean = encoder(input_ids=ids[None], attention_mask=mask).last_hidden_state[0].mean(0)
            outputs.append(nn.functional.normalize(mean, p=2, dim=0)[None])
        elif head == "seq2seq":
            outputs.append(model(input_ids=ids[None], attention_mask=mask, labels=labels[None]).logits[0])
        else:
            logits = model(input_ids=ids[None], attention_mask=mask).logits
            outputs.append(logits[0] if head == "tokens" else logits)
    for hook in hooks:
        hook.remove()
    states = {name: torch.cat(parts) for name, parts in rows.items()}
    return {**states, "embedding" if head == "embed" else "logits": torch.cat(outputs)}


def loss(head, outputs, labels, smoothing=0.0):
    """The mean loss of the batch; of the embedding head, the mean over examples of embedding · labels."""
    if head == "embed":
        return (outputs["embedding"] * labels).sum(1).mean()
    return nn.functional.cross_entropy(outputs["logits"], labels, ignore_index=-100, label_smoothing=smoothing)


def gradients(model):
    """`grad.<name>` of every parameter that the loss reached."""
    return {f"grad.{name}": p.grad for name, p in model.named_parameters() if p.grad is not None}


def writer(config, seed, dtype=torch.float64, untied=False):
    """A random model whose weights are wide enough for texts that vary, and which forces no piece on them."""
    model = build("seq2seq", config, seed, dtype, untied)
    model.generation_config.forced_eos_token_id = None
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(4 if "shared" in name or "lm_head" in name else 2)
    return model


def generate(model, sources, options):
    """The pieces that are written from each source, the end among them; what stands behind the first end is padding. `start`: what
    each text begins with, one piece."""
    ends = options["ends"]
    words = {generate_rows.WORDS[key]: value for key, value in options.items() if key in generate_rows.WORDS}
    if "start" in options:
        words["decoder_start_token_id"] = options["start"][0]
    if "candidates" in options:
        words["prefix_allowed_tokens_fn"] = generate_rows.allowed(options["candidates"], 1, ends)
    out = []
    for source in sources:
        ids = torch.tensor([source])
        with torch.no_grad():
            text = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, eos_token_id=ends, pad_token_id=ends[0], **words
            )
        new = text[0, 1:].tolist()
        cut = next((i + 1 for i, token in enumerate(new) if token in ends), len(new))
        out.append(new[:cut])
    return out
