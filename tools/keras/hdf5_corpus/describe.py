"""What h5py reads in a file, and which features of HDF5 each part of it has."""
import base64

import h5py
import numpy as np
from h5py import h5d, h5s, h5t, h5z

import library

FILTERS = {h5z.FILTER_DEFLATE: "deflate", h5z.FILTER_SHUFFLE: "shuffle", h5z.FILTER_FLETCHER32: "fletcher32",
           h5z.FILTER_SZIP: "szip", h5z.FILTER_NBIT: "nbit", h5z.FILTER_SCALEOFFSET: "scaleoffset", 32000: "lzf"}
CLASSES = {h5t.STRING: "string", h5t.BITFIELD: "bitfield", h5t.OPAQUE: "opaque", h5t.COMPOUND: "compound",
           h5t.REFERENCE: "reference", h5t.ENUM: "enum", h5t.VLEN: "variable-length sequence", h5t.ARRAY: "array",
           h5t.TIME: "time"}
PADDINGS = {h5t.STR_NULLTERM: "null-terminated", h5t.STR_NULLPAD: "null-padded", h5t.STR_SPACEPAD: "space-padded"}
STRATEGIES = ["free-space managers", "pages", "aggregators", "no free space"]  # H5F_fspace_strategy_t
# Sign, exponent's place and size, mantissa's place and size, bias.
IEEE = {2: ((15, 10, 5, 0, 10), 15), 4: ((31, 23, 8, 0, 23), 127), 8: ((63, 52, 11, 0, 52), 1023)}


def base64_of(values):
    return base64.b64encode(values.tobytes()).decode()


def number_type(kind):
    """The name of a plain number in NumPy's manner, else None."""
    size = kind.get_size()
    if kind.get_class() not in (h5t.INTEGER, h5t.FLOAT) or kind.get_offset() or kind.get_precision() != 8 * size:
        return None
    if kind.get_class() == h5t.INTEGER:
        return f"{'int' if kind.get_sign() == h5t.SGN_2 else 'uint'}{8 * size}"
    plain = (kind.get_fields(), kind.get_ebias()) == IEEE.get(size) and kind.get_norm() == h5t.NORM_IMPLIED
    return f"float{8 * size}" if plain else None


def type_features(kind):
    """A type's own features: its name, the order of its bytes, whether it is an object of its own."""
    features = []
    group = kind.get_class()
    if group in CLASSES:
        name = CLASSES[group]
    else:
        name = number_type(kind) or {h5t.INTEGER: "integer", h5t.FLOAT: "float"}[group] + " in an unusual layout"
        features.append("big-endian" if kind.get_order() == h5t.ORDER_BE else "little-endian")
    if group == h5t.STRING and kind.is_variable_str():
        name = "variable-length string"
    elif group == h5t.STRING:
        name = "fixed-length string"
        features.append(f"string {PADDINGS[kind.get_strpad()]}")
    if group == h5t.STRING:
        features.append("string of UTF-8" if kind.get_cset() == h5t.CSET_UTF8 else "string of ASCII")
    if kind.committed():
        features.append("committed type")
    return name, features


def space_feature(space):
    extent = space.get_simple_extent_type()
    if extent in (h5s.NULL, h5s.SCALAR):
        return "null" if extent == h5s.NULL else "scalar"
    shape = space.get_simple_extent_dims()
    return "no elements" if 0 in shape else f"{len(shape)} dimensions" if len(shape) > 1 else "1 dimension"


