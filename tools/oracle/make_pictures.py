"""Writes tests/oracle/pictures: small picture files of every kind and what Pillow makes of them, resized pictures, the numbers
that the processors of `transformers` give a model, and pictures changed as augmentations change them.

python tools/oracle/make_pictures.py tests/oracle/pictures
"""

import io
import json
import pathlib
import platform
import struct
import sys
import zlib

import numpy as np
import PIL
import torch
import transformers
from PIL import Image, ImageEnhance, ImageOps
from safetensors.torch import save_file
from transformers.image_utils import load_image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

SEED = 20
FILTERS = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
SIZES = [(5, 9), (29, 3), (13, 30), (20, 17)]
PROCESSORS = {
    "vit": ViTImageProcessorPil(size={"height": 8, "width": 10}),
    "vit_old": ViTImageProcessorPil(size=6, resample=3, do_rescale=False),
    "deit": DeiTImageProcessorPil(size={"height": 12, "width": 12}, crop_size={"height": 7, "width": 9}),
    "clip": CLIPImageProcessorPil(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8}),
    "clip_small": CLIPImageProcessorPil(size={"shortest_edge": 5}, crop_size={"height": 9, "width": 6}),
    "edges": ViTImageProcessorPil(size={"shortest_edge": 6, "longest_edge": 8}, do_normalize=False),
}


def pixels(draw, height, width, channels):
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x * draw.uniform(0, 1) + y * draw.uniform(0, 1) + draw.uniform(0, 6)) for _ in range(channels)]
    out = 127 + 150 * np.stack(waves, -1) + draw.normal(0, 20, (height, width, channels))
    return np.clip(out, 0, 255).astype(np.uint8)


