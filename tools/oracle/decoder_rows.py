"""Small random decoders of `transformers` (GPT-2, Llama), run without padding: every example alone, the rows joined afterwards.

Llama's norm and its eager softmax compute in float32 whatever the model's dtype. Here the norm takes the input's dtype where that
is wider, and attention is torch's own (sdpa), so that double is compared with double.
"""

import random

import torch
import transformers
from transformers.models.llama import modeling_llama

import bert_rows

STEMS = {"gpt2": "GPT2", "llama": "Llama"}
CLASSES = {**bert_rows.CLASSES, "causal_lm": {"gpt2": "LMHeadModel", "llama": "ForCausalLM"}}
POOLINGS = {**bert_rows.POOLINGS, "last": lambda rows: rows[-1]}
GPT2 = {  # Llama's words -> GPT-2's
    "hidden_size": "n_embd",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
    "intermediate_size": "n_inner",
    "max_position_embeddings": "n_positions",
    "hidden_act": "activation_function",
    "norm_eps": "layer_norm_epsilon",
}
DROPS = {"gpt2": ("embd_pdrop", "attn_pdrop", "resid_pdrop", "classifier_dropout"), "llama": ("attention_dropout",)}


def wide_norm(self, hidden):
    wide = hidden if hidden.dtype == torch.float64 else hidden.to(torch.float32)
    unit = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)
    return self.weight * unit.to(hidden.dtype)


modeling_llama.LlamaRMSNorm.forward = wide_norm


def configuration(labels, family, **options):
    """The family's config without dropout, from Llama's words; `labels` becomes num_labels."""
    words = GPT2 if family == "gpt2" else {"norm_eps": "rms_norm_eps"}
    options = {words.get(key, key): value for key, value in options.items()}
    drops = dict.fromkeys(DROPS[family], 0.0)
    config = getattr(transformers, STEMS[family] + "Config")
    return config(num_labels=labels, attn_implementation="sdpa", bos_token_id=1, eos_token_id=2, **drops, **options)


def class_of(head, family):
    ends = CLASSES[head]
    return STEMS[family] + (ends if isinstance(ends, str) else ends[family])


def build(head, config, seed, dtype=torch.float64):
    """The head's model in evaluation mode: weights and biases ~ N(0, 0.2²), norms' weights ~ 1 + N(0, 0.2²)."""
    torch.manual_seed(seed)
    model = getattr(transformers, class_of(head, config.model_type))(config).to(dtype).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.2)
            if name.endswith(".weight") and any(part in name for part in ("ln_", "norm.", "layernorm.")):
                parameter.add_(1)
    return model


def draw(config, lengths, seed):
    """Packed ids; `segments` are zeros, which no decoder reads."""
    chance = random.Random(seed)
    ids = torch.tensor([chance.randrange(config.vocab_size) for _ in range(sum(lengths))])
    return {"ids": ids, "segments": torch.zeros_like(ids), "lengths": torch.tensor(lengths)}


def run(model, head, inputs, pooling="last"):
    """Hidden states [N, D], embeddings first, and logits (sequence: [B, L]; tokens, causal_lm: [N, L]) or embedding [B, D]."""
    hidden, outputs = [], []
    for ids in bert_rows.split(inputs["ids"], inputs["lengths"]):
        found = model(input_ids=ids[None], output_hidden_states=True)
        hidden.append([state[0] for state in found.hidden_states])
        rows = hidden[-1][-1]
        if head == "embed":
            outputs.append(torch.nn.functional.normalize(POOLINGS[pooling](rows), p=2, dim=0)[None])
        elif head in ("sequence", "regression", "multi_label"):
            outputs.append(model.score(POOLINGS[pooling](rows))[None])
            if pooling == "last":
                torch.testing.assert_close(outputs[-1], found.logits, rtol=1e-5, atol=1e-5)
        else:
            outputs.append(found.logits[0])
    states = {f"hidden.{i}": torch.cat(layer) for i, layer in enumerate(zip(*hidden))}
    return {**states, "embedding" if head == "embed" else "logits": torch.cat(outputs)}


def draw_labels(head, config, inputs, seed, dtype=torch.float64):
    """As of encoders; of causal_lm each row's label is the id behind it, -100 in the last row of an example."""
    if head != "causal_lm":
        return bert_rows.draw_labels(head, config, inputs, seed, dtype)
    shifted = []
    for ids in bert_rows.split(inputs["ids"], inputs["lengths"]):
        shifted += [ids[1:], torch.tensor([-100])]
    return torch.cat(shifted)


def loss(head, outputs, labels):
    return bert_rows.loss(head, outputs, labels)


def check_shift(model, inputs, total):
    """transformers' own loss of each example, which shifts the labels itself, makes the same mean."""
    sums, count = 0, 0
    with torch.no_grad():
        for ids in bert_rows.split(inputs["ids"], inputs["lengths"]):
            if len(ids) > 1:
                sums += model(input_ids=ids[None], labels=ids[None]).loss.double() * (len(ids) - 1)
                count += len(ids) - 1
    torch.testing.assert_close(total.detach().double(), sums / count, rtol=1e-6, atol=1e-6)  # theirs is taken in float32
