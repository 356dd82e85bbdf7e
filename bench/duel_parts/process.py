"""Runs a program and tells what it took, seen from outside: seconds, peak memory, and when something first happened."""

import os
import subprocess
import sys
import time

POLL = 0.002  # seconds between two looks while something is awaited


class Failed(Exception):
    """A program that ended badly; the text is the end of what it said."""


class Ran:
    def __init__(self, start, seconds, first, peak, out):
        self.start, self.seconds, self.first, self.peak, self.out = start, seconds, first, peak, out


def slug(name):
    """A file's name: what a configuration said last is kept."""
    return name.replace(" ", "-")


def run(command, folder, name, environment=None, happened=None):
    """`start` is on the monotonic clock; `first`: seconds until happened() was true; `peak`: bytes, as wait4 tells."""
    folder.mkdir(parents=True, exist_ok=True)
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    with open(out, "wb") as out_file, open(err, "wb") as err_file:
        start = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdout=out_file, stderr=err_file, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **(environment or {})})
        first, ended = None, 0
        try:
            while happened and first is None and not ended:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                if happened():
                    first = time.monotonic() - start
                elif not ended:
                    time.sleep(POLL)
            if not ended:
                _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = (err.read_text(errors="replace").strip() or out.read_text(errors="replace")).strip().split("\n")
        told = [line for line in said if line.startswith("espalier: ")] or said[-1:]
        raise Failed(f"exit code {process.returncode}: {told[0][:300]} (see {err})")
    return Ran(start, seconds, first, usage.ru_maxrss * 1024, out.read_text(errors="replace"))


def say(text):
    print(text, file=sys.stderr, flush=True)


def attempt(name, what, round_, failed):
    """what(), or None where it failed: told, and kept in `failed` under the name."""
    try:
        return what()
    except Failed as problem:
        failed[name] = str(problem)
        say(f"round {round_}: {name}: failed: {problem}")
        return None


def self_check(folder):
    ran = run(["sh", "-c", "echo yes"], folder, "self-check", happened=lambda: (folder / "self-check.out").read_text() == "yes\n")
    assert ran.out == "yes\n" and 0 < ran.first <= ran.seconds and ran.peak > 0
    try:
        run(["sh", "-c", "echo why >&2; exit 3"], folder, "self-check")
    except Failed as problem:
        assert "exit code 3: why" in str(problem)
    else:
        raise AssertionError("an exit code of 3 is a failure")
