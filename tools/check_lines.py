#!/usr/bin/env python3
"""Short files: none above 500 lines unless docs/exceptions.md names it; the median of espalier/ is at most 120."""
import statistics

from check_common import ROOT, files, finish, lines

LONGEST = 500
MEDIAN = 120
OURS = ("*.h", "*.cc", "*.py", "*.sh", "*.cmake", "*.toml", "*.md", "Makefile", "CMakeLists.txt", ".ci/run")


def main():
    length = {path: len(lines(path)) for path in files(*OURS)}
    excused = (ROOT / "docs/exceptions.md").read_text(encoding="utf-8")
    problems = [f"{path}: {count} lines; split it, or give the reason in docs/exceptions.md"
                for path, count in sorted(length.items(), key=lambda item: -item[1])
                if count > LONGEST and f"`{path}`" not in excused]
    library = sorted(count for path, count in length.items() if path.parts[0] == "espalier" and path.suffix in (".h", ".cc"))
    median = statistics.median(library) if library else 0
    if median > MEDIAN:
        problems.append(f"espalier/: the median file has {median:g} lines; expected at most {MEDIAN}")
    finish("lines", problems, f"{len(length)} files, {sum(length.values()):,} lines; espalier/: {len(library)} files, "
                              f"median {median:g} lines, longest {library[-1] if library else 0}")


if __name__ == "__main__":
    main()