def describe_attribute(attribute_id):
    space, kind = attribute_id.get_space(), attribute_id.get_type()
    name, features = type_features(kind)
    attribute = {"shape": list(attribute_id.shape or ()), "null": space.get_simple_extent_type() == h5s.NULL,
                 "features": [f"attribute of {name}", f"attribute: {space_feature(space)}"] + features}
    if attribute["null"] or 0 in attribute["shape"]:
        attribute["empty"] = True
        return attribute
    if attribute_id.get_storage_size() > 0xFFFF:
        attribute["features"].append("attribute over 64 KiB")
    if not isinstance(kind, h5t.TypeStringID) and not number_type(kind):
        return attribute
    values = np.empty(attribute_id.shape, attribute_id.dtype)
    if isinstance(kind, h5t.TypeStringID):
        attribute_id.read(values, mtype=h5t.py_create(attribute_id.dtype))
        strings = [v if isinstance(v, bytes) else (v or "").encode() for v in values.ravel()]
        attribute["strings"] = [base64.b64encode(s).decode() for s in strings]
    else:
        attribute_id.read(values)
        attribute["float64"] = base64_of(values.astype("<f8"))
    return attribute


def describe_attributes(holder):
    return {name: describe_attribute(holder.attrs.get_id(name)) for name in holder.attrs}


def header_features(holder):
    info = library.object_info(holder)
    features = [f"object header {info.version}"]
    if info.blocks > 1:
        features.append("object header continued")
    if info.flags & 1 << 5:
        features.append("object header with times")
    if info.flags & 1 << 2:
        features.append("attributes in creation order")
    if info.attributes.heap:
        features.append("dense attributes")
    elif len(holder.attrs):
        features.append("compact attributes")
    committed = isinstance(holder, h5py.Dataset) and holder.id.get_type().committed()
    for kind, flag in library.SHARED_MESSAGES.items():
        if info.shared & flag and not (committed and kind == "datatype"):
            features.append(f"shared {kind}")
    return features


def group_features(group):
    features = header_features(group) + [library.link_storage(group)]
    creation = group.id.get_create_plist()
    if creation.get_link_creation_order():
        features.append("links in creation order")
    if library.call("H5Pget_nfilters", creation):
        features.append("filtered links")
    return features


