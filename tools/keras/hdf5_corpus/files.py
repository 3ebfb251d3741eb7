"""Writes one file of the matrix."""
import ctypes

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5p, h5s, h5t, h5z

import library
import values

BOUNDS = {"earliest": (h5f.LIBVER_EARLIEST, h5f.LIBVER_LATEST), "v108": (h5f.LIBVER_V18,) * 2, "v110": (h5f.LIBVER_V110,) * 2,
          "v112": (h5f.LIBVER_V112,) * 2, "v114": (h5f.LIBVER_V114,) * 2}
SHARED = {"all": list(library.SHARED_MESSAGES), "all in B-tree": list(library.SHARED_MESSAGES)}
ORDERED = h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED
CHUNKS = {"1": (4,), "2": (3, 4), "3": (2, 2, 3), "5": (2, 1, 2, 1, 2), "no elements": (3, 4)}
COUNTS = {"1": (3,), "2": (2, 2), "3": (2, 2, 2), "5": (2, 1, 2, 2, 2)}
PAGED = {"1": (1100,), "2": (22, 50)}
ALLOCATIONS = {"default": h5d.ALLOC_TIME_DEFAULT, "early": h5d.ALLOC_TIME_EARLY, "late": h5d.ALLOC_TIME_LATE,
               "in steps": h5d.ALLOC_TIME_INCR}
FILL_TIMES = {"if given": h5d.FILL_TIME_IFSET, "on allocation": h5d.FILL_TIME_ALLOC, "never": h5d.FILL_TIME_NEVER}


def create_file(path, row):
    creation, access = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
    access.set_libver_bounds(*BOUNDS[row["libver"]])
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    creation.set_obj_track_times(False)
    creation.set_userblock(row["user block"])
    creation.set_sizes(*map(int, row["sizes"].split(",")))
    if row["space"] == "pages":
        creation.set_file_space_strategy(h5f.FSPACE_STRATEGY_PAGE, False, 1)
        creation.set_file_space_page_size(512)
    elif row["space"] != "default":
        strategy = h5f.FSPACE_STRATEGY_NONE if row["space"] == "no free space" else h5f.FSPACE_STRATEGY_FSM_AGGR
        creation.set_file_space_strategy(strategy, row["space"] == "kept", 1)
    if row["links"].endswith("in order"):
        creation.set_link_creation_order(ORDERED)
        creation.set_attr_creation_order(ORDERED)
    if row["links"] == "narrow B-tree":
        library.set_group_btree(creation, 1, 1)
    if row["chunk B-tree"] == "narrow":
        library.set_chunk_btree(creation, 2)
    if row["shared"] != "none":
        library.share_messages(creation, SHARED.get(row["shared"], [row["shared"]]), row["shared"] == "all in B-tree")
    return h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, creation, access))


def create_group(f, name, row):
    creation = h5p.create(h5p.GROUP_CREATE)
    creation.set_obj_track_times(False)
    if row["links"].endswith("in order"):
        creation.set_link_creation_order(ORDERED)
        creation.set_attr_creation_order(ORDERED)
    if row["links"].startswith("dense"):
        library.set_dense_links(creation)
    link = h5p.create(h5p.LINK_CREATE)
    link.set_create_intermediate_group(True)
    return h5py.Group(h5py.h5g.create(f.id, name.encode(), link, creation))


def geometry(row):
    """A dataset's shape, its largest shape and its chunks, None where it has none."""
    shape, layout = row["shape"], row["layout"]
    if shape in ("scalar", "null"):
        return (), (), None
    chunk = CHUNKS[shape]
    if layout == "paged":
        return PAGED[shape], PAGED[shape], (1,) * len(PAGED[shape])
    if shape == "no elements":
        dims = (0, 4)
    else:
        dims = tuple(c * n - (row["edges"] == "partial" and c > 1) for c, n in zip(chunk, COUNTS[shape]))
    most = dims
    if layout == "growing":
        most = (*(3 * n + 1 for n in dims[:-1]), None) if row["values"] == "noise" else (None, *(2 * n for n in dims[1:]))
    elif layout == "growing twice":
        most = (None,) * len(dims)
    return dims, most, dims if layout == "single" else chunk


def set_filters(creation, row):
    number = row["type"].startswith("float")
    for name in row["filters"].split("+"):
        if name == "deflate":
            creation.set_deflate(row["level"])
        elif name == "shuffle":
            creation.set_shuffle()
        elif name == "fletcher32":
            creation.set_fletcher32()
        elif name == "lzf":
            creation.set_filter(32000, h5z.FLAG_OPTIONAL)
        elif name == "nbit":
            creation.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL)
        elif name == "scaleoffset":
            creation.set_scaleoffset(h5z.SO_FLOAT_DSCALE if number else h5z.SO_INT, 3 if number else 0)
        elif name != "none":
            creation.set_szip(h5z.SZIP_NN_OPTION_MASK if "neighbour" in name else h5z.SZIP_EC_OPTION_MASK, 4)


def set_fill(creation, row, kind, random, f):
    if row["fill"] == "undefined":
        library.call("H5Pset_fill_value", creation, ctypes.c_int64(kind.id), ctypes.c_void_p())
    elif row["fill"] == "given":
        value = values.values(f, {**row, "values": "noise"}, kind, 1, random)[0].tobytes()
        library.call("H5Pset_fill_value", creation, ctypes.c_int64(kind.id), ctypes.c_char_p(value))
    creation.set_fill_time(FILL_TIMES[row["fill time"]])


