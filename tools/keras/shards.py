"""Writes testdata/shards: .npy files of pictures as NumPy writes them, good and bad, and the same pixels as PNG files.

    python tools/keras/shards.py

    pixels.npy          uint8, (5, 48, 40, 3): demo pictures, decoded and resized by Pillow
    0.png ... 4.png     the same pixels
    input.npy           float32, (2, 64, 64, 3): demo pictures / 255, the demo model's input
    double.npy, ...     what is refused; the names say why
"""
import pathlib

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "testdata/demo/pictures"
OUT = ROOT / "testdata/shards"


def main():
    OUT.mkdir(exist_ok=True)
    names = ["one_1.png", "two_1.png", "three_1.png", "four_1.png", "five_1.png"]
    small = [Image.open(DEMO / n).convert("RGB").resize((40, 48), Image.Resampling.BOX) for n in names]
    for i, picture in enumerate(small):
        picture.save(OUT / f"{i}.png", optimize=True)
    pixels = np.stack([np.asarray(p) for p in small])
    np.save(OUT / "pixels.npy", pixels)
    np.save(OUT / "input.npy", np.stack([np.asarray(Image.open(DEMO / n), np.float32) / 255 for n in names[:2]]))
    few = pixels[:1, :4, :4]
    np.save(OUT / "double.npy", few.astype(np.float64))
    np.save(OUT / "int64.npy", few.astype(np.int64))
    np.save(OUT / "big_endian.npy", few.astype(">f4"))
    np.save(OUT / "fortran.npy", np.asfortranarray(few))
    np.save(OUT / "one_picture.npy", few[0])
    np.save(OUT / "channels_first.npy", np.ascontiguousarray(few.transpose(0, 3, 1, 2)))
    np.save(OUT / "grey.npy", np.ascontiguousarray(few[..., :1]))
    np.save(OUT / "none.npy", few[:0])
    np.save(OUT / "small_input.npy", few.astype(np.float32))


main()
