"""Files of which each is there for a few features, named in the docstring of the function that writes it."""
import pathlib

import h5py
import numpy as np
from h5py import h5d, h5f, h5g, h5p, h5s, h5t

import library

FILES = {}


def corpus_file(function):
    FILES[function.__name__] = function
    return function


def random(seed, shape, dtype="<f4"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def counting(shape, dtype="<f4"):
    """Few distinct bytes, for the sake of the zip's size."""
    return (np.arange(np.prod(shape)) % 97).reshape(shape).astype(dtype)


def small_tree(f):
    """What every format version should hold: types, shapes, storage, attributes."""
    types = f.create_group("types")
    for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        values = random(1, (3, 5), "f8") * 50
        if code[0] == "u":
            values = np.abs(values)
        for order in "<>":
            types.create_dataset(f"{'big' if order == '>' else 'little'}_{code}", data=values.astype(order + code))
    edges = types.create_group("edges")
    edges["f2"] = np.array([0, -0.0, 6e-8, -6.1e-5, 65504, np.inf, -np.inf, np.nan], "<f2")
    edges["f8"] = np.array([1 + 2.0**-24, 1 + 2.0**-24 + 2.0**-50, 1e-46, 1e39, -np.inf, np.nan], "<f8")
    edges["i8"] = np.array([2**24 + 1, -(2**63), 2**63 - 1, 2**40 + 2**16], "<i8")
    edges["u8"] = np.array([2**64 - 1, 2**24 + 3, 0], ">u8")

    shapes = f.create_group("shapes/below/three")
    shapes["scalar"] = np.float32(2.5)
    shapes["one"] = random(2, (1,))
    shapes["empty"] = np.zeros((0,), "f4")
    shapes["no_rows"] = np.zeros((3, 0, 2), "f4")
    shapes["null"] = h5py.Empty("f4")
    shapes["four_dimensions"] = random(3, (2, 3, 4, 5))
    shapes["kernel:0"] = random(4, (3, 3, 2, 4))
    shapes.create_dataset("unwritten_zero", shape=(4,), dtype="f4")
    shapes.create_dataset("unwritten_filled", shape=(4,), dtype=">f4", fillvalue=-1.5)

    compact = h5p.create(h5p.DATASET_CREATE)
    compact.set_layout(h5d.COMPACT)
    for name, dtype in (("compact_f4", "<f4"), ("compact_i2", ">i2")):
        data = counting((3, 7), dtype)
        h5d.create(f.id, name.encode(), h5t.py_create(data.dtype), h5s.create_simple(data.shape), compact)
        f[name][...] = data

    for holder in (f.create_group("attributes"), f["shapes/below/three/one"]):
        a = holder.attrs
        a["text"] = "variable, with é and 层"
        a["empty text"] = ""
        a["bytes"] = np.bytes_("fixed")
    a = f["attributes"].attrs
    a["names_fixed"] = np.array([b"conv1", b"bn_conv1", b""], "S10")
    a.create("names_variable", ["conv1/kernel:0", "", "conv1/bias:0"], dtype=h5py.string_dtype())
    a["no_names"] = np.array([], "S1")
    a["no_names_float"] = np.array([], "f8")
    a["null"] = h5py.Empty("f4")
    a["null_text"] = h5py.Empty(h5py.string_dtype())
    a["number"] = 7
    a["numbers"] = np.array([[1.5, -2], [3, 1e300]], ">f8")
    a["half"] = np.array([0.5, 65504], "<f2")
    for pad, name in ((h5t.STR_NULLTERM, b"terminated"), (h5t.STR_SPACEPAD, b"spaces"), (h5t.STR_NULLPAD, b"nulls")):
        kind = h5t.C_S1.copy()
        kind.set_size(8)
        kind.set_strpad(pad)
        attribute = h5py.h5a.create(f["attributes"].id, name, kind, h5s.create(h5s.SCALAR))
        end = b"   " if pad == h5t.STR_SPACEPAD else b"\0\0\0"
        attribute.write(np.array(b"abcde" + end, "S8"), kind)


@corpus_file
def earliest(path):
    """Superblock 0, symbol tables, version 1 headers: h5py's default, so Keras's."""
    with h5py.File(path, "w", libver="earliest") as f:
        small_tree(f)


@corpus_file
def v108(path):
    """Superblock 2, version 2 headers, compact links."""
    with h5py.File(path, "w", libver=("v108", "v108")) as f:
        small_tree(f)


@corpus_file
def latest(path):
    """Superblock 3."""
    with h5py.File(path, "w", libver="latest") as f:
        small_tree(f)


@corpus_file
def user_block(path):
    """The superblock at byte 1024, behind something else."""
    with h5py.File(path, "w", userblock_size=1024) as f:
        small_tree(f)
    with open(path, "r+b") as raw:
        raw.write(b"not HDF5 " * 100)


@corpus_file
def narrow(path):
    """Addresses and lengths of 4 bytes."""
    creation = h5p.create(h5p.FILE_CREATE)
    creation.set_sizes(4, 4)
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, creation)) as f:
        small_tree(f)
        for i in range(20):
            f[f"chunked{i}"] = i
        f.create_dataset("gzip", data=counting((40, 9)), chunks=(8, 4), compression="gzip")


