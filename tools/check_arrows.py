#!/usr/bin/env python3
"""Who may include whom, and what may stand where. This table is the rule; docs/architecture.md explains it."""
import re

from check_common import files, finish, lines, without_comment, without_strings

# A layer may include itself, the layers named here, and what those may include.
ARROWS = {
    "base": [],
    "io": ["base"],
    "text": ["io"],
    "metrics": ["base"],
    "report": ["base"],
    "nn": ["base"],
    "models": ["nn", "io"],
    "peft": ["models"],
    "pruning": ["models"],
    "data": ["io", "text", "nn"],
    "train": ["models", "peft", "data", "metrics"],
    "privacy": ["train"],
    "recipe": ["privacy", "pruning", "report"],
    "cli": ["recipe"],
    "espalier.h": ["recipe"],  # the public header; no layer includes it
}
TORCH_FREE = {"base", "io", "text", "metrics", "report"}

# The only door to libtorch is nn/tensor.h; a header may name the tensor type alone.
TORCH_DOOR = {"espalier/nn/tensor.h"}
TORCH_HEADERS_ALLOWED = {"ATen/core/Tensor.h"}
# Other files that include something of libtorch, each with its reason.
TORCH_EXCEPTIONS = {
    # these say which libtorch this is
    "espalier/cli/doctor.cc": ("ATen/Version.h", "torch/headeronly/version.h"),
    "espalier/recipe/environment.cc": ("ATen/Version.h", "torch/headeronly/version.h"),
}

UPSTREAM_NAME = re.compile(r'"[^"]*(LayerNorm|attention\.self\.|intermediate\.dense|word_embeddings)[^"]*"')
PRINTS = re.compile(r"\bstd::cout\b|(?<![\w.])(?:std::)?(?:printf|puts|putchar)\s*\(|\bfmt::print(?:ln)?\s*\(\s*\"|\bstdout\b|\bSTDOUT_FILENO\b")
UNPICKLES = re.compile(r"torch/(csrc/(api|jit)/.*serializ|script\.h)|\b(torch|jit)::load\b|pickle_load|Unpickler")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def reachable(layer):
    found, waiting = {layer}, list(ARROWS[layer])
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += ARROWS[other]
    return found


def include_problem(path, layer, header):
    if header == "torch/torch.h":
        return "<torch/torch.h> costs 15 s and 1.1 GB a file; include espalier/nn/tensor.h"
    if header.startswith("espalier/") and layer:
        target = header.split("/")[1]
        if target not in ARROWS:
            return f"{header} is in no layer of tools/check_arrows.py"
        if target not in reachable(layer):
            return f"{layer} may not include {target}; allowed: {', '.join(sorted(reachable(layer)))}"
    if re.match(r"(ATen|c10|torch)/", header) and str(path) not in TORCH_DOOR:
        if layer in TORCH_FREE:
            return f"{layer} is free of libtorch, but includes {header}"
        if header not in TORCH_HEADERS_ALLOWED and header not in TORCH_EXCEPTIONS.get(str(path), ()):
            return f"{header} comes through espalier/nn/tensor.h only"
    return None


def main():
    problems, includes = [], 0
    sources = files("espalier/*.h", "espalier/*.cc", "tests/*.h", "tests/*.cc", "bench/*.h", "bench/*.cc", "examples/*.cc")
    for path in sources:
        layer = path.parts[1] if path.parts[0] == "espalier" else None
        if layer and layer not in ARROWS:
            problems.append(f"{path}: the layer {layer} is not in tools/check_arrows.py")
            continue
        for number, line in enumerate(lines(path), 1):
            place = f"{path}:{number}"
            match = INCLUDE.match(line)
            if match:
                includes += 1
                problem = include_problem(path, layer, match.group(2))
                if problem:
                    problems.append(f"{place}: {problem}")
            if UNPICKLES.search(without_strings(line) if not match else line):
                problems.append(f"{place}: nothing of ours reads pickled files")
            if layer and layer != "cli" and PRINTS.search(without_strings(line)):
                problems.append(f"{place}: only cli prints to standard output")
            if layer and layer != "models" and UPSTREAM_NAME.search(without_comment(line)):
                problems.append(f"{place}: upstream tensor names stand in the family files of models only")
    finish("arrows", problems, f"{includes:,} includes in {len(sources)} files follow the table")


if __name__ == "__main__":
    main()
