"""Writes resnet/pictures/testdata/corpus.zip: picture files of every kind, and what Keras, Pillow and TensorFlow make of them.

    python tools/keras/pictures_corpus.py [OUT.zip]

Entries (arrays as .npy):
    about.json                       the versions that wrote it
    files/NAME                       a picture file
    refused/NAME                     a file that Pillow refuses
    decoded/NAME                     PIL.Image.open(f).convert("RGB"), uint8 HWC
    turned/NAME                      the same after PIL.ImageOps.exif_transpose
    resized/NAME/FILTER/WxH          keras.utils.load_img(f, target_size=(H, W), interpolation=FILTER)
    demo/NAME/FILTER/WxH             the same for testdata/demo/pictures
    tf/NAME/FILTER/WxH               tf.image.resize, float32
    draft/NAME/WxH                   im.draft("RGB", (W, H)) before convert("RGB")
    presets/input, presets/NAME      float32 pixels, and preprocess_input of them

The same seeds give the same bytes as long as the libraries stay the same.
"""
import io
import json
import os
import pathlib
import struct
import sys
import zipfile
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import keras
import numpy as np
import PIL
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFilter, ImageOps

import picture_files

ROOT = pathlib.Path(__file__).resolve().parents[2]
PILLOW_FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


# Sources

def noise(width, height, seed=1):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def gradient(width, height):
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    rgb = np.stack([255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 127 + 127 * np.sin((x + y) / 7)], -1)
    return Image.fromarray(rgb.astype(np.uint8))


def photo(width, height, seed=7):
    """Lit round things before a soft background, with sensor noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    rgb = np.stack([90 + 60 * y / height, 120 + 40 * x / width, 150 - 50 * y / height], -1)
    for _ in range(7):
        cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(3, width / 4 + 4)
        light = np.clip(1 - ((x - cx + r / 3) ** 2 + (y - cy + r / 3) ** 2) / (2 * r * r), 0.1, 1)
        inside = ((x - cx) ** 2 + (y - cy) ** 2 < r * r)[..., None]
        rgb = np.where(inside, rng.uniform(40, 255, 3) * light[..., None], rgb)
    image = Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))
    return Image.fromarray(np.clip(np.asarray(image) + rng.normal(0, 4, (height, width, 3)), 0, 255).astype(np.uint8))


def text(width, height):
    image = Image.new("RGB", (width, height), (250, 248, 200))
    draw = ImageDraw.Draw(image)
    for row, word in enumerate(("Keras", "ResNet", "50")):
        draw.text((2, 12 * row), word, fill=((200, 0, 0), (0, 0, 220), (0, 90, 0))[row])
    return image


def with_alpha(image):
    """Alpha from 0 to 255, so that a decoder that blends or premultiplies shows."""
    alpha = Image.fromarray(np.random.default_rng(3).integers(0, 256, (image.height, image.width), np.uint8))
    out = image.convert("RGBA")
    out.putalpha(alpha)
    return out


def encoded(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


# JPEG

def segments(jpeg):
    """Yields marker, start and end of each segment up to the scan."""
    at = 2
    while True:
        marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        yield marker, at, at + 2 + length
        if marker == 0xDA:
            return
        at += 2 + length


def edited(jpeg, size=None, sampling=None, ids=None, drop=(), insert=b""):
    """Rewrites a JPEG's headers: picture size, sampling factors, identifiers, segments left out or put in."""
    out = jpeg[:2] + insert
    end = 2
    for marker, start, end in segments(jpeg):
        body = bytearray(jpeg[start:end])
        if marker in (0xC0, 0xC2):
            if size:
                body[5:9] = struct.pack(">HH", size[1], size[0])
            for i, factors in enumerate(sampling or ()):
                body[11 + 3 * i] = factors
            for i, name in enumerate(ids or ()):
                body[10 + 3 * i] = name
        if marker == 0xDA:
            for i, name in enumerate(ids or ()):
                body[5 + 2 * i] = name
        if marker not in drop:
            out += bytes(body)
    return out + jpeg[end:]


def adobe(transform):
    return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])


