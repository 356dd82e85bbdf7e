"""Holds our pictures against Pillow and the processors of `transformers`: decoded files, resized pictures, what a model reads,
changes of colour.

  python tools/parity/pictures_parity.py build/release/tests/parity_pictures [SEED]

Pixels of PNG and PNM files, resized pictures and processed ones must be equal bit for bit; of JPEG files within one level, since
Pillow brings its own libjpeg-turbo. Damaged files must be refused where Pillow refuses them.
"""

import io
import json
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from transformers.image_utils import load_image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

warnings.filterwarnings("ignore")
DRAW = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
WORK = tempfile.TemporaryDirectory()
FOLDER = Path(WORK.name)


class Ours:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, *words):
        """An array, or None and the message of an error."""
        self.process.stdin.write(("\t".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()
        head = self.process.stdout.readline().decode()
        if not head.startswith("ok"):
            assert head.startswith("error "), f"{words}: {head!r}"
            return None, head[6:].strip()
        shape = [int(n) for n in head.split()[1:]]
        kind = np.float32 if len(shape) == 1 else np.uint8
        data = self.process.stdout.read(int(np.prod(shape)) * np.dtype(kind).itemsize)
        return np.frombuffer(data, kind).reshape(shape), ""


OURS = Ours(sys.argv[1])


def random_pixels(width, height, channels):
    """Smooth shapes with noise and hard edges, so that resampling overshoots."""
    draw = np.random.default_rng(DRAW.randrange(1 << 30))
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x * draw.uniform(0, 1) + y * draw.uniform(0, 1) + draw.uniform(0, 6)) for _ in range(channels)]
    pixels = 127 + 120 * np.stack(waves, -1) + draw.normal(0, draw.choice([0, 5, 60]), (height, width, channels))
    pixels[draw.random((height, width)) < 0.02] = draw.choice([0, 255])
    return np.clip(pixels, 0, 255).astype(np.uint8)


def random_side():
    return DRAW.choice([1, 2, 3, 7, 16, 31, 64, 100, 224, 257, DRAW.randint(1, 400)])


def random_file(name, size=None):
    """A file of any kind and the name of its kind."""
    width, height = size or (random_side(), random_side())
    exif = Image.Exif()
    if DRAW.random() < 0.3:
        exif[0x0112] = DRAW.randint(1, 8)
    mode = DRAW.choice(["L", "RGB", "RGB", "RGBA", "LA", "P", "1", "CMYK", "RGB16", "LA16", "RGBA16", "PNM", "PNMtext"])
    path = FOLDER / f"{name}.bin"  # the content decides, not the name
    rgb = random_pixels(width, height, 3)
    image = Image.fromarray(rgb)
    buffer = io.BytesIO()
    if mode.endswith("16"):
        channels = {"RGB16": 3, "LA16": 2, "RGBA16": 4}[mode]
        wide = np.random.default_rng(DRAW.randrange(1 << 30)).integers(0, 65536, (height, width, channels), dtype=np.uint16)
        buffer.write(png_of_16_bits(wide))
    elif mode.startswith("PNM"):
        buffer.write(pnm(width, height, mode == "PNMtext"))
    elif mode == "CMYK" or (mode in ("L", "RGB") and DRAW.random() < 0.5):
        if mode == "CMYK":
            image = Image.fromarray(random_pixels(width, height, 4), "CMYK")
        else:
            image = image.convert(mode)
        more = {} if mode == "L" else {"subsampling": DRAW.randint(0, 2)}
        image.save(buffer, "JPEG", quality=DRAW.randint(10, 100), progressive=DRAW.random() < 0.3, exif=exif, **more)
        return put(path, buffer), f"JPEG {mode}"
    else:
        image = image.convert(mode, colors=DRAW.choice([2, 16, 256])) if mode == "P" else image.convert(mode)
        if mode in ("RGBA", "LA"):
            image.putalpha(Image.fromarray(random_pixels(width, height, 1)[:, :, 0]))
        more = {"transparency": 1} if mode == "P" and DRAW.random() < 0.5 else {}
        image.save(buffer, "PNG", exif=exif, **more)
    return put(path, buffer), mode


def put(path, buffer):
    path.write_bytes(buffer.getvalue())
    return path


