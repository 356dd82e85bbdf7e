"""One oracle case on disk: <case>.safetensors with every tensor, <case>.json saying what it is and what made it.

Tensor names: inputs `ids`, `segments`, `lengths`, `labels`; weights under their Hugging Face names; outputs `hidden.<i>`,
`logits`, `embedding`, `loss`; the loss's derivative with respect to weight w is `grad.<w>`. Rows of a batch are packed: example
i owns rows sum(lengths[:i]) .. sum(lengths[:i + 1]), and no padding exists.
"""

import json
import os
import platform
import sys

import torch
from safetensors.torch import save_file


def versions():
    import peft
    import transformers

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "peft": peft.__version__,
    }


def command():
    """The command line that made the file, without the machine's paths."""
    return " ".join(
        ["python", f"tools/oracle/{os.path.basename(sys.argv[0])}", *(a for a in sys.argv[1:] if not os.path.isabs(a))]
    )


def save(folder, case, tensors, **about):
    """Writes both files; scalars become tensors of one element."""
    os.makedirs(folder, exist_ok=True)
    tensors = {name: torch.as_tensor(t).detach().clone().contiguous() for name, t in tensors.items()}
    tensors = {name: t.reshape(1) if t.dim() == 0 else t for name, t in tensors.items()}
    path = os.path.join(folder, case)
    save_file(tensors, f"{path}.safetensors")
    about = {
        "case": case,
        **about,
        "generator": f"tools/oracle/{os.path.basename(sys.argv[0])}",
        "command": command(),
        "versions": versions(),
    }
    with open(f"{path}.json", "w", encoding="utf-8") as out:
        json.dump(about, out, indent=2, sort_keys=False)
        out.write("\n")
    print(f"{path}: {len(tensors)} tensors, {os.path.getsize(path + '.safetensors') / 1024:.0f} KiB")


def folder_argument(topic):
    """The output folder: the first argument, or tests/oracle/<topic> of this checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    return sys.argv[1] if len(sys.argv) > 1 else os.path.normpath(os.path.join(here, "..", "..", "tests", "oracle", topic))