def low_contrast(width, height, mode):
    """Blocks of mean 128: their order can change without sending the DC sums out of range."""
    bands = len(mode)
    data = np.random.default_rng(11).integers(-40, 40, (height // 8, 8, width // 8, 8, bands))
    data = data - data.mean(axis=(1, 3), keepdims=True) + 128
    return Image.fromarray(data.reshape(height, width, bands).round().astype(np.uint8), mode)


def jpeg_files():
    sources = {"photo": photo(61, 47), "noise": noise(33, 29), "text": text(64, 40), "gradient": gradient(50, 35)}
    for name, image in sources.items():
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            short = sampling.replace(":", "")
            yield f"{name}_{short}.jpg", encoded(image, "JPEG", quality=80, subsampling=sampling)
            yield f"{name}_{short}_progressive.jpg", encoded(image, "JPEG", quality=92, subsampling=sampling, progressive=True)
        # A 4:2:2 scan is a 4:4:0 scan of other dimensions, 4:2:0 one of 4:1:1.
        wide, square = encoded(image.resize((64, 32)), "JPEG", subsampling="4:2:2"), encoded(image.resize((64, 32)), "JPEG", subsampling="4:2:0")
        yield f"{name}_440.jpg", edited(wide, (29, 61), (0x12, 0x11, 0x11))
        yield f"{name}_411.jpg", edited(square, (125, 13), (0x41, 0x11, 0x11))
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (4, 5), (5, 4), (6, 6), (7, 17), (17, 7)):
        for sampling in ("4:2:2", "4:2:0"):
            yield f"tiny_{width}x{height}_{sampling.replace(':', '')}.jpg", encoded(noise(width, height), "JPEG", quality=95, subsampling=sampling)
    small = photo(40, 30)
    yield "grey.jpg", encoded(small.convert("L"), "JPEG")
    yield "grey_progressive.jpg", encoded(small.convert("L"), "JPEG", progressive=True)
    yield "restart.jpg", encoded(small, "JPEG", restart_marker_blocks=2)
    rgb = encoded(small, "JPEG", keep_rgb=True)
    yield "rgb_adobe.jpg", rgb
    yield "rgb_by_name.jpg", edited(rgb, ids=b"RGB", drop=(0xEE,))
    yield "rgb_420.jpg", edited(encoded(small, "JPEG", subsampling="4:2:0"), drop=(0xE0,), insert=adobe(0))
    yield "ycc_adobe.jpg", edited(encoded(small, "JPEG"), drop=(0xE0,), insert=adobe(1))
    yield "ycc_unmarked.jpg", edited(encoded(small, "JPEG"), drop=(0xE0,))
    cmyk = encoded(small.convert("CMYK"), "JPEG")
    yield "cmyk.jpg", cmyk
    yield "cmyk_unmarked.jpg", edited(cmyk, drop=(0xEE,))
    yield "ycck.jpg", edited(cmyk, drop=(0xEE,), insert=adobe(2))
    # 80 blocks in MCUs of 4 become MCUs of 10; all components share their tables.
    flat = encoded(low_contrast(40, 32, "CMYK"), "JPEG", quality=90)
    yield "cmyk_420.jpg", edited(flat, (61, 29), (0x22, 0x11, 0x11, 0x22))
    yield "ycck_420.jpg", edited(flat, (61, 29), (0x22, 0x11, 0x11, 0x22), drop=(0xEE,), insert=adobe(2))
    flat = encoded(low_contrast(40, 32, "RGB"), "JPEG", quality=90, keep_rgb=True)
    yield "ycc_410.jpg", edited(flat, (93, 29), (0x42, 0x11, 0x11), drop=(0xEE,), ids=b"\x01\x02\x03")


# PNG: Pillow does not write 16-bit colour, odd depths or Adam7

def png(samples, depth, colour, palette=b"", transparency=b"", interlaced=False):
    """Writes samples (height, width, channels) as a PNG, each row unfiltered."""
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    def rows(part):
        if not part.size:
            return b""
        if depth == 16:
            return b"".join(b"\0" + row.astype(">u2").tobytes() for row in part)
        if depth == 8:
            return b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in part)
        bits = (part[..., 0, None] >> np.arange(depth - 1, -1, -1)) & 1
        return b"".join(b"\0" + np.packbits(row.reshape(-1).astype(np.uint8)).tobytes() for row in bits)

    adam7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    passes = adam7 if interlaced else ((0, 0, 1, 1),)
    body = b"".join(rows(samples[y::dy, x::dx]) for x, y, dx, dy in passes)
    height, width = samples.shape[:2]
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
            + (chunk(b"PLTE", palette) if palette else b"") + (chunk(b"tRNS", transparency) if transparency else b"")
            + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b""))


