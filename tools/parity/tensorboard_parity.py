"""Has the real TensorBoard read event files of ours: every number, and no step of a killed run twice.

  python tools/parity/tensorboard_parity.py [build/release/tests/parity_tensorboard]
"""

import argparse
import pathlib
import struct
import subprocess
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def fp32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def expected():
    """Steps 1-100 of the first start, 101-160 of the second, whose numbers are a quarter larger."""
    scalars = {"train/loss": [], "train/learning_rate": [], "dev/accuracy": []}
    for step in range(1, 161):
        shift = 0 if step <= 100 else 0.25
        time = 1.7e9 + step / 8 + shift
        scalars["train/loss"].append((time, step, fp32(1 / step + shift)))
        scalars["train/learning_rate"].append((time, step, fp32(2.0**-step)))
        if step % 25 == 0:
            scalars["dev/accuracy"].append((time, step, fp32(0.5 + step / 1000 + shift)))
    return scalars


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver", nargs="?", default="build/release/tests/parity_tensorboard")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.driver, folder], check=True)
        files = sorted(path.name for path in pathlib.Path(folder).iterdir())
        assert len(files) == 2, files
        read = EventAccumulator(folder, size_guidance={"scalars": 0}).Reload()
        assert read.file_version == 2.0, read.file_version
        found = {}
        for tag in read.Tags()["scalars"]:
            found[tag] = [(event.wall_time, event.step, event.value) for event in read.Scalars(tag)]
    wanted = expected()
    assert sorted(found) == sorted(wanted), sorted(found)
    for tag, events in wanted.items():
        assert found[tag] == events, (tag, [pair for pair in zip(found[tag], events) if pair[0] != pair[1]][:3])
    print(f"TensorBoard reads {sum(map(len, wanted.values()))} numbers of {len(wanted)} curves over two starts, bit for bit")


if __name__ == "__main__":
    main()
