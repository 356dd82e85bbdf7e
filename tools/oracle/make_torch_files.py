"""Writes tests/oracle/torch_files: small files of torch.save, and the same tensors as safetensors.

python tools/oracle/make_torch_files.py tests/oracle/torch_files        (needs torch, safetensors)
"""

import hashlib
import json
import pathlib
import sys
from collections import OrderedDict

import safetensors
import torch
from safetensors.torch import save_file

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}


def value(shape, dtype, first=0):
    count = int(torch.tensor(shape).prod()) if shape else 1
    numbers = torch.arange(first, first + count)
    return (numbers % 2 if dtype == torch.bool else numbers % 100).reshape(shape).to(dtype)


def every_dtype():
    return OrderedDict((f"{name.lower()}.weight", value([2, 3], dtype, 1)) for name, dtype in DTYPES.items())


def views():
    base = value([4, 6], torch.float32)
    return {
        "base": base,
        "transposed": base.t(),
        "row": base[2],
        "column": base[:, 1],
        "middle": base[1:3, 2:5],
        "steps": base[::2, ::3],
        "permuted": value([2, 3, 4], torch.int16).permute(2, 0, 1),
        "expanded": value([3], torch.float64).expand(2, 3),
        "scalar": torch.tensor(1.5),
        "one_of_many": base[3, 5],
        "empty": torch.zeros(0, 4),
        "position_ids": torch.arange(5).expand((1, -1)),
    }


def tied():
    table = torch.nn.Parameter(value([3, 2], torch.float32))
    return OrderedDict([("shared.weight", table), ("embed.weight", table), ("head.weight", table), ("part", table[1:])])


def module():
    """A state_dict proper: parameters, a buffer, and the attribute _metadata."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    return net.state_dict()


CASES = {
    "every_dtype": (every_dtype, {}),
    "every_dtype_legacy": (every_dtype, {"_use_new_zipfile_serialization": False}),
    "views": (views, {}),
    "views_legacy": (views, {"_use_new_zipfile_serialization": False}),
    "tied": (tied, {}),
    "module": (module, {}),
    "module_protocol_4": (module, {"pickle_protocol": 4}),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    about = {}
    for name, (make, options) in CASES.items():
        tensors = make()
        torch.save(tensors, folder / f"{name}.bin", **options)
        plain = {key: tensor.detach().contiguous().clone() for key, tensor in tensors.items()}
        save_file(plain, folder / f"{name}.safetensors", {"format": "pt"})
        about[name] = {"torch.save": options, "sha256": hashlib.sha256((folder / f"{name}.bin").read_bytes()).hexdigest()}
    nested = {"epoch": 3, "loss": 0.25, "state_dict": module(), "optimizer": {"step": [1, 2], 0: None, "done": True}}
    torch.save(nested, folder / "nested.bin")
    torch.save(torch.nn.Linear(2, 2), folder / "whole_module.bin")
    torch.save(value([2], torch.complex64), folder / "complex.bin")
    sidecar = {
        "code": "torch.save, safetensors.torch.save_file; nested.bin holds what module.bin holds, under state_dict",
        "versions": {"safetensors": safetensors.__version__, "torch": torch.__version__},
        "command": "python tools/oracle/make_torch_files.py tests/oracle/torch_files",
        "files": about,
    }
    (folder / "torch_files.json").write_text(json.dumps(sidecar, indent=1) + "\n")


main(pathlib.Path(sys.argv[1]))
