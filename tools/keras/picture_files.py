"""Writes a few thousand GIF, BMP, PNG, TIFF and WebP files and what Pillow makes of each, to hold the decoders to.

    python tools/keras/picture_files.py FOLDER [COUNT]
    VKERAS_PICTURES=FOLDER go test ./resnet/pictures -run Thousands

Kinds that Pillow writes and kinds that only others write: GIF with short palettes, local palettes, any order of blocks; BMP of OS/2 and of
1 to 32 bits, by masks and by runs; PNG with chunks that are wrong or missing behind the pixels; TIFF in planes, with padding, with 64-bit
offsets. Some are cut short, have bytes changed or bytes behind the end. N.KIND is the file; N.rgb its pixels as RGB bytes behind a line
"WIDTH HEIGHT", or a line "error TEXT".
"""
import io
import pathlib
import struct
import sys
import warnings
import zlib

import numpy as np
from PIL import Image, ImageFilter

warnings.simplefilter("ignore")


def picture(rng, mode="RGB", most=50):
    """Noise, blurred by chance."""
    width, height = (int(v) for v in rng.integers(1, most, 2))
    image = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    return image.filter(ImageFilter.GaussianBlur(float(rng.choice([0, 0.7, 3])))).convert(mode)


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


# GIF

def lzw(codes, bits, rng):
    """Codes of GIF in blocks: each pixel by its own code or, by chance, by the string that has been read so far."""
    clear, out, held, n = 1 << bits, bytearray(), 0, 0
    table, width, following = {}, bits + 1, clear + 2

    def put(code):
        nonlocal held, n
        held |= code << n
        n += width
        while n >= 8:
            out.append(held & 255)
            held >>= 8
            n -= 8

    put(clear)
    string = ()
    for pixel in [int(c) for c in codes]:
        if not string:
            string = (pixel,)
            continue
        longer = string + (pixel,)
        if longer in table:
            string = longer
            continue
        put(table[string] if len(string) > 1 else string[0])
        if following < 4096:
            table[longer] = following
            if following == 1 << width and width < 12:
                width += 1
            following += 1
        elif rng.random() < 0.5:
            put(clear)
            table, width, following = {}, bits + 1, clear + 2
        string = (pixel,)
    put(table[string] if len(string) > 1 else string[0])
    # The decoder is one code behind, and may be a bit wider by now.
    if following == 1 << width and width < 12:
        width += 1
    if rng.random() < 0.9:
        put(clear + 1)
    if n:
        out.append(held & 255)
    blocks, at = b"", 0
    while at < len(out):
        size = int(rng.integers(1, 256))
        blocks += bytes([len(out[at:at + size])]) + bytes(out[at:at + size])
        at += size
    return blocks


def gif(rng):
    bits = int(rng.integers(1, 9))
    width, height = (int(v) for v in rng.integers(1, 40, 2))
    pixels = rng.integers(0, 1 << bits, (height, width))
    if rng.random() < 0.5:
        pixels = np.sort(pixels, axis=1)
    screen = tuple(int(v) for v in rng.integers(1, 50, 2)) if rng.random() < 0.4 else (width, height)
    at = tuple(int(v) for v in rng.integers(0, 9, 2)) if rng.random() < 0.4 else (0, 0)

    def table():
        size = int(rng.integers(0, 8))  # by chance shorter than the codes
        colours = rng.integers(0, 256, (2 << size, 3), np.uint8)
        if rng.random() < 0.2:
            colours = np.repeat(np.arange(2 << size, dtype=np.uint8)[:, None], 3, 1)
        return 0x80 | size, colours.tobytes()

    flags, colours = table() if rng.random() < 0.8 else (0, b"")
    data = b"GIF89a" + struct.pack("<HH", *screen) + bytes([flags, int(rng.integers(0, 4)), 0]) + colours
    for _ in range(int(rng.integers(0, 4))):
        data += [b"!\xf9\x04" + bytes([int(rng.integers(0, 2)), 0, 0, int(rng.integers(0, 1 << bits))]) + b"\0", b"!\xfe\x05hello\0", b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", b"!\x01\x02ab\0", b"\0", b"\x07"][rng.integers(0, 6)]
    flags, colours = table() if rng.random() < 0.3 else (0, b"")
    interlaced = rng.random() < 0.3
    rows = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, height, step)] if interlaced else list(range(height))
    data += b"," + struct.pack("<HHHH", *at, width, height) + bytes([flags | (0x40 if interlaced else 0)]) + colours
    codes = pixels[rows].reshape(-1)
    if rng.random() < 0.1:
        codes = np.concatenate([codes, codes[:5]])
    data += bytes([max(bits, 2)]) + lzw(codes, max(bits, 2), rng)
    return data + [b"\0;", b"", b"\0", b"\0;extra bytes", b"\0!\xfe\x03abc\0;"][rng.integers(0, 5)]


