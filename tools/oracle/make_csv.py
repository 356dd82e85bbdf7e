"""Writes tests/oracle/csv: CSV files that are hard to read, and the rows that Python's csv module finds in them.

python tools/oracle/make_csv.py tests/oracle/csv
"""

import csv
import json
import pathlib
import platform
import random
import sys

CASES = {
    "plain": b"a,b\n1,2\n3,4\n",
    "no_final_newline": b"a,b\n1,2",
    "crlf": b"a,b\r\n1,2\r\n3,4\r\n",
    "old_mac": b"a,b\r1,2\r3,4\r",
    "mixed_ends": b"a,b\r\n1,2\n3,4\r5,6",
    "bom": b"\xef\xbb\xbfa,b\n1,2\n",
    "bom_quoted": b'\xef\xbb\xbf"a","b"\n1,2\n',
    "quotes": b'a,b\n"x, y","say ""hi"""\n"",""\n"""",""""""\n',
    "embedded_lines": b'a,b\n"one\ntwo","three\r\nfour"\n"five\rsix",7\n',
    "quote_inside": b'a,b\nab"c,d""e\n x, "y" \n',
    "empty_cells": b"a,b,c\n,,\n1,,\n,,3\n",
    "spaces": b"a,b\n  1  ,\t2\t\n",
    "tabs_and_semicolons": b"a,b\n1\t2,3;4\n",
    "unicode": "a,b\ngrüße,日本語\n\"👩‍👩‍👧\",\u2028x\u0085y\n".encode(),
    "controls": b"a,b\n\x01\x1c\x1d\x1e,\x0b\x0c\n",
    "one_column": b"a\nx\n\"y,z\"\n",
    "quoted_last_without_newline": b'a,b\n1,"2"',
    "semicolon": b'a;b\n"x;y";1,5\n',
    "tab": b'a\tb\n"x\ty"\t""""\n',
}
SEPARATORS = {"semicolon": ";", "tab": "\t"}


def random_case(seed):
    draw = random.Random(seed)
    alphabet = ["a", "ü", " ", ",", '"', "\n", "\r\n", "\r", "\t", "", "日"]
    columns = draw.randint(2, 4)
    rows = [[f"c{i}" for i in range(columns)]]
    rows += [["".join(draw.choices(alphabet, k=draw.randint(0, 8))) for _ in range(columns)] for _ in range(20)]
    end = draw.choice(["\n", "\r\n"])
    lines = [",".join('"' + c.replace('"', '""') + '"' if set(c) & set(',"\n\r') or draw.random() < 0.3 else c for c in row) for row in rows]
    return end.join(lines).encode()


def main(folder):
    cases = dict(CASES) | {f"random_{seed}": random_case(seed) for seed in range(6)}
    for name, data in cases.items():
        path = folder / f"{name}.csv"
        path.write_bytes(data)
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, delimiter=SEPARATORS.get(name, ","), strict=False))
        sidecar = {
            "code": "csv.reader",
            "versions": {"python": platform.python_version()},
            "command": "python tools/oracle/make_csv.py tests/oracle/csv",
            "separator": SEPARATORS.get(name, ","),
            "rows": rows,
        }
        (folder / f"{name}.json").write_text(json.dumps(sidecar, ensure_ascii=False) + "\n")


main(pathlib.Path(sys.argv[1]))