def png_of_16_bits(pixels):
    """Pillow writes no 16-bit colours: the chunks by hand."""
    import struct
    import zlib

    height, width, channels = pixels.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pnm(width, height, text):
    kind = DRAW.choice([1, 2, 3])
    highest = 1 if kind == 1 else DRAW.choice([1, 7, 100, 255] + ([1023, 65535] if kind == 3 else []))
    count = width * height * (3 if kind == 3 else 1)
    samples = [DRAW.randint(0, highest) for _ in range(count)]
    head = f"P{kind if text else kind + 3}\n# made here\n{width} {height}\n" + (f"{highest}\n" if kind > 1 else "")
    if text:
        return (head + " ".join(map(str, samples)) + "\n").encode()
    if kind == 1:
        return head.encode() + np.packbits(np.array(samples, bool).reshape(height, width), axis=1).tobytes()
    return head.encode() + np.array(samples, ">u2" if highest > 255 else "u1").tobytes()


def wide(ours):
    return np.repeat(ours, 3, axis=2) if ours.shape[2] == 1 else ours


def decoded(cases):
    most, kinds = 0, {}
    for i in range(cases):
        path, kind = random_file(f"decode{i % 10}")
        upright = DRAW.random() < 0.7
        theirs = np.array(load_image(str(path)) if upright else Image.open(path).convert("RGB"))
        ours, message = OURS("decode", path, "upright" if upright else "as it lies")
        assert ours is not None, f"{kind}: {message}"
        assert wide(ours).shape == theirs.shape, f"{kind}: {ours.shape}, expected {theirs.shape}"
        difference = int(np.abs(wide(ours).astype(int) - theirs).max())
        assert difference <= (1 if kind.startswith("JPEG") else 0), f"{kind} {theirs.shape}: differs by {difference}"
        most = max(most, difference)
        kinds[kind] = kinds.get(kind, 0) + 1
    print(f"decoded: {cases} files of {len(kinds)} kinds, differing by {most} at most (JPEG)")


def damaged(cases):
    """Cut off anywhere: both refuse."""
    refused = 0
    for i in range(cases):
        path, kind = random_file("whole", (DRAW.randint(8, 64), DRAW.randint(8, 64)))
        data = path.read_bytes()
        cut = DRAW.randint(1, len(data) - (13 if kind.startswith("PNM") else 16))
        path.write_bytes(data[:cut])
        ours, message = OURS("decode", path, "upright")
        assert ours is None or kind == "PNMtext", f"{kind} of {len(data)} bytes, cut to {cut}, was read"
        assert ours is not None or str(path) in message, message
        refused += ours is None
    print(f"damaged: {refused} of {cases} refused")


def resampled(cases):
    for i in range(cases):
        channels = DRAW.choice([1, 3])
        pixels = random_pixels(random_side(), random_side(), channels)
        image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
        path = FOLDER / "resize.png"
        image.save(path)
        width, height, kind = random_side(), random_side(), DRAW.randint(0, 5)
        if DRAW.random() < 0.1:
            width = image.width
        theirs = np.array(image.resize((width, height), kind)).reshape(height, width, channels)
        ours, message = OURS("resize", path, width, height, kind)
        assert ours is not None, message
        assert np.array_equal(ours, theirs), (
            f"{image.size} to {(width, height)} by {kind}: differs by {np.abs(ours.astype(int) - theirs).max()}"
        )
    print(f"resized: {cases} pictures, all bits equal")


def random_processor():
    size = lambda: DRAW.choice([16, 31, 32, 48, 97])
    fields = {}
    kind = DRAW.choice([ViTImageProcessorPil, DeiTImageProcessorPil, CLIPImageProcessorPil])
    form = DRAW.choice(["default", "number", "sides", "shortest", "edges", "most"])
    fields["size"] = {
        "default": None,
        "number": size(),
        "sides": {"height": size(), "width": size()},
        "shortest": {"shortest_edge": size()},
        "edges": {"shortest_edge": size(), "longest_edge": size() + 70},
        "most": {"max_height": size(), "max_width": size()},
    }[form]
    if DRAW.random() < 0.6:
        fields["do_center_crop"] = DRAW.random() < 0.6
        fields["crop_size"] = DRAW.choice([size(), {"height": size(), "width": size()}])
    if DRAW.random() < 0.5:
        fields["resample"] = DRAW.randint(0, 5)
    if DRAW.random() < 0.4:
        fields["image_mean"] = [DRAW.random() for _ in range(3)]
        fields["image_std"] = [DRAW.uniform(0.1, 1) for _ in range(3)]
    for name in ("do_resize", "do_rescale", "do_normalize"):
        if DRAW.random() < 0.15:
            fields[name] = False
    if DRAW.random() < 0.2:
        fields["rescale_factor"] = DRAW.choice([1 / 127.5, 1 / 256])
    return kind(**{name: value for name, value in fields.items() if value is not None}), fields