def layout_features(dataset):
    creation = dataset.id.get_create_plist()
    layout = creation.get_layout()
    if layout == h5d.VIRTUAL:
        return ["virtual dataset"]
    if creation.get_external_count():
        return ["external files"]
    if layout != h5d.CHUNKED:
        return [{h5d.COMPACT: "compact data", h5d.CONTIGUOUS: "contiguous data"}[layout]]
    features = ["chunked data", f"chunks by {library.chunk_index(dataset)}"]
    if library.leaves_partial_chunks_unfiltered(creation):
        features.append("partial chunks left unfiltered")
    applied = [FILTERS[creation.get_filter(i)[0]] for i in range(creation.get_nfilters())]
    features += [f"filter {name}" for name in dict.fromkeys(applied)]
    if len(set(applied)) < len(applied):
        features.append("filter twice")
    elif set(applied) >= {"deflate", "lzf"}:
        features.append("deflate and lzf together")
    elif len(applied) > 1 and set(applied) <= {"deflate", "shuffle", "fletcher32", "lzf"}:
        features.append("filters " + ", ".join(applied))
    if any(n % c for n, c in zip(dataset.shape, dataset.chunks)):
        features.append("chunks over the edge")
    stored = dataset.id.get_num_chunks()
    if stored < np.prod([-(-n // c) for n, c in zip(dataset.shape, dataset.chunks)]):
        features.append("chunks never written")
    if any(dataset.id.get_chunk_info(i).filter_mask for i in range(min(stored, 64))):
        features.append("filters switched off for a chunk")
    return features


def fill_features(dataset):
    creation = dataset.id.get_create_plist()
    status = {h5d.FILL_VALUE_UNDEFINED: "undefined", h5d.FILL_VALUE_DEFAULT: "default", h5d.FILL_VALUE_USER_DEFINED: "given"}
    time = {h5d.FILL_TIME_ALLOC: "on allocation", h5d.FILL_TIME_NEVER: "never", h5d.FILL_TIME_IFSET: "if given"}
    alloc = {h5d.ALLOC_TIME_EARLY: "early", h5d.ALLOC_TIME_LATE: "late", h5d.ALLOC_TIME_INCR: "in steps"}
    return [f"fill value {status[creation.fill_value_defined()]}", f"fill {time[creation.get_fill_time()]}",
            f"allocated {alloc[creation.get_alloc_time()]}"]


def describe_dataset(dataset):
    kind = dataset.id.get_type()
    name, features = type_features(kind)
    space = dataset.id.get_space()
    features = [f"dataset of {name}", f"dataset: {space_feature(space)}"] + features
    if h5s.UNLIMITED in (dataset.maxshape or ()):
        features.append("unlimited dimension")
    stored = layout_features(dataset)
    described = {"shape": list(dataset.shape or ()), "attrs": describe_attributes(dataset),
                 "features": features + header_features(dataset) + fill_features(dataset), "storage": stored,
                 "unstored": dataset.size in (None, 0) or dataset.id.get_storage_size() == 0}
    if not number_type(kind):
        return described
    described["type"] = number_type(kind)
    try:
        values = np.zeros(0, "<f4") if dataset.shape is None else np.asarray(dataset[()])
    except OSError:
        described["void"] = True
        return described
    with np.errstate(over="ignore", invalid="ignore"):
        described["float32"] = base64_of(values.astype("<f4"))
    return described


def file_features(f, raw):
    """Features of the whole file; of structures, those that its bytes have the signatures of."""
    creation = f.id.get_create_plist()
    base = creation.get_userblock()
    addresses, lengths = creation.get_sizes()
    strategy, persistent, _ = creation.get_file_space_strategy()
    features = [f"superblock {raw[base + 8]}", f"addresses of {addresses} bytes", f"lengths of {lengths} bytes",
                f"file space by {STRATEGIES[strategy]}"]
    if base:
        features.append("user block")
    if persistent:
        features.append("free space kept")
    if library.shares_messages(creation):
        features.append("table of shared messages")
    levels = [raw[at + 5] for at in places(raw, b"TREE")]
    if levels and max(levels):
        features.append("version 1 B-tree of several levels")
    for signature, feature in ((b"BTIN", "version 2 B-tree of several levels"), (b"FHIB", "fractal heap with indirect blocks"),
                               (b"BTHD\0\1", "huge objects of a fractal heap"), (b"EASB", "extensible array with super blocks"),
                               (b"GCOL", "global heap"), (b"OCHK", "object header 2 continued")):
        if signature in raw:
            features.append(feature)
    return features


def places(raw, signature):
    at = raw.find(signature)
    while at >= 0:
        yield at
        at = raw.find(signature, at + 1)


def describe(path):
    groups, datasets, links, types, cycles, aliases, seen = {}, {}, {}, [], {}, {}, {}

    def visit(group, at, above):
        groups[at or "/"] = {"names": sorted(group, key=str.encode), "features": group_features(group),
                             "attrs": describe_attributes(group)}
        above = above | {h5py.h5o.get_info(group.id).addr: at or "/"}
        for child in group:
            where = f"{at}/{child}"
            link = group.get(child, getlink=True)
            if not isinstance(link, h5py.HardLink):
                links[where] = {h5py.SoftLink: "soft link", h5py.ExternalLink: "external link"}[type(link)]
                continue
            found = group[child]
            address = h5py.h5o.get_info(found.id).addr
            if address in above:
                cycles[where] = above[address]
            elif isinstance(found, h5py.Group):
                visit(found, where, above)
            elif isinstance(found, h5py.Datatype):
                types.append(where)
            elif address in seen:
                aliases[where] = seen[address]
            else:
                seen[address] = where
                datasets[where] = describe_dataset(found)

    with open(path, "rb") as raw, h5py.File(path, "r") as f:
        features = file_features(f, raw.read())
        visit(f, "", {})
    return {"features": features, "groups": groups, "datasets": datasets, "links": links, "types": types, "cycles": cycles,
            "aliases": aliases}
