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
def committed_type(path):
    """Types that are objects of their own, shared by datasets and attributes."""
    with h5py.File(path, "w") as f:
        f["single"] = np.dtype("<f4")
        f.create_dataset("d", data=counting((4,)), dtype=f["single"])
        f["d"].attrs.create("a", [1.5, 2.5], dtype=f["single"])
        f["text"] = h5py.string_dtype()
        f.attrs.create("t", "words", dtype=f["text"])
        del f["text"], f["single"]


def filtered_chunks(f, **maxshape):
    """Chunks through every combination of filters, whole and partial, in one to four dimensions."""
    filters = {
        "plain": {},
        "gzip": {"compression": "gzip"},
        "shuffle": {"shuffle": True},
        "fletcher32": {"fletcher32": True},
        "gzip_shuffle": {"compression": "gzip", "shuffle": True},
        "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    }
    for name, options in filters.items():
        f.create_dataset(f"{name}_2d", data=counting((21, 10)), chunks=(8, 4), **maxshape, **options)
    for dtype in ("<f2", ">f4", ">f8", "<i2", "u1"):
        f.create_dataset(f"all_{dtype[-2:]}", data=counting((3, 37), dtype), chunks=(2, 9), **maxshape, **filters["all"])
    f.create_dataset("random_1d", data=random(5, (301,)), chunks=(100,), **filters["gzip_shuffle"])
    f.create_dataset("odd_fletcher32", data=counting((9,), "u1"), chunks=(5,), fletcher32=True)
    f.create_dataset("3d", data=counting((5, 6, 7)), chunks=(2, 3, 3), **filters["gzip"])
    f.create_dataset("kernel:0", data=counting((3, 3, 4, 8)), chunks=(2, 3, 4, 4), **filters["gzip_shuffle"])

    holes = f.create_dataset("holes", shape=(40, 12), dtype="<f4", chunks=(4, 3), fillvalue=9.25, **filters["gzip"])
    holes[5:7, 2:5] = counting((2, 3))
    holes[39, 11] = -1
    f.create_dataset("all_hole", shape=(6, 6), dtype=">i4", chunks=(4, 3), fillvalue=-3)

    masked = f.create_dataset("masked", shape=(8,), dtype="<f4", chunks=(4,), **filters["gzip_shuffle"])
    masked[...] = counting((8,))
    masked.id.write_direct_chunk((4,), random(6, (4,)).tobytes(), filter_mask=3)


@corpus_file
def chunked_earliest(path):
    """Version 1 B-trees of chunks, of one and of several levels."""
    with h5py.File(path, "w") as f:
        filtered_chunks(f)
        f.create_dataset("many", data=counting((2500,)), chunks=(1,))
        growing = f.create_dataset("resized", shape=(4, 4), maxshape=(None, None), dtype="<f4", chunks=(3, 3))
        growing[...] = 1
        growing.resize((8, 9))
        growing[5:, :7] = counting((3, 7))
        growing.resize((7, 5))


@corpus_file
def chunked_v108(path):
    """Version 1 B-trees behind version 2 headers, with version 2 filter messages."""
    with h5py.File(path, "w", libver=("v108", "v108")) as f:
        filtered_chunks(f)


@corpus_file
def fixed_arrays(path):
    """The index of shapes with an upper limit: whole, in pages, with pages that were never written."""
    with h5py.File(path, "w", libver="latest") as f:
        filtered_chunks(f)
        filtered_chunks(f.create_group("limited"), maxshape=(30, 50))
        f.create_dataset("pages", data=counting((2500,)), chunks=(1,))
        f.create_dataset("pages_gzip", data=counting((1300,)), chunks=(1,), compression="gzip")
        sparse = f.create_dataset("sparse", shape=(30, 400), dtype="<f4", chunks=(1, 2), fillvalue=4)
        sparse[7, 100:120] = counting((20,))
        sparse[29, 399] = 5


@corpus_file
def single_chunks(path):
    """One chunk as large as the dataset, filtered or not."""
    with h5py.File(path, "w", libver="latest") as f:
        f.create_dataset("plain", data=counting((6, 5)), chunks=(6, 5))
        f.create_dataset("gzip", data=counting((6, 5)), chunks=(6, 5), compression="gzip", shuffle=True)
        f.create_dataset("hole", shape=(6, 5), dtype="<f4", chunks=(6, 5), fillvalue=2)
        masked = f.create_dataset("masked", shape=(4,), dtype="<f4", chunks=(4,), compression="gzip", fletcher32=True)
        masked.id.write_direct_chunk((0,), counting((4,)).tobytes(), filter_mask=3)


@corpus_file
def implicit(path):
    """Chunks without an index, for which room was made at once."""
    with h5py.File(path, "w", libver="latest") as f:
        for name, shape, most, chunk in (("exact", (8, 6), None, (4, 3)), ("partial", (7, 7), None, (4, 3)),
                                         ("limited", (7, 7), (13, 20), (4, 3))):
            creation = h5p.create(h5p.DATASET_CREATE)
            creation.set_chunk(chunk)
            creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
            space = h5s.create_simple(shape, most or shape)
            h5d.create(f.id, name.encode(), h5t.IEEE_F32LE, space, creation)
            f[name][...] = counting(shape)


@corpus_file
def extensible_arrays(path):
    """The index of shapes with one unlimited dimension: entries in the index block, data blocks, super blocks, pages."""
    with h5py.File(path, "w", libver="latest") as f:
        filtered_chunks(f, maxshape=(None, 50))
        for count in (3, 30, 400):
            f.create_dataset(f"{count}", data=counting((count,)), chunks=(1,), maxshape=(None,))
            f.create_dataset(f"{count}_gzip", data=counting((count,)), chunks=(1,), maxshape=(None,), compression="gzip")
        f.create_dataset("second", data=counting((5, 40)), chunks=(2, 3), maxshape=(9, None))
        f.create_dataset("middle", data=counting((3, 9, 5)), chunks=(2, 2, 2), maxshape=(6, None, 7))
        sparse = f.create_dataset("pages", shape=(140000,), dtype="u1", chunks=(1,), maxshape=(None,), fillvalue=3)
        for at in (0, 5, 100, 2000, 131059, 131060, 132083, 132084, 133108, 139999):
            sparse[at] = 100 + at % 100
        shrunk = f.create_dataset("shrunk", data=counting((50,)), chunks=(4,), maxshape=(None,))
        shrunk.resize((13,))


@corpus_file
def chunks_in_btree2(path):
    """The index of shapes with several unlimited dimensions, a B-tree of one and of several levels."""
    with h5py.File(path, "w", libver="latest") as f:
        filtered_chunks(f, maxshape=(None, None))
        f.create_dataset("many", data=counting((40, 60)), chunks=(1, 1), maxshape=(None, None))
        f.create_dataset("many_gzip", data=counting((20, 60)), chunks=(1, 2), maxshape=(None, None), compression="gzip")


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
    with h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, fapl=access)) as f:
        f["d"] = counting((3,))


def family(path, libver):
    """The first of several files that are one."""
    with h5py.File(path.replace(".h5", "%d.h5"), "w", driver="family", memb_size=1 << 20, libver=libver) as f:
        f["d"] = counting((3,))
    pathlib.Path(path.replace(".h5", "0.h5")).rename(path)


@corpus_file
def family_earliest(path):
    """Driver information beside superblock 0."""
    family(path, "earliest")


@corpus_file
def family_latest(path):
    """Driver information in the superblock's extension."""
    family(path, "latest")


# Files that are not opened at all, and the feature for that.
CLOSED = {"wide": "addresses of 16 bytes", "cache_image": "metadata cache image", "family_earliest": "driver information",
          "family_latest": "driver information"}
