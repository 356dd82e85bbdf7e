"""Writes tests/oracle/safetensors: small files of the reference library, and what is in them.

python tools/oracle/make_safetensors.py tests/oracle/safetensors        (needs safetensors, torch)
"""

import hashlib
import json
import pathlib
import sys

import safetensors
import torch
from safetensors.torch import save_file

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}


def value(shape, dtype, first):
    count = int(torch.tensor(shape).prod()) if shape else 1
    return (torch.arange(first, first + count) % 2 if dtype == torch.bool else torch.arange(first, first + count)).reshape(shape).to(dtype)


def main(folder):
    torch.manual_seed(0)
    files = {
        "every_dtype": ({f"{name.lower()}.weight": value([2, 3], dtype, 1) for name, dtype in DTYPES.items()}, {"format": "pt"}),
        "odd_shapes": (
            {
                "scalar": torch.tensor(1.5),
                "empty": torch.zeros(0, 4),
                "odd.i8": value([3], torch.int8, 1),
                "odd.f32": value([1, 1, 5], torch.float32, -2),
                "größe \"x\"\\\n": value([2], torch.float64, 7),
            },
            None,
        ),
        "none": ({}, {"format": "pt"}),
    }
    for name, (tensors, metadata) in files.items():
        path = folder / f"{name}.safetensors"
        save_file(tensors, path, metadata)
        listing = {
            key: {
                "dtype": next(text for text, dtype in DTYPES.items() if dtype == tensor.dtype),
                "shape": list(tensor.shape),
                "values": tensor.to(torch.float64).flatten().tolist(),
            }
            for key, tensor in tensors.items()
        }
        sidecar = {
            "code": "safetensors.torch.save_file",
            "versions": {"safetensors": safetensors.__version__, "torch": torch.__version__},
            "command": "python tools/oracle/make_safetensors.py tests/oracle/safetensors",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "metadata": metadata or {},
            "tensors": listing,
        }
        (folder / f"{name}.json").write_text(json.dumps(sidecar, indent=1, ensure_ascii=False) + "\n")


main(pathlib.Path(sys.argv[1]))