def png_by_hand(samples, color, depth, more=b""):
    """Kinds that Pillow does not write."""
    height, width = samples.shape[:2]
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b"".join(b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def files(draw):
    """Name to bytes."""
    out = {}

    def save(name, image, kind, **more):
        buffer = io.BytesIO()
        image.save(buffer, kind, **more)
        out[name] = buffer.getvalue()

    rgb = Image.fromarray(pixels(draw, 11, 13, 3))
    turned = Image.Exif()
    turned[0x0112] = 6
    save("rgb.png", rgb, "PNG")
    save("grey.png", rgb.convert("L"), "PNG")
    save("bits.png", rgb.convert("1"), "PNG")
    save("palette.png", rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=5), "PNG", transparency=1)
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(pixels(draw, 11, 13, 1)[:, :, 0]))
    save("alpha.png", rgba, "PNG")
    save("grey_alpha.png", rgba.convert("LA"), "PNG")
    save("turned.png", rgb, "PNG", exif=turned)
    out["wide.png"] = png_by_hand(draw.integers(0, 65536, (5, 4, 3), dtype=np.uint16), 2, 16)
    save("rgb.jpg", rgb, "JPEG", quality=90)
    save("grey.jpg", rgb.convert("L"), "JPEG", quality=90)
    save("progressive.jpg", rgb, "JPEG", quality=70, progressive=True)
    save("turned.jpg", rgb, "JPEG", quality=90, exif=turned)
    save("cmyk.jpg", Image.fromarray(pixels(draw, 11, 13, 4), "CMYK"), "JPEG", quality=90)
    save("large.png", Image.fromarray(pixels(draw, 30, 40, 1)[:, :, 0] // 3 + 60), "PNG")
    out["text.ppm"] = b"P3 # text\n2 2\n# maximum\n15\n1 2 3  4 5 6\n7 8 9 15 0 15\n"
    out["text.pgm"] = b"P2 3 1 7\n0 3 7\n"
    out["text.pbm"] = b"P1 5 2\n1 0 1 0 1\n01101"
    out["bytes.ppm"] = b"P6 2 1 255\n" + bytes([1, 2, 3, 250, 251, 252])
    out["wide.ppm"] = b"P6 2 1 1023\n" + np.array([0, 1, 512, 1023, 3, 700], ">u2").tobytes()
    out["bytes.pgm"] = b"P5 4 1 100\n" + bytes([0, 1, 50, 100])
    out["bits.pbm"] = b"P4 11 2\n" + bytes([0b10101010, 0b11100000, 0b00001111, 0b01000000])
    return out


def changed(image):
    """Pillow's own ways to change colours, by the name and the factor."""
    out = {}
    for factor in (0.0, 0.4, 1.0, 1.7):
        out[f"brightness.{factor}"] = ImageEnhance.Brightness(image).enhance(factor)
        out[f"contrast.{factor}"] = ImageEnhance.Contrast(image).enhance(factor)
        out[f"saturation.{factor}"] = ImageEnhance.Color(image).enhance(factor)
        out[f"sharpness.{factor}"] = ImageEnhance.Sharpness(image).enhance(factor)
    for shift in (-0.5, -0.1, 0.25, 0.5):  # as torchvision shifts it
        hue, saturation, value = image.convert("HSV").split()
        hue = np.array(hue) + np.array(shift * 255).astype(np.int32).astype(np.uint8)
        out[f"hue.{shift}"] = Image.merge("HSV", (Image.fromarray(hue.astype(np.uint8)), saturation, value)).convert("RGB")
    for bits in (0, 3, 8):
        out[f"posterize.{bits}"] = ImageOps.posterize(image, bits) if bits else Image.new("RGB", image.size)
    for threshold in (0, 100, 256):
        out[f"solarize.{threshold}"] = ImageOps.solarize(image, threshold)
    out["autocontrast"] = ImageOps.autocontrast(image)
    out["equalize"] = ImageOps.equalize(image)
    return out


def main(folder):
    draw = np.random.default_rng(SEED)
    tensors = {}
    keep = lambda name, array: tensors.update({name: torch.from_numpy(np.ascontiguousarray(array))})
    for name, data in files(draw).items():
        (folder / name).write_bytes(data)
        keep(f"decoded.{name}", np.array(load_image(str(folder / name))))
        if name.startswith("turned"):
            keep(f"lying.{name}", np.array(Image.open(folder / name).convert("RGB")))
    rgb, grey = (Image.open(folder / name) for name in ("rgb.png", "grey.png"))
    for number, name in enumerate(FILTERS):
        for size in SIZES:
            keep(f"resized.{name}.{size[0]}.{size[1]}", np.array(rgb.resize(size, number)))
        keep(f"resized_grey.{name}.6.21", np.array(grey.resize((6, 21), number)))
    for name, processor in PROCESSORS.items():
        processor.save_pretrained(folder)
        config = json.loads((folder / "preprocessor_config.json").read_text())
        if name == "vit_old":  # as files of old have it
            config = config | {"size": 6, "feature_extractor_type": "ViTFeatureExtractor"}
            del config["image_processor_type"]
        (folder / "preprocessor_config.json").unlink()
        (folder / f"{name}.json").write_text(json.dumps(config) + "\n")
        keep(f"processed.{name}", np.asarray(processor(rgb)["pixel_values"][0], np.float32))
    for name, image in changed(rgb).items():
        keep(f"changed.{name}", np.array(image))
    keep("large.equalize", np.array(ImageOps.equalize(Image.open(folder / "large.png"))))
    keep("grey", np.array(rgb.convert("L")))
    save_file(tensors, folder / "pictures.safetensors")
    (folder / "pictures.safetensors").chmod(0o644)
    about = {
        "code": "PIL.Image, PIL.ImageEnhance, PIL.ImageOps; transformers.image_utils.load_image and its image processors (PIL)",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pillow": PIL.__version__,
            "transformers": transformers.__version__,
        },
        "seed": SEED,
        "command": "python tools/oracle/make_pictures.py tests/oracle/pictures",
    }
    (folder / "pictures.json").write_text(json.dumps(about, indent=2) + "\n")


main(pathlib.Path(sys.argv[1]))
