"""Writes a few thousand JPEG files and what Pillow makes of each, to hold the decoder to.

    python tools/keras/jpeg_files.py FOLDER [COUNT]
    VKERAS_JPEGS=FOLDER go test ./resnet/pictures -run Thousands

Every kind that Pillow writes (qualities, samplings, progressive, restart intervals, optimised, grey, CMYK, EXIF), whole, cut short,
with bytes changed and with bytes behind the end. N.jpg is the file; N.rgb its pixels as RGB bytes behind a line "WIDTH HEIGHT", or a line
"error TEXT".
"""
import io
import pathlib
import sys

import numpy as np
from PIL import Image, ImageFilter


def picture(rng, width, height):
    """Noise, blurred by chance, so that all of a transform's coefficients occur."""
    image = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    return image.filter(ImageFilter.GaussianBlur(float(rng.choice([0, 0.7, 3]))))


def encoded(rng):
    width, height = (int(v) for v in rng.integers(1, 90, 2))
    image = picture(rng, width, height)
    mode = rng.choice(["RGB"] * 8 + ["L", "CMYK"])
    options = {"quality": int(rng.integers(1, 101)), "progressive": bool(rng.random() < 0.3), "optimize": bool(rng.random() < 0.3)}
    if mode == "RGB":
        options["subsampling"] = int(rng.choice([0, 1, 2]))
    if rng.random() < 0.3:
        options["restart_marker_blocks"] = int(rng.integers(1, 9))
    out = io.BytesIO()
    image.convert(str(mode)).save(out, "JPEG", **options)
    return out.getvalue()


def damaged(rng, data):
    kind = rng.random()
    if kind < 0.7:
        return data
    if kind < 0.8:
        return data[:int(rng.integers(2, len(data)))]
    if kind < 0.85:
        return data + rng.bytes(int(rng.integers(1, 50)))
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        data[int(rng.integers(2, len(data)))] = int(rng.integers(0, 256))
    return bytes(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(int(sys.argv[2]) if len(sys.argv) > 2 else 3000):
        rng = np.random.default_rng(n)
        data = damaged(rng, encoded(rng))
        (folder / f"{n}.jpg").write_bytes(data)
        try:
            rgb = np.asarray(Image.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB"))
            answer = b"%d %d\n" % (rgb.shape[1], rgb.shape[0]) + rgb.tobytes()
        except Exception as e:
            answer = f"error {e}\n".encode()
        (folder / f"{n}.rgb").write_bytes(answer)


main()