def png_files():
    small = photo(37, 23)
    rng = np.random.default_rng(5)
    yield "photo.png", encoded(photo(61, 47), "PNG")
    yield "noise.png", encoded(noise(33, 29), "PNG")
    for mode in ("1", "L", "LA", "P", "RGB"):
        yield f"mode_{mode}.png", encoded(small.convert(mode), "PNG")
    yield "mode_RGBA.png", encoded(with_alpha(small), "PNG")
    palette = small.quantize(32)
    yield "palette_one_clear.png", encoded(palette, "PNG", transparency=3)
    yield "palette_alphas.png", encoded(palette, "PNG", transparency=bytes(range(0, 256, 8)))
    yield "rgb_one_clear.png", encoded(small, "PNG", transparency=small.getpixel((5, 5)))
    yield "grey_one_clear.png", encoded(small.convert("L"), "PNG", transparency=small.convert("L").getpixel((5, 5)))
    for depth in (1, 2, 4, 8):
        samples = rng.integers(0, 1 << depth, (11, 19, 1))
        yield f"grey_{depth}bit.png", png(samples, depth, 0)
        yield f"palette_{depth}bit.png", png(samples, depth, 3, palette=rng.bytes(3 << depth))
    yield "palette_too_short.png", png(rng.integers(0, 16, (11, 19, 1)), 4, 3, palette=rng.bytes(3 * 5))
    for channels, colour, name in ((1, 0, "grey"), (2, 4, "grey_alpha"), (3, 2, "rgb"), (4, 6, "rgba")):
        deep = rng.integers(0, 1 << 16, (13, 17, channels))
        deep[::3] >>= 8
        yield f"{name}_16bit.png", png(deep, 16, colour)
        yield f"{name}_16bit_interlaced.png", png(deep, 16, colour, interlaced=True)
    deep = rng.integers(0, 400, (13, 17, 1))
    yield "grey_16bit_one_clear.png", png(deep, 16, 0, transparency=struct.pack(">H", int(deep[4, 4, 0])))
    yield "rgb_interlaced.png", png(np.asarray(small), 8, 2, interlaced=True)
    frames = [photo(31, 21, seed) for seed in (1, 2, 3)]
    yield "animated.png", encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    for width, height in ((1, 1), (1, 40), (40, 1), (2, 2)):
        yield f"size_{width}x{height}.png", encoded(noise(width, height), "PNG")


# GIF, BMP, TIFF, WebP

def gif_files():
    small = photo(31, 21)
    palette = small.quantize(64)
    plain = encoded(palette, "GIF", interlace=0, optimize=False)
    yield "plain.gif", plain
    yield "interlaced.gif", encoded(palette, "GIF", interlace=1)
    yield "grey.gif", encoded(small.convert("L"), "GIF")
    yield "one_clear.gif", encoded(palette, "GIF", transparency=palette.getpixel((4, 4)))
    frames = [photo(31, 21, seed).quantize(16) for seed in (1, 2, 3)]
    yield "animated.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    yield "animated_one_clear.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=2, disposal=2)

    def moved(gif, canvas, at):
        data = bytearray(gif)
        descriptor = data.index(b"," + struct.pack("<HHHH", 0, 0, 31, 21))
        data[6:10] = struct.pack("<HH", *canvas)
        data[descriptor + 1:descriptor + 5] = struct.pack("<HH", *at)
        return bytes(data)

    yield "offset.gif", moved(plain, (44, 30), (5, 7))
    yield "offset_one_clear.gif", moved(encoded(palette, "GIF", transparency=9), (44, 30), (13, 0))
    yield "beyond_canvas.gif", moved(plain, (20, 10), (5, 7))


def bmp_files():
    small = photo(37, 23)
    for mode in ("1", "L", "P", "RGB"):
        yield f"mode_{mode}.bmp", encoded(small.convert(mode), "BMP")
    yield "mode_RGBA.bmp", encoded(with_alpha(small), "BMP")
    data = bytearray(encoded(small, "BMP"))
    data[22:26] = struct.pack("<i", -23)
    yield "top_down.bmp", bytes(data)


def tiff(samples, order, photometric, extra=None, orientation=1):
    """Writes samples (height, width, channels), 8- or 16-bit, as one uncompressed strip."""
    height, width, channels = samples.shape
    body = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    bits = [8 * samples.itemsize] * channels
    tags = [(256, [width]), (257, [height]), (258, bits), (259, [1]), (262, [photometric]), (273, [8]), (274, [orientation]),
            (277, [channels]), (278, [height]), (279, [len(body)])] + ([(338, [extra])] if extra is not None else [])
    data, entries, values_at = body + b"\0" * (len(body) % 2), b"", 8 + len(body) + len(body) % 2
    for tag, values in tags:
        packed = struct.pack(order + f"{len(values)}H", *values)
        if len(packed) > 4:
            data += packed
            packed, values_at = struct.pack(order + "I", values_at), values_at + len(packed)
        entries += struct.pack(order + "HHI", tag, 3, len(values)) + packed.ljust(4, b"\0")
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8 + len(data))
    return head + data + struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0"