# BMP

def bmp(rng):
    bits = int(rng.choice([1, 4, 8, 8, 16, 16, 24, 32]))
    width, height = (int(v) for v in rng.integers(1, 40, 2))
    header = int(rng.choice([12, 40, 40, 40, 52, 56, 64, 108, 124]))
    compression, masks, top_down = 0, b"", header != 12 and rng.random() < 0.3
    if header != 12 and bits in (16, 32) and rng.random() < 0.7 or rng.random() < 0.03:
        compression = 3
        choices = {16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0), (0xF00, 0xF0, 0xF, 0)],
                   32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
                        (0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0), (0xFF, 0xFF00, 0xFF0000, 0)]}
        options = choices.get(bits, [(0xFF0000, 0xFF00, 0xFF, 0)])
        masks = struct.pack("<4I", *options[rng.integers(0, len(options))])
    colours = b""
    entry = 3 if header == 12 else 4
    used = 0
    if bits <= 8:
        used = 1 << bits if header == 12 or rng.random() < 0.5 else int(rng.integers(1, (1 << bits) + 1))
        table = rng.integers(0, 256, (used, entry), np.uint8)
        if rng.random() < 0.25:
            table[:, :3] = (np.arange(used) * (255 if used == 2 else 1)).astype(np.uint8)[:, None]
        colours = table.tobytes()
    if header != 12 and bits in (4, 8) and rng.random() < 0.4:
        compression = 1 if bits == 8 else 2
        body = runs(rng, width, height, bits == 4)
    else:
        stride = (width * bits + 31) // 32 * 4
        body = rng.bytes(stride * height)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression, len(body), 2835, 2835, used if used != 1 << bits or rng.random() < 0.5 else 0, 0)
        info += (masks + rng.bytes(100))[:header - 40] if header > 40 else b""
        if header == 40:
            info += masks[:12]
    gap = rng.bytes(int(rng.integers(0, 9))) if rng.random() < 0.3 else b""
    before = 14 + len(info) + len(colours) + len(gap)
    offset = before if rng.random() < 0.9 or gap else [0, 14 + header][rng.integers(0, 2)]
    return b"BM" + struct.pack("<IHHI", before + len(body), 0, int(rng.integers(0, 2)) * 7, offset) + info + colours + gap + body


