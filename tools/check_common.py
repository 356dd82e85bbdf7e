"""What the checks share: the project's files, C++ without its comments and strings, and how findings are told."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def files(*patterns):
    """The project's files (tracked, or new and not ignored) that match git's patterns, as paths from the root."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
                            cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(pathlib.Path(name) for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def lines(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines()


def without_comment(line):
    """A C++ line without its // comment; strings stay."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|//.*', lambda match: match.group(1) or "", line)


def without_strings(line):
    """A C++ line without comment and without what its strings hold."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', without_comment(line))


def finish(name, problems, summary):
    """Prints the problems and exits 1, or the one-line summary."""
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f"{name}: {len(problems)} problem{'s' * (len(problems) > 1)}")
    print(f"{name}: {summary}")