def processed(cases):
    most = 0.0
    for i in range(cases):
        processor, fields = random_processor()
        folder = FOLDER / "processor"
        processor.save_pretrained(folder)
        if DRAW.random() < 0.3:  # as a user writes it, and old files have it
            file = folder / "preprocessor_config.json"
            config = json.loads(file.read_text())
            config.update({name: value for name, value in fields.items() if value is not None})
            file.write_text(json.dumps(config))
        path, kind = random_file("process", (DRAW.randint(8, 150), DRAW.randint(8, 150)))
        if kind.startswith("JPEG"):  # Pillow's own libjpeg-turbo may differ by one level
            Image.open(path).convert("RGB").save(path, "PNG")
        image = load_image(str(path))
        image.info = {}  # else CLIP's would make one colour of an opaque picture white, if its palette had a transparent one
        theirs = np.asarray(processor(image)["pixel_values"][0], np.float32)
        ours, message = OURS("process", folder, path)
        assert ours is not None, f"{fields}: {message}"
        assert ours.size == theirs.size, f"{fields}: {ours.size} numbers, expected {theirs.shape}"
        difference = float(np.abs(ours - theirs.reshape(-1)).max())
        assert difference <= 1e-6, f"{fields}: differs by {difference}"
        most = max(most, difference)
    print(f"processed: {cases} pictures, differing by {most:.1e} at most")


def hue_shifted(image, shift):
    """torchvision's adjust_hue for Pillow pictures."""
    hue, saturation, value = image.convert("HSV").split()
    hue = Image.fromarray(np.array(hue) + np.array(shift * 255).astype(np.int32).astype(np.uint8))
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


CHANGES = {
    "brightness": lambda image, amount: ImageEnhance.Brightness(image).enhance(amount),
    "contrast": lambda image, amount: ImageEnhance.Contrast(image).enhance(amount),
    "saturation": lambda image, amount: ImageEnhance.Color(image).enhance(amount),
    "sharpness": lambda image, amount: ImageEnhance.Sharpness(image).enhance(amount),
    "hue": hue_shifted,
    "posterize": lambda image, amount: ImageOps.posterize(image, amount),
    "solarize": lambda image, amount: ImageOps.solarize(image, amount),
    "autocontrast": lambda image, _: ImageOps.autocontrast(image),
    "equalize": lambda image, _: ImageOps.equalize(image),
}


def changed(cases):
    for i in range(cases):
        name = DRAW.choice(list(CHANGES))
        kind = DRAW.choice(["waves", "every colour"])
        pixels = random_pixels(DRAW.randint(1, 80), DRAW.randint(1, 80), 3)
        if kind == "every colour":
            pixels = np.random.default_rng(DRAW.randrange(1 << 30)).integers(0, 256, (100, 100, 3), dtype=np.uint8)
        image = Image.fromarray(pixels)
        path = FOLDER / "change.png"
        image.save(path)
        amount = {"hue": DRAW.uniform(-0.5, 0.5), "posterize": DRAW.randint(1, 8), "solarize": DRAW.randint(0, 256)}.get(
            name, DRAW.choice([0, 1, DRAW.uniform(0, 3)])
        )
        theirs = np.array(CHANGES[name](image, amount))
        ours, message = OURS("change", path, name, repr(amount))
        assert ours is not None, message
        different = int((ours != theirs).sum())
        assert different == 0, f"{name} by {amount} of {kind}: {different} samples differ"
    print(f"changed: {cases} pictures, all bits equal")


decoded(600)
damaged(300)
resampled(600)
processed(400)
changed(500)
print("600 files, 300 damaged, 600 resized, 400 processed, 500 changed")