@corpus_file
def many_links_earliest(path):
    """A symbol table whose B-tree has two levels, more names than a ResNet-50 has layers."""
    with h5py.File(path, "w") as f:
        for i in range(300):
            f[f"layer_{i}"] = np.float32(i)
        f.create_dataset("nested/a/b/c/d", data=counting((2,)))


@corpus_file
def many_links_latest(path):
    """Dense links, found by a B-tree of two levels, in creation order too."""
    with h5py.File(path, "w", libver="latest", track_order=True) as f:
        for i in range(300):
            f[f"layer_{i}"] = np.float32(i)


@corpus_file
def deep_heap(path):
    """A fractal heap with indirect blocks below its root: 0.6 MB of names."""
    with h5py.File(path, "w", libver="latest") as f:
        for i in range(10):
            f[f"value{i}"] = np.float32(i)
        for i in range(620):
            f[f"{i:04d}" + "x" * 1000] = f[f"value{i % 10}"]


@corpus_file
def dense_attributes(path):
    """More attributes than a header takes, some too large for the heap's blocks, one over 64 KiB."""
    with h5py.File(path, "w", libver="latest") as f:
        for i in range(120):
            f.attrs[f"attribute_{i}"] = f"value {i}"
        f.attrs["huge"] = np.array([f"layer_{i}".encode() for i in range(900)], "S12")
        f.attrs["over 64 KiB"] = np.array([f"layer_{i}".encode() for i in range(900)], "S100")
        dataset = f.create_dataset("d", data=counting((3,)))
        for i in range(20):
            dataset.attrs[f"a{i}"] = i


@corpus_file
def continued_header(path):
    """Attributes that came later, in continuations; strings in several global heap collections."""
    for libver, mode in (("earliest", "w"), ("v108", "a")):
        with h5py.File(path, mode, libver=libver) as f:
            g = f.create_group(libver)
            g.create_dataset("d", data=counting((4,)))
            for i in range(7):
                g.attrs[f"a{i}"] = "x" * (1 + 300 * i)
                g["d"].attrs[f"a{i}"] = np.arange(5.0) * i
            g.attrs.create("many", [f"layer_{i}/" + "y" * (i % 90) for i in range(250)], dtype=h5py.string_dtype())


@corpus_file
def names_in_pieces(path):
    """As Keras does with more than 64 KiB of names: attributes of a little less each, in version 1 headers."""
    with h5py.File(path, "w") as f:
        names = [f"block_{i}/batch_normalization_{i}/moving_variance:0".encode() for i in range(3000)]
        f.attrs["backend"] = np.bytes_("tensorflow")
        for i, piece in enumerate(np.array_split(np.array(names), 3)):
            f.attrs[f"weight_names{i}"] = piece


@corpus_file
def committed_type(path):
    """Types that are objects of their own, shared by datasets and attributes."""
    with h5py.File(path, "w") as f:
        f["single"] = np.dtype("<f4")
        f.create_dataset("d", data=counting((4,)), dtype=f["single"])
        f["d"].attrs.create("a", [1.5, 2.5], dtype=f["single"])
        f["text"] = h5py.string_dtype()
        f.attrs.create("t", "words", dtype=f["text"])
        del f["text"], f["single"]


