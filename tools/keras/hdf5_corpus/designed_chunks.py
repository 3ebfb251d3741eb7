"""Files that are there for the ways in which chunks are found, as those of designed.py are for the rest."""
import h5py
from h5py import h5d, h5p, h5s, h5t

from designed import corpus_file, counting, random


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
def many_dimensions(path):
    """As many as the library has, 32, in every layout."""
    shape, chunk = (1,) * 29 + (2, 3, 5), (1,) * 29 + (1, 2, 3)
    for libver, mode in (("earliest", "w"), ("latest", "a")):
        with h5py.File(path, mode, libver=libver) as f:
            g = f.create_group(libver)
            g["contiguous"] = counting(shape)
            g.create_dataset("gzip", data=counting(shape), chunks=chunk, compression="gzip")
            g.create_dataset("growing", data=counting(shape), chunks=chunk, maxshape=(None,) * 32)
            g.attrs["values"] = counting(shape)
