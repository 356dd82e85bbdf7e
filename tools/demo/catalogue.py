#!/usr/bin/env python3
"""The demo's data: predict a Debian package's section from its one-line description.

Reads `apt-cache dumpavail` (or a file of the same form) and writes train.tsv, dev.tsv and test.tsv with the columns
text, section, package. One package a source package is kept, so siblings such as foo, foo-data and foo-doc never stand
on two sides of a split. Sections with fewer than 50 packages are dropped. The same catalogue and seed give the same files.
"""
import argparse
import collections
import os
import random
import subprocess
import sys

SIZES = {"train": 12000, "dev": 3000, "test": 3000}
SMALLEST_SECTION = 50


def fail(message):
    print(f"error: {message}", file=sys.stderr)
    print("  try: apt-get update, which downloads the package catalogue", file=sys.stderr)
    print("  try: any table of your own instead: make demo DATA=file.tsv TEXT=column LABEL=column", file=sys.stderr)
    sys.exit(1)


def dump():
    """The catalogue's lines, from apt."""
    try:
        with subprocess.Popen(["apt-cache", "dumpavail"], stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as apt:
            yield from apt.stdout
    except FileNotFoundError:
        fail("there is no apt-cache on this machine; the demo's data is the package catalogue of Debian or Ubuntu")


def stanzas(lines):
    """One dictionary a package; continuation lines are not needed and skipped."""
    fields = {}
    for line in lines:
        if line == "\n":
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            name, _, value = line.rstrip("\n").partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def read(lines):
    """{source: {package: (text, section)}}; `Source: foo (1.2)` names its version, `Section: contrib/games` its area."""
    sources = collections.defaultdict(dict)
    for fields in stanzas(lines):
        text = fields.get("Description") or fields.get("Description-en")
        if text and fields.get("Section"):
            source = fields.get("Source", fields["Package"]).split(" ")[0]
            section = fields["Section"].rpartition("/")[2]
            sources[source].setdefault(fields["Package"], (" ".join(text.split()), section))
    return sources


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="file", help="a file as `apt-cache dumpavail` prints it, instead of this machine's")
    parser.add_argument("--out", default="demo/data", help="the folder to write (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    sources = read(open(arguments.file, encoding="utf-8", errors="replace") if arguments.file else dump())
    packages = sum(len(members) for members in sources.values())
    if not packages:
        fail("the package catalogue is empty: `apt-cache dumpavail` printed no package")
    print(f"catalogue: {packages:,} packages of {len(sources):,} sources")

    chance = random.Random(arguments.seed)
    rows = []
    for source in sorted(sources):
        package = chance.choice(sorted(sources[source]))
        rows.append((*sources[source][package], package))
    count = collections.Counter(section for _, section, _ in rows)
    small = sorted(section for section in count if count[section] < SMALLEST_SECTION)
    kept = [row for row in rows if row[1] not in small]
    print(f"one package a source: {len(rows):,}; dropped {len(rows) - len(kept)} packages of {len(small)} sections with fewer "
          f"than {SMALLEST_SECTION}: {', '.join(small) or 'none'}")

    wanted = sum(SIZES.values())
    if len(kept) < wanted / 10:
        fail(f"the package catalogue holds only {len(kept):,} usable packages; expected {wanted:,}, at least {wanted // 10:,}")
    share = min(1.0, len(kept) / wanted)
    if share < 1:
        print(f"the catalogue is small: every split has {share:.0%} of its usual size")
    chance.shuffle(kept)
    os.makedirs(arguments.out, exist_ok=True)
    start = 0
    for name, size in SIZES.items():
        part = kept[start:start + int(size * share)]
        start += len(part)
        path = os.path.join(arguments.out, f"{name}.tsv")
        with open(path + ".partial", "w", encoding="utf-8") as file:
            file.write("text\tsection\tpackage\n")
            file.writelines("\t".join(row) + "\n" for row in part)
        os.replace(path + ".partial", path)
        (section, most), = collections.Counter(section for _, section, _ in part).most_common(1)
        print(f"{path}: {len(part):,} rows, {len({row[1] for row in part})} sections; "
              f"the largest, {section}, is {most / len(part):.1%}")


if __name__ == "__main__":
    main()
