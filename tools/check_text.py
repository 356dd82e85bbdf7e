#!/usr/bin/env python3
"""What stands in no file of ours: paths of one machine, conflict marks, trailing blanks in code."""
import re

from check_common import files, finish, lines

# The paths are put together here so that this file does not find itself.
FORBIDDEN = [
    (re.compile(r"(?<![\w.~-])/(work|root|home/\w+)/"), "a path of one machine"),
    (re.compile(r"\.\./" + "shared"), "a folder that other checkouts do not have; use ESPALIER_DATA"),
    (re.compile(r"^(<{7}|>{7}|={7})( |$)"), "a conflict mark"),
]
CODE = {".h", ".cc", ".py", ".sh", ".cmake", ".toml"}
# Not text, or text of others.
SKIPPED = {".png", ".npy", ".safetensors", ".bin", ".gz", ".xz", ".zip", ".tsv", ".csv", ".jsonl", ".json", ".svg"}


def main():
    problems = []
    checked = [path for path in files() if path.suffix not in SKIPPED]
    for path in checked:
        for number, line in enumerate(lines(path), 1):
            for pattern, meaning in FORBIDDEN:
                if pattern.search(line):
                    problems.append(f"{path}:{number}: {meaning}: {line.strip()[:100]}")
            if path.suffix in CODE and line != line.rstrip():
                problems.append(f"{path}:{number}: blanks at the end of the line")
    finish("text", problems, f"{len(checked)} files are free of machine paths")


if __name__ == "__main__":
    main()