def tiff_files():
    small = photo(37, 23)
    rng = np.random.default_rng(9)
    for mode in ("1", "L", "P", "RGB"):
        yield f"mode_{mode}.tif", encoded(small.convert(mode), "TIFF")
    yield "mode_RGBA.tif", encoded(with_alpha(small), "TIFF")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"{compression}.tif", encoded(small, "TIFF", compression=compression)
    for photometric in (0, 1):
        yield f"group4_{photometric}.tif", encoded(small.convert("1"), "TIFF", compression="group4", tiffinfo={262: photometric})
    pages = [photo(31, 21, seed) for seed in (1, 2)]
    yield "pages.tif", encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    deep = rng.integers(0, 1 << 16, (13, 17, 4), np.uint16)
    deep[::3] >>= 8
    for order, name in (("<", "little"), (">", "big")):
        yield f"grey_16bit_{name}.tif", tiff(deep[..., :1], order, 1)
        yield f"rgb_16bit_{name}.tif", tiff(deep[..., :3], order, 2)
        yield f"rgba_16bit_{name}.tif", tiff(deep, order, 2, extra=2)
        yield f"associated_16bit_{name}.tif", tiff(deep, order, 2, extra=1)
    yield "white_is_zero_16bit.tif", tiff(deep[..., :1], "<", 0)
    yield "white_is_zero_8bit.tif", tiff(rng.integers(0, 256, (13, 17, 1), np.uint8), "<", 0)
    yield "associated_8bit.tif", tiff(rng.integers(0, 256, (13, 17, 4), np.uint8), "<", 2, extra=1)
    for turn in range(1, 9):
        yield f"turned_{turn}.tif", tiff(np.asarray(photo(12, 8)), "<>"[turn % 2], 2, orientation=turn)


def webp_files():
    small = photo(37, 23)
    yield "lossless.webp", encoded(small, "WEBP", lossless=True)
    yield "lossless_alpha.webp", encoded(with_alpha(small), "WEBP", lossless=True, exact=True)
    for name, image in {"photo": photo(61, 47), "noise": noise(33, 30), "text": text(64, 40)}.items():
        for quality in (30, 90):
            yield f"{name}_q{quality}.webp", encoded(image, "WEBP", quality=quality)
    yield "lossy_alpha.webp", encoded(with_alpha(small), "WEBP", quality=80)
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (4, 5)):
        yield f"tiny_{width}x{height}.webp", encoded(noise(width, height), "WEBP", quality=90)
    frames = [photo(32, 22, seed) for seed in (1, 2, 3)]
    yield "animated.webp", encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=80)
    clear = Image.new("RGBA", (32, 22), (0, 0, 0, 0))
    clear.paste(photo(10, 8), (12, 6))
    yield "animated_offset.webp", encoded(clear, "WEBP", save_all=True, append_images=[f.convert("RGBA") for f in frames[1:]], lossless=True)


def exif_files():
    """Files that Keras shows as stored; turned/ has them upright."""
    for turn in range(1, 9):
        exif = Image.Exif()
        exif[274] = turn
        yield f"exif_{turn}.jpg", encoded(photo(24, 16), "JPEG", exif=exif, subsampling="4:4:4")
    yield "exif_6.png", encoded(photo(13, 9), "PNG", exif=exif_of(6))
    yield "exif_8.webp", encoded(photo(13, 9), "WEBP", lossless=True, exif=exif_of(8))


def exif_of(turn):
    exif = Image.Exif()
    exif[274] = turn
    return exif


