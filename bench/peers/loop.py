"""What the peer baselines share: one plain training loop over transformers + peft, so that both sides use the same recipe.

Recipe: AdamW (0.9, 0.999, 1e-8), linear schedule with 6 % warm-up, clipping at 1.0, padded batches of similar length: the
examples are shuffled, cut into groups of 50 batches, sorted by length inside a group and cut into batches, and the batches are
shuffled.
"""

import json
import math
import platform
import random
import resource
import sys
import time

import peft
import torch
import transformers
from order import batches
from peft import LoraConfig, TaskType, get_peft_model
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertModel, BertPreTrainedModel
from transformers import get_linear_schedule_with_warmup
from transformers.modeling_outputs import SequenceClassifierOutput


class MeanPooledClassifier(BertPreTrainedModel):
    """BERT, the mean of the last hidden states over real tokens, dropout, one linear layer."""

    def __init__(self, config):
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def forward(self, input_ids, attention_mask, token_type_ids=None, **_):
        rows = self.bert(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]
        mask = attention_mask.unsqueeze(-1).to(rows.dtype)
        return SequenceClassifierOutput(logits=self.classifier(self.dropout((rows * mask).sum(1) / mask.sum(1))))


def add_arguments(parser, *, rate, epochs, targets, pooling, precision):
    """The options of every peer script, with this script's defaults."""
    parser.add_argument("--model", required=True, help="a Hugging Face folder of the BERT family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=float, default=epochs)
    parser.add_argument("--lr", type=float, default=rate)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=16)
    parser.add_argument("--dropout", type=float, default=0.0, help="LoRA's own dropout; the model's dropouts are its config's")
    parser.add_argument("--decay", type=float, default=0.0)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--targets", default=targets, help="module names separated by commas, or all-linear")
    parser.add_argument("--pooling", choices=["pooler", "mean"], default=pooling)
    parser.add_argument("--method", choices=["lora", "full", "probe"], default="lora")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default=precision)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", required=True, help="JSON lines; one line is appended")


def build(args, labels):
    """The model with its fresh head and, for LoRA, its adapter; the tokenizer."""
    torch.set_num_threads(args.threads)
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    family = MeanPooledClassifier if args.pooling == "mean" else AutoModelForSequenceClassification
    model = family.from_pretrained(args.model, num_labels=labels, dtype=torch.float32)
    if args.method == "lora":
        targets = args.targets.split(",")
        if (
            args.targets == "all-linear"
        ):  # the linears of the blocks: not the pooler, which would otherwise match output-like names
            targets = (
                r".*encoder\.layer\.\d+\.(attention\.self\.(query|key|value)|(attention\.output|intermediate|output)\.dense)"
            )
        config = LoraConfig(
            task_type=TaskType.SEQ_CLS if args.pooling == "pooler" else None,
            r=args.rank,
            lora_alpha=args.alpha,
            lora_dropout=args.dropout,
            target_modules=targets,
            modules_to_save=["classifier"],
        )
        model = get_peft_model(model, config)
    elif args.method == "probe":
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.startswith("classifier"))
    return model, AutoTokenizer.from_pretrained(args.model)


def encode(tokenizer, texts, pairs, max_length):
    """Unpadded encodings, one dictionary per example."""
    both = tokenizer(texts, pairs, truncation=True, max_length=max_length, padding=False)
    return [{key: both[key][i] for key in both} for i in range(len(texts))]


def forward(model, tokenizer, examples, indices, precision):
    """Logits [B, labels] in fp32 of the chosen examples."""
    inputs = tokenizer.pad([examples[i] for i in indices], padding=True, return_tensors="pt")
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        return model(**inputs).logits.float()


def train(model, tokenizer, examples, labels, args):
    """Trains in place; returns seconds, steps and the mean loss of the last tenth of the steps."""
    lengths = [len(example["input_ids"]) for example in examples]
    steps = math.ceil(len(examples) / args.batch * args.epochs)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=args.decay)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.06 * steps), steps)
    loss_of = nn.MSELoss() if labels.dtype.is_floating_point else nn.CrossEntropyLoss()
    generator = torch.Generator().manual_seed(args.seed)
    model.train()
    losses, queue, begin = [], [], time.perf_counter()
    while len(losses) < steps:
        if not queue:
            queue = batches(lengths, args.batch, generator)
        indices = queue.pop()
        logits = forward(model, tokenizer, examples, indices, args.precision)
        loss = loss_of(logits.squeeze(-1) if labels.dtype.is_floating_point else logits, labels[indices])
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if len(losses) % 100 == 0:
            print(f"step {len(losses)}/{steps} loss {sum(losses[-100:]) / 100:.4f}", file=sys.stderr, flush=True)
    tail = losses[-max(1, steps // 10) :]
    return {"train_seconds": time.perf_counter() - begin, "steps": steps, "last_loss": sum(tail) / len(tail)}


@torch.no_grad()
def predict(model, tokenizer, examples, args):
    """Logits of all examples, in their order."""
    model.eval()
    order = sorted(range(len(examples)), key=lambda i: len(examples[i]["input_ids"]))
    found = [None] * len(examples)
    for start in range(0, len(order), 64):
        chunk = order[start : start + 64]
        for i, row in zip(chunk, forward(model, tokenizer, examples, chunk, args.precision)):
            found[i] = row
    return torch.stack(found)


def parameters(model):
    """Trained parameters in parts, and all of them (the frozen copy of a saved head is not counted)."""
    counts = {"method": 0, "head": 0, "total": 0}
    for name, parameter in model.named_parameters():
        if "original_module" in name:
            continue
        counts["total"] += parameter.numel()
        if parameter.requires_grad:
            counts["head" if "classifier" in name else "method"] += parameter.numel()
    return counts


def report(args, result):
    """Appends one JSON line: the command, the versions, the options and the result."""
    line = {
        "command": " ".join(["python", *sys.argv]),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "peft": peft.__version__,
        },
        "options": {key: value for key, value in vars(args).items() if key != "out"},
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        **result,
    }
    with open(args.out, "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
    print(json.dumps(result))