def runs(rng, width, height, nibbles):
    out = bytearray()
    for _ in range(height):
        x = 0
        while x < width:
            kind = rng.random()
            left = width - x
            if kind < 0.5:
                n = int(rng.integers(1, min(left + (1 if rng.random() < 0.1 else 0), 255) + 1))
                out += bytes([n]) + rng.bytes(1)
                x += n
            elif kind < 0.85 and left >= 3:
                n = int(rng.integers(3, min(left, 255) + 1))
                stored = rng.bytes((n + 1) // 2 if nibbles else n)
                out += bytes([0, n]) + stored + b"\0" * (len(stored) % 2)
                x += n
            elif kind < 0.9:
                n = int(rng.integers(0, left + 1))
                out += bytes([0, 2, n, 0])
                x += n
            else:
                break
        out += b"\0\0"
    return bytes(out + (b"\0\1" if rng.random() < 0.8 else b""))


# PNG

def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(rng):
    depth, colour, channels = [(8, 2, 3), (8, 6, 4), (8, 0, 1), (8, 3, 1), (1, 0, 1), (4, 3, 1), (16, 2, 3), (16, 0, 1), (8, 4, 2), (2, 3, 1)][rng.integers(0, 10)]
    width, height = (int(v) for v in rng.integers(1, 40, 2))
    row = (width * channels * depth + 7) // 8
    interlaced = rng.random() < 0.2
    if interlaced:
        raw = b""
        for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
            w, h = (width - x + dx - 1) // dx, (height - y + dy - 1) // dy
            if w > 0 and h > 0:
                raw += b"".join(bytes([int(rng.integers(0, 5))]) + rng.bytes((w * channels * depth + 7) // 8) for _ in range(h))
    else:
        raw = b"".join(bytes([int(rng.integers(0, 5))]) + rng.bytes(row) for _ in range(height))
    if rng.random() < 0.1:
        raw += rng.bytes(row)
    data = zlib.compress(raw, int(rng.integers(0, 10)))
    if rng.random() < 0.1:
        data = data[:-int(rng.integers(1, 5))]
    elif rng.random() < 0.1:
        data += rng.bytes(9)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    if rng.random() < 0.3:
        out += chunk(b"tEXt", b"Title\0noise")
    if colour == 3:
        out += chunk(b"PLTE", rng.bytes(3 * int(rng.integers(1, (1 << depth) + 1))))
    step = int(rng.integers(1, len(data) + 2))
    for at in range(0, len(data), step):
        part = chunk(b"IDAT", data[at:at + step])
        out += part[:-4] + rng.bytes(4) if rng.random() < 0.05 else part
    if rng.random() < 0.1:
        out += chunk(b"IDAT", rng.bytes(5))
    text, end = chunk(b"tEXt", b"Title\0noise"), chunk(b"IEND", b"")
    tails = [b"", end, end, end, end[:-1], end[:-4] + b"abcd", end[:6], end + rng.bytes(20), text + end, text[:-2] + b"ab" + end, text[:9], rng.bytes(12), chunk(b"abCd", b"xyz") + end, chunk(b"ABCD", b"xyz")]
    out += tails[rng.integers(0, len(tails))]
    return out


# TIFF

def tiff(rng):
    """One directory, classic or of 64-bit offsets, uncompressed or not, in strips or tiles, interleaved or in planes."""
    order = "<>"[rng.integers(0, 2)]
    big = rng.random() < 0.4
    planes = rng.random() < 0.5
    kinds = [(2, 3, None), (2, 4, 0), (2, 4, 1), (2, 4, 2), (2, 4, None), (1, 1, None), (0, 1, None), (5, 4, None), (2, 5, 0), (1, 2, 0), (1, 2, 1), (1, 2, 2), (3, 1, None), (2, 6, 2)]
    photometric, channels, extra = kinds[rng.integers(0, len(kinds))]
    depth = int(rng.choice([8, 8, 16]))
    width, height = (int(v) for v in rng.integers(1, 40, 2))
    if photometric == 3:
        depth = 8
    samples = rng.integers(0, 1 << depth, (height, width, channels)).astype(f"{order}u{depth // 8}")
    compression = int(rng.choice([1, 1, 8, 32946, 32773]))
    predictor = 2 if compression in (8, 32946) and rng.random() < 0.4 else 1
    tiled = rng.random() < 0.25
    tile = (16, 16) if tiled else (width, int(rng.integers(1, height + 1)))

    def pack(part):
        if predictor == 2:
            part = part.copy()
            part[:, 1:] -= part[:, :-1].copy()
        raw = part.tobytes()
        if compression in (8, 32946):
            return zlib.compress(raw)
        if compression == 32773:
            return b"".join(bytes([len(raw[i:i + 128]) - 1]) + raw[i:i + 128] for i in range(0, len(raw), 128))
        return raw

    parts = []
    for layer in ([samples[..., c:c + 1] for c in range(channels)] if planes else [samples]):
        for y in range(0, height, tile[1]):
            for x in range(0, width, tile[0]):
                part = layer[y:y + tile[1], x:x + tile[0]]
                if tiled:
                    full = np.zeros((tile[1], tile[0], layer.shape[2]), layer.dtype)
                    full[:part.shape[0], :part.shape[1]] = part
                    part = full
                parts.append(pack(part))
    data, offsets = b"", []
    head = 16 if big else 8
    for part in parts:
        offsets.append(head + len(data))
        data += part + b"\0" * (len(part) % 2)
    tags = [(256, 3, [width]), (257, 3, [height]), (258, 3, [depth] * channels), (259, 3, [compression]), (262, 3, [photometric]), (277, 3, [channels])]
    if tiled:
        tags += [(322, 3, [tile[0]]), (323, 3, [tile[1]]), (324, 16 if big else 4, offsets), (325, 4, [len(p) for p in parts])]
    else:
        tags += [(273, 16 if big else 4, offsets), (278, 3, [tile[1]]), (279, 4, [len(p) for p in parts])]
    tags += [(284, 3, [2])] if planes else []
    tags += [(317, 3, [2])] if predictor == 2 else []
    tags += [(338, 3, [extra] + [0] * (channels - (4 if photometric == 2 else 2)))] if extra is not None else []
    tags += [(320, 3, [int(v) for v in rng.integers(0, 65536, 768)])] if photometric == 3 else []
    if rng.random() < 0.2:
        tags += [(274, 3, [int(rng.integers(1, 9))])]
    tags.sort()
    inline, entries = 8 if big else 4, b""
    for tag, kind, values in tags:
        packed = struct.pack(order + str(len(values)) + {3: "H", 4: "I", 16: "Q"}[kind], *values)
        if len(packed) > inline:
            at = head + len(data)
            data += packed + b"\0" * (len(packed) % 2)
            packed = struct.pack(order + ("Q" if big else "I"), at)
        entries += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, len(values)) + packed.ljust(inline, b"\0")
    mark = {"<": b"II", ">": b"MM"}[order]
    if big:
        return mark + struct.pack(order + "HHHQ", 43, 8, 0, 16 + len(data)) + data + struct.pack(order + "Q", len(tags)) + entries + b"\0" * 8
    return mark + struct.pack(order + "HI", 42, 8 + len(data)) + data + struct.pack(order + "H", len(tags)) + entries + b"\0" * 4


def tiff_by_pillow(rng):
    mode = str(rng.choice(["1", "L", "P", "RGB", "RGBA", "RGBX", "CMYK", "LA", "I;16"]))
    image = picture(rng, "RGB").convert("L").convert("I").convert("I;16") if mode == "I;16" else picture(rng, "RGB" if mode == "RGBX" else mode)
    if mode == "RGBX":
        image = image.convert("RGBX")
    compression = ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"][rng.integers(0, 4)]
    return saved(image, "TIFF", compression=compression, big_tiff=bool(rng.random() < 0.5))


def webp(rng):
    image = picture(rng, str(rng.choice(["RGB", "RGB", "RGBA"])))
    if rng.random() < 0.2:
        return saved(image, "WEBP", lossless=True, exact=True)
    return saved(image, "WEBP", quality=int(rng.integers(0, 101)), method=int(rng.integers(0, 7)), alpha_quality=int(rng.integers(0, 101)))


def damaged(rng, data):
    kind = rng.random()
    if kind < 0.85:
        return data
    if kind < 0.9:
        return data[:int(rng.integers(2, len(data)))]
    if kind < 0.95:
        return data + rng.bytes(int(rng.integers(1, 50)))
    data = bytearray(data)
    data[int(rng.integers(2, len(data)))] = int(rng.integers(0, 256))
    return bytes(data)


KINDS = {"gif": gif, "bmp": bmp, "png": png, "tif": tiff, "webp": webp}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(int(sys.argv[2]) if len(sys.argv) > 2 else 5000):
        rng = np.random.default_rng(n)
        kind = list(KINDS)[n % len(KINDS)]
        make = tiff_by_pillow if kind == "tif" and rng.random() < 0.3 else KINDS[kind]
        data = damaged(rng, make(rng))
        (folder / f"{n}.{kind}").write_bytes(data)
        try:
            rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            answer = b"%d %d\n" % (rgb.shape[1], rgb.shape[0]) + rgb.tobytes()
        except Exception as e:
            answer = f"error {e}\n".encode()
        (folder / f"{n}.rgb").write_bytes(answer)


if __name__ == "__main__":
    main()
