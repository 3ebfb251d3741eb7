"""Writes resnet/pictures/testdata/grey.zip: pictures that Keras makes grey, and what it makes of them.

    python tools/keras/grey_pictures.py [OUT.zip]

Entries (arrays as .npy):
    files/NAME             a picture file
    grey/NAME/FILTER       keras.utils.load_img(f, color_mode="grayscale", target_size=(9, 12), interpolation=FILTER), float32 (9, 12, 1)
"""
import io
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sources():
    rng = np.random.default_rng(5)
    colours = Image.fromarray(rng.integers(0, 256, (23, 31, 3), np.uint8))
    yield "colours.png", colours
    yield "alpha.png", Image.fromarray(rng.integers(0, 256, (23, 31, 4), np.uint8))
    yield "palette.png", colours.quantize(40)
    yield "grey.png", colours.convert("L")
    yield "same_size.png", colours.resize((12, 9))
    yield "colours.jpg", colours.resize((48, 32))
    yield "grey.jpg", colours.resize((48, 32)).convert("L")


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resnet/pictures/testdata/grey.zip"
    archive = zipfile.ZipFile(out, "w")

    def add(name, data):
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data, compresslevel=9)

    with tempfile.TemporaryDirectory() as folder:
        for name, image in sources():
            path = pathlib.Path(folder) / name
            image.save(path, **({"quality": 95, "subsampling": 0} if path.suffix == ".jpg" else {}))
            add(f"files/{name}", path.read_bytes())
            for filter in ("nearest", "bilinear", "lanczos"):
                loaded = keras.utils.load_img(path, color_mode="grayscale", target_size=(9, 12), interpolation=filter)
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, keras.utils.img_to_array(loaded).astype(np.float32), version=(1, 0))
                add(f"grey/{name}/{filter}.npy", buffer.getvalue())
    archive.close()
    print(f"{out}: {out.stat().st_size} bytes, keras {keras.__version__}")


if __name__ == "__main__":
    main()