def dataset_creation(f, row, kind, space, chunk, random):
    creation = h5p.create(h5p.DATASET_CREATE)
    layout, header = row["layout"], row["header"]
    if layout == "compact":
        creation.set_layout(h5d.COMPACT)
    elif layout == "external":
        creation.set_external(b"other.raw", 0, h5f.UNLIMITED)
    elif layout == "virtual":
        creation.set_virtual(space, b"other.h5", b"sound", space)
    elif layout != "contiguous":
        creation.set_chunk(chunk)
        set_filters(creation, row)
    if row["partial chunks"] == "unfiltered":
        library.leave_partial_chunks_unfiltered(creation)
    creation.set_alloc_time(ALLOCATIONS[row["allocation"]])
    set_fill(creation, row, kind, random, f)
    creation.set_obj_track_times(header == "times")
    if header == "dense attributes":
        creation.set_attr_phase_change(0, 0)
    elif header == "attributes in order":
        creation.set_attr_creation_order(ORDERED)
    return creation


def create_dataset(f, group, name, row, random):
    kind = values.make(row)
    if row["committed"] == "yes":
        kind.commit(f.id, f"type of {name}".encode())
    dims, most, chunk = geometry(row)
    space = h5s.create(h5s.NULL) if row["shape"] == "null" else h5s.create_simple(
        dims, tuple(h5s.UNLIMITED if m is None else m for m in most)) if dims else h5s.create(h5s.SCALAR)
    creation = dataset_creation(f, row, kind, space, chunk, random)
    dataset = h5py.Dataset(h5d.create(group.id, name.encode(), kind, space, creation))
    # Those of other shapes are not of this layout.
    if row["layout"] != "external":
        write(f, dataset.id, row, kind, dims, chunk, random)
    if row["header"] == "attributes in continuations":
        for i in range(6):
            dataset.attrs[f"later{i}"] = np.bytes_("x" * (1 + 40 * i))
    return dataset


def write(f, dataset_id, row, kind, dims, chunk, random):
    if row["written"] == "nothing":
        return
    part = dims
    if row["written"] == "a part":
        part = tuple(min(c, n) for c, n in zip(chunk or dims, dims))
        part = (max(1, part[0] // 2), *part[1:])
    array, memory = values.values(f, row, kind, int(np.prod(part)), random)
    if row["written"] == "a part":
        space = dataset_id.get_space()
        space.select_hyperslab((0,) * len(dims), part)
        dataset_id.write(h5s.create_simple(part), space, array.reshape(part), memory)
    else:
        dataset_id.write(h5s.ALL, h5s.ALL, array.reshape(part), memory)
    if row["written"] == "past filters":
        count = len(row["filters"].split("+"))
        raw = values.values(f, row, kind, int(np.prod(chunk)), random)[0].tobytes()
        dataset_id.write_direct_chunk((0,) * len(dims), raw, (1 << count) - 1)


def create_attribute(f, holder, number, row, random):
    kind = values.make(row)
    if row["committed"] == "yes":
        kind.commit(f.id, f"type of attribute {number}".encode())
    name = {"short": "a", "long": "attribute_" + "x" * 200, "UTF-8": "属性é"}[row["name"]] + str(number)
    dims = {"1": (5,), "2": (2, 3), "3": (1, 2, 2), "no elements": (0,), "unlimited": (3,)}.get(row["shape"], ())
    if row["shape"] in ("scalar", "null"):
        space = h5s.create(h5s.SCALAR if row["shape"] == "scalar" else h5s.NULL)
    else:
        space = h5s.create_simple(dims, (h5s.UNLIMITED,) if row["shape"] == "unlimited" else dims)
    attribute = h5a.create(holder.id, name.encode(), kind, space)
    if row["shape"] not in ("null", "no elements"):
        array, memory = values.values(f, row, kind, int(np.prod(dims)), random)
        attribute.write(array.reshape(dims), memory)


def write_file(path, rows, seed):
    """Writes the file of these rows: root group, group "g" with datasets, attributes on all of them."""
    random = np.random.default_rng(seed)
    row = rows["file"]
    with create_file(path, row) as f:
        creation = h5p.create(h5p.DATASET_CREATE)
        creation.set_obj_track_times(False)
        target = h5d.create(f.id, b"target", h5t.STD_U8LE, h5s.create_simple((3,)), creation)
        target.write(h5s.ALL, h5s.ALL, np.arange(3, dtype="u1"))
        group = create_group(f, "g", row)
        datasets = [create_dataset(f, group, f"d{i}", dataset, random) for i, dataset in enumerate(rows["dataset"])]
        for i, attribute in enumerate(rows["attribute"]):
            holder = {"root": f, "group": group, "dataset": datasets[i % len(datasets)]}[attribute["on"]]
            create_attribute(f, holder, i, attribute, random)
        if row["names"] != "few":
            for i in range(30 if row["names"] == "many" else 6):
                group[f"layer_{i}" if row["names"] == "many" else f"层{i}é"] = f["target"]
        add_aliases(f, group, row)


def add_aliases(f, group, row):
    below = create_group(group, "below", row)
    if row["aliases"] == "hard":
        below["hard"] = group["d0"]
    elif row["aliases"] == "cycle":
        below["back"], below["top"] = group, f["/"]
    elif row["aliases"] == "soft":
        group["soft"], below["dangling"] = h5py.SoftLink("/target"), h5py.SoftLink("nowhere")
    elif row["aliases"] == "external":
        group["external"] = h5py.ExternalLink("other.h5", "/sound")
