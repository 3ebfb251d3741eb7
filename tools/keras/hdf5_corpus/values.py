"""Types of HDF5 by the names that the matrix has for them, and arrays of their values."""
import h5py
import numpy as np
from h5py import h5t

import matrix

CODES = dict(zip(matrix.NUMBERS, ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]))
COMPOUND = np.dtype([("a", "<f4"), ("b", "<i4")])
NESTED = np.dtype([("a", "<f4"), ("b", [("c", "<i2"), ("d", "u1", (3,))])])
PADDINGS = {"text null-terminated": h5t.STR_NULLTERM, "text null-padded": h5t.STR_NULLPAD,
            "text space-padded": h5t.STR_SPACEPAD, "text fixed UTF-8": h5t.STR_NULLPAD}
WORDS = [b"conv1", b"", b"kernel:0", b"  x", b"bn", b"a b  "]
HEAP_WORDS = ["conv1/kernel:0", "", "x" * 300, " a ", "bias"]
EXTREMES = {
    "f": [0.0, -0.0, np.inf, -np.inf, np.nan, 1 + 2.0**-24 + 2.0**-50, 1e-46, 65504, 6e-8, 1e39, -1e-40, 3.4028235677973366e38],
    "i": [0, -1, 127, -128, 32767, -32768, 2**24 + 1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**40 + 2**16],
    "u": [0, 255, 65535, 2**24 + 3, 2**32 - 1, 2**64 - 1, 2**63 + 2**39],
}


def fixed_text(padding, character_set):
    kind = h5t.C_S1.copy()
    kind.set_size(8)
    kind.set_strpad(padding)
    kind.set_cset(character_set)
    return kind


def narrow_integer(big):
    kind = (h5t.STD_I16BE if big else h5t.STD_I16LE).copy()
    kind.set_precision(12)
    return kind


def bfloat16(big):
    kind = (h5t.IEEE_F32BE if big else h5t.IEEE_F32LE).copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    return kind


def opaque(_):
    kind = h5t.create(h5t.OPAQUE, 5)
    kind.set_tag(b"five")
    return kind


MAKERS = {
    "int 12 bits": narrow_integer,
    "long double": lambda big: h5t.LDOUBLE_BE if big else h5t.LDOUBLE_LE,
    "float128": lambda big: h5t.IEEE_F128BE if big else h5t.IEEE_F128LE,
    "bfloat16": bfloat16,
    "bitfield8": lambda _: h5t.STD_B8LE,
    "bitfield32": lambda big: h5t.STD_B32BE if big else h5t.STD_B32LE,
    "opaque": opaque,
    "compound": lambda _: h5t.py_create(COMPOUND),
    "compound nested": lambda _: h5t.py_create(NESTED),
    "complex64": lambda _: h5t.py_create(np.dtype("<c8")),
    "complex128": lambda _: h5t.py_create(np.dtype("<c16")),
    "bool": lambda _: h5t.py_create(np.dtype("?"), logical=True),
    "enum": lambda big: h5t.py_create(h5py.enum_dtype({"RED": 0, "GREEN": 1}, ">i2" if big else "<i2"), logical=True),
    "array": lambda _: h5t.array_create(h5t.IEEE_F32LE, (2, 3)),
    "time": lambda _: h5t.UNIX_D32LE,
}
HEAP_DTYPES = {"object reference": h5py.ref_dtype, "region reference": h5py.regionref_dtype, "sequence": h5py.vlen_dtype("<f4"),
               "text variable ASCII": h5py.string_dtype("ascii"), "text variable UTF-8": h5py.string_dtype("utf-8")}


def make(row):
    """The type of a row of the matrix."""
    name, big = row["type"], row["order"] == "big"
    if name in CODES:
        return h5t.py_create(np.dtype((">" if big else "<") + CODES[name])).copy()
    if name in PADDINGS:
        return fixed_text(PADDINGS[name], h5t.CSET_UTF8 if name == "text fixed UTF-8" else h5t.CSET_ASCII)
    if name in HEAP_DTYPES:
        return h5t.py_create(HEAP_DTYPES[name], logical=True).copy()
    return MAKERS[name](big).copy()


def numbers(code, values, count, random):
    dtype = np.dtype("<" + code)
    if values == "counting":
        return (np.arange(count) % 97).astype(dtype)
    if values == "noise" and code[0] == "f":
        return random.standard_normal(count).astype(dtype)
    if values == "noise":
        return np.frombuffer(random.bytes(count * dtype.itemsize), dtype)
    with np.errstate(over="ignore"):
        fitting = [v for v in EXTREMES[code[0]] if code[0] == "f" or np.iinfo(dtype).min <= v <= np.iinfo(dtype).max]
        return np.resize(np.array(fitting, dtype), count)


def texts(row, count, random):
    words = list(WORDS)
    if row["type"] == "text fixed UTF-8":
        words += ["层é".encode(), "層層".encode() + b"xy"]
    if row["type"] in ("text null-terminated", "text null-padded"):
        words.append(b"a\0b")
    if row["values"] == "noise":
        words = [bytes(random.integers(33, 127, random.integers(0, 9), "u1")) for _ in range(7)]
    pad = b" " if row["type"] == "text space-padded" else b"\0"
    return np.array([np.void(words[i % len(words)].ljust(8, pad)) for i in range(count)])


def heap_values(f, row, count, random):
    if row["type"] == "sequence":
        values = [np.arange(i % 4, dtype="<f4") for i in range(count)]
    elif row["type"] == "object reference":
        values = [f["target"].ref] * count
    elif row["type"] == "region reference":
        values = [f["target"].regionref[:2]] * count
    else:
        words = HEAP_WORDS + (["层é", "ü" * 20] if row["type"] == "text variable UTF-8" else [])
        if row["values"] == "noise":
            words = ["".join(map(chr, random.integers(33, 127, random.integers(0, 40)))) for _ in range(7)]
        values = [words[i % len(words)] for i in range(count)]
    array = np.empty(count, HEAP_DTYPES[row["type"]])
    for i, value in enumerate(values):
        array[i] = value
    return array


def values(f, row, kind, count, random):
    """An array of count elements, and the type in memory that it is of."""
    name = row["type"]
    if name in CODES:
        array = numbers(CODES[name], row["values"], count, random)
        return array.astype(array.dtype.newbyteorder(">")) if row["order"] == "big" else array, kind
    if name in PADDINGS:
        return texts(row, count, random), kind
    if name in HEAP_DTYPES:
        return heap_values(f, row, count, random), h5t.py_create(HEAP_DTYPES[name])
    if name in ("bool", "enum"):
        size = kind.get_size()
        return np.array([np.void((i % 2).to_bytes(size, row["order"])) for i in range(count)]), kind
    size = kind.get_size()
    data = random.bytes(count * size) if row["values"] == "noise" else bytes(i % 61 for i in range(count * size))
    return np.frombuffer(data, f"V{size}"), kind