class Corpus:
    """A zip whose bytes do not depend on the day."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path, "w")

    def add(self, name, data):
        if isinstance(data, np.ndarray):
            out = io.BytesIO()
            np.lib.format.write_array(out, np.ascontiguousarray(data), version=(1, 0))
            name, data = name + ".npy", out.getvalue()
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(entry, data, compresslevel=9)


def resizes(corpus):
    sizes = {
        "photo.png": ((61, 47), (64, 64), (7, 5), (1, 1), (61, 20), (30, 47), (97, 71), (150, 3), (2, 90)),
        # (30, 23) loses exactly twice as many rows as columns, (30, 22) more.
        "noise.png": ((33, 29), (32, 32), (11, 13), (70, 29), (33, 5), (30, 23), (30, 22)),
        "size_1x1.png": ((1, 1), (5, 4)), "size_1x40.png": ((1, 7), (3, 60)), "size_40x1.png": ((7, 1), (60, 3)), "size_2x2.png": ((9, 9), (1, 3)),
    }
    files = dict(png_files())
    for name, targets in sizes.items():
        source = np.asarray(Image.open(io.BytesIO(files[name])).convert("RGB"))
        for width, height in targets:
            for how in PILLOW_FILTERS:
                picture = keras.utils.load_img(io.BytesIO(files[name]), target_size=(height, width), interpolation=how)
                corpus.add(f"resized/{name}/{how}/{width}x{height}", np.asarray(picture))
            if width * height < 4000:
                for how, antialias in (("tf-bilinear", False), ("tf-bilinear-antialias", True)):
                    out = tf.image.resize(source, (height, width), method="bilinear", antialias=antialias)
                    corpus.add(f"tf/{name}/{how}/{width}x{height}", out.numpy().astype(np.float32))


def made(corpus):
    """Files as other programs than Pillow write them: 20 of each kind that it reads, 8 that it refuses."""
    for kind in ("gif", "bmp", "png", "tif"):
        read, refused, n = 0, 0, 0
        while read < 20 or refused < 8:
            rng = np.random.default_rng(n)
            data = picture_files.damaged(rng, picture_files.KINDS[kind](rng))
            name, n = f"made_{n}.{kind}", n + 1
            try:
                image = Image.open(io.BytesIO(data))
                pixels = np.asarray(image.convert("RGB"))
                if kind == "tif" and image.tag_v2.get(284) == 2 and image.tag_v2.get(259) == 1 and image.tag_v2[258][0] == 16:
                    continue  # Pillow takes each byte of such planes for a sample
            except Exception:
                if refused < 8:
                    corpus.add(f"refused/{name}", data)
                refused += 1
                continue
            if read < 20:
                corpus.add(f"files/{name}", data)
                corpus.add(f"decoded/{name}", pixels)
            read += 1


def drafts(corpus):
    """JPEG files decoded to a half, a quarter, an eighth, and whole where less does not cover the size."""
    files = dict(jpeg_files())
    for name in ("photo_444.jpg", "photo_422.jpg", "photo_420.jpg", "photo_420_progressive.jpg", "text_440.jpg", "text_411.jpg", "grey.jpg", "rgb_adobe.jpg", "cmyk.jpg", "ycck_420.jpg"):
        for width, height in ((31, 5), (30, 23), (20, 12), (15, 11), (7, 5), (1, 1)):
            image = Image.open(io.BytesIO(files[name]))
            image.draft(image.mode, (width, height))
            corpus.add(f"draft/{name}/{width}x{height}", np.asarray(image.convert("RGB")))


def demo(corpus):
    for path in sorted((ROOT / "testdata/demo/pictures").glob("*.jpg"))[:3] + [ROOT / "testdata/demo/pictures/one_1.png"]:
        for how in ("nearest", "bilinear"):
            corpus.add(f"demo/{path.name}/{how}/64x64", np.asarray(keras.utils.load_img(path, target_size=(64, 64), interpolation=how)))


def presets(corpus):
    x = np.random.default_rng(21).permutation(np.arange(768) % 256).reshape(16, 16, 3).astype(np.float32)
    corpus.add("presets/input", x)
    corpus.add("presets/none", x)
    corpus.add("presets/exercise", x / 255)
    for mode in ("caffe", "tf", "torch"):
        corpus.add(f"presets/{mode}", keras.applications.imagenet_utils.preprocess_input(x.copy(), data_format="channels_last", mode=mode))


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resnet/pictures/testdata/corpus.zip"
    out.parent.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(out)
    versions = {"pillow": PIL.__version__, "keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    corpus.add("about.json", json.dumps({"written by": "tools/keras/pictures_corpus.py", **versions}, indent=1).encode())
    for kind in (jpeg_files, png_files, gif_files, bmp_files, tiff_files, webp_files, exif_files):
        for name, data in kind():
            corpus.add(f"files/{name}", data)
            corpus.add(f"decoded/{name}", np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
            if kind is exif_files:
                corpus.add(f"turned/{name}", np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")))
    made(corpus)
    resizes(corpus)
    drafts(corpus)
    demo(corpus)
    presets(corpus)
    corpus.zip.close()
    print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
