"""Where things are: the checkout, the program, the peers' Python, and the folder of all that a duel writes."""

import ctypes.util
import fcntl
import os
import pathlib
import platform
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "bench/out"
WORK = OUT / "work"
PEERS = ROOT / "bench/peers"
PYTHON = ROOT / ".venv-peers/bin/python"
PROGRAM = pathlib.Path(os.environ.get("ESPALIER", ROOT / "build/release/espalier"))


def prepare():
    """The peers' environment; the program has to be there. Gives a file that keeps other duels away while it is open."""
    if not PROGRAM.exists():
        raise SystemExit(f"error: there is no {PROGRAM}\n  try: make build, or ESPALIER=PROGRAM bench/duel …")
    WORK.mkdir(parents=True, exist_ok=True)
    lock = open(WORK / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("error: another duel runs in this checkout") from None
    subprocess.run([ROOT / "scripts/peers_env.sh"], check=True)
    return lock


def model(name):
    """The folder of minilm, bert-base (made here with random weights), or of a path."""
    minilm = ROOT / "demo/all-MiniLM-L6-v2"
    if name in ("minilm", "bert-base") and not (minilm / "config.json").exists():
        raise SystemExit(f"error: there is no {minilm}\n  try: make demo")
    if name == "minilm":
        return minilm
    if name != "bert-base":
        return pathlib.Path(name).resolve()
    folder = WORK / "bert-base"
    if not (folder / "model.safetensors").exists():
        subprocess.run([PYTHON, PEERS / "make_model.py", "--tokenizer", minilm, "--out", folder], check=True)
    return folder


def jemalloc():
    """The shared library, or None."""
    name = ctypes.util.find_library("jemalloc")
    folders = ["/usr/lib", f"/usr/lib/{platform.machine()}-linux-gnu", "/usr/lib64", "/usr/local/lib"]
    return next((path for folder in folders if name and (path := pathlib.Path(folder) / name).exists()), None)