@corpus_file
def refused(path):
    """What is not read. Each is refused by its name; the others beside it are read."""
    with h5py.File(path, "w") as f:
        f["sound"] = counting((3,))
        f.create_dataset("lzf", data=counting((8,)), chunks=(4,), compression="lzf")
        f.create_dataset("scaleoffset", data=counting((8,), "i4"), chunks=(4,), scaleoffset=4)
        f["bfloat16"] = np.zeros((3,), "V2")
        f["compound"] = np.zeros((3,), [("a", "f4"), ("b", "i4")])
        f["text"] = np.array([b"a", b"b"], "S1")
        f["variable_text"] = np.array(["a", "b"], object)
        f["bool"] = np.array([True, False])
        f["long_double"] = np.zeros((3,), np.longdouble)
        f["soft"] = h5py.SoftLink("/sound")
        f["external"] = h5py.ExternalLink("other.h5", "/sound")
        f.create_dataset("outside", shape=(3,), dtype="f4", external=[("other.raw", 0, 12)])
    with h5py.File(path, "a", libver="latest") as f:
        source = h5py.VirtualSource("other.h5", "sound", shape=(3,))
        layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
        layout[:] = source
        f.create_virtual_dataset("virtual", layout)
        f.create_group("latest")["soft"] = h5py.SoftLink("/sound")
        f["latest/external"] = h5py.ExternalLink("other.h5", "/sound")


@corpus_file
def shared_messages(path):
    """Messages of all kinds in the file's heap: each is there from the second use on."""
    creation = timeless()
    library.share_messages(creation, list(library.SHARED_MESSAGES), False)
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, creation)) as f:
        for i in range(4):
            d = f.create_dataset(f"d{i}", shape=(7, 5), dtype=">f4", chunks=(4, 3), fillvalue=7.5, compression="gzip", shuffle=True)
            d[:i, :] = counting((i, 5))
            d.attrs["text"], d.attrs["numbers"] = "the same", [1.5, 2]
            d.attrs["number"] = i


@corpus_file
def long_names(path):
    """Names of more than 255 bytes, of links, attributes and groups on the way."""
    for libver, mode in (("earliest", "w"), ("latest", "a")):
        with h5py.File(path, mode, libver=libver) as f:
            g = f.create_group(f"{libver}/" + "層" * 100)
            g["n" * 300] = counting((2,))
            g.attrs["a" * 300] = 1


@corpus_file
def narrowest(path):
    """Addresses and lengths of 2 bytes."""
    creation = h5p.create(h5p.FILE_CREATE)
    creation.set_sizes(2, 2)
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, creation)) as f:
        f["d"] = counting((6, 5))
        f["d"].attrs["names"] = ["a", "b"]
        f.create_dataset("gzip", data=counting((6, 5)), chunks=(4, 3), compression="gzip")


@corpus_file
def wide(path):
    """Addresses and lengths of 16 bytes."""
    creation = h5p.create(h5p.FILE_CREATE)
    creation.set_sizes(16, 16)
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, creation)) as f:
        f["d"] = counting((3,))


@corpus_file
def filtered_links(path):
    """A group's dense links, deflated."""
    creation = h5p.create(h5p.GROUP_CREATE)
    library.set_dense_links(creation)
    library.deflate_links(creation)
    with h5py.File(path, "w", libver="latest") as f:
        h5g.create(f.id, b"g", gcpl=creation)
        f["beside"] = counting((3,))
        f["g/d"] = counting((3,))


@corpus_file
def cache_image(path):
    """Metadata that are in an image of the cache, not at their addresses."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_libver_bounds(h5f.LIBVER_LATEST, h5f.LIBVER_LATEST)
    library.write_cache_image(access)
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, timeless(), access)) as f:
        f["d"] = counting((3,))


def timeless():
    creation = h5p.create(h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    return creation


def family(path, version):
    """The first of several files that are one."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_family(1 << 20)
    access.set_libver_bounds(version, h5f.LIBVER_LATEST)
    with h5py.File(h5f.create(path.replace(".h5", "%d.h5").encode(), h5f.ACC_TRUNC, timeless(), access)) as f:
        f["d"] = counting((3,))
    pathlib.Path(path.replace(".h5", "0.h5")).rename(path)


@corpus_file
def family_earliest(path):
    """Driver information beside superblock 0."""
    family(path, h5f.LIBVER_EARLIEST)


@corpus_file
def family_latest(path):
    """Driver information in the superblock's extension."""
    family(path, h5f.LIBVER_LATEST)


# Files that are not opened at all, and the feature for that.
CLOSED = {"wide": "addresses of 16 bytes", "cache_image": "metadata cache image", "family_earliest": "driver information",
          "family_latest": "driver information"}
