"""What `generate` of `transformers` writes, in the words of our options: each prompt alone, without padding."""

import random

import torch

import decoder_rows

WORDS = {  # ours -> transformers'
    "max_new": "max_new_tokens",
    "min_new": "min_new_tokens",
    "beams": "num_beams",
    "no_repeat_ngram": "no_repeat_ngram_size",
    "length_penalty": "length_penalty",
    "early_stopping": "early_stopping",
    "repetition_penalty": "repetition_penalty",
}


def build(config, seed, dtype=torch.float64):
    """A random causal LM whose weights are wide enough for texts that vary."""
    model = decoder_rows.build("causal_lm", config, seed, dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(4 if "lm_head" in name or "wte" in name or "embed" in name else 2)
    return model


def draw_prompts(config, lengths, seed):
    chance = random.Random(f"prompts.{seed}")
    return [[chance.randrange(3, config.vocab_size) for _ in range(length)] for length in lengths]


def allowed(candidates, prompt, ends):
    """transformers' prefix_allowed_tokens_fn for a list of candidates."""

    def next_ids(_, ids):
        written = ids.tolist()[prompt:]
        found = set()
        for candidate in candidates:
            if candidate[: len(written)] == written:
                found |= {candidate[len(written)]} if len(candidate) > len(written) else set(ends)
        return sorted(found or set(ends))

    return next_ids


def generate(model, prompts, options):
    """The new ids of each prompt, the end among them; what stands behind the first end is padding."""
    ends = options["ends"]
    words = {WORDS[key]: value for key, value in options.items() if key in WORDS}
    out = []
    for prompt in prompts:
        if "candidates" in options:
            words["prefix_allowed_tokens_fn"] = allowed(options["candidates"], len(prompt), ends)
        ids = torch.tensor([prompt])
        with torch.no_grad():
            text = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, eos_token_id=ends, pad_token_id=ends[0], **words
            )
        new = text[0, len(prompt) :].tolist()
        cut = next((i + 1 for i, token in enumerate(new) if token in ends), len(new))
        out.append(new[:cut])
    return out


OPTIONS = [
    {"max_new": 12},
    {"max_new": 12, "min_new": 9},
    {"max_new": 12, "no_repeat_ngram": 2, "repetition_penalty": 1.7},
    {"max_new": 10, "beams": 3},
    {"max_new": 10, "beams": 4, "length_penalty": 2.0},
    {"max_new": 10, "beams": 4, "length_penalty": -1.0, "early_stopping": True},
    {"max_new": 10, "beams": 2, "length_penalty": 0.0, "min_new": 4},
    {"max_new": 12, "beams": 5, "no_repeat_ngram": 1},
    {"max_new": 11, "beams": 3, "no_repeat_ngram": 3, "repetition_penalty": 0.7},
    {"max_new": 8, "candidates": [[5, 6], [5, 7, 8], [9, 4, 4, 3]]},
    {"max_new": 8, "beams": 2, "candidates": [[5, 6], [5, 7, 8], [9, 4, 4, 3], [7]]},
]
