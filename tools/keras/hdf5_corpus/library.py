"""What libhdf5 does and h5py has no function for: called in the library that h5py itself has loaded."""
import ctypes
import pathlib

import h5py

SHARED_MESSAGES = {"dataspace": 1 << 1, "datatype": 1 << 3, "fill value": 1 << 5, "filters": 1 << 11, "attribute": 1 << 12}
CHUNK_INDEXES = ["version 1 B-tree", "single chunk", "implicit", "fixed array", "extensible array", "version 2 B-tree"]
LINK_STORAGE = ["symbol table", "compact links", "dense links"]

_library = ctypes.CDLL(str(next((pathlib.Path(h5py.__file__).parents[1] / "h5py.libs").glob("libhdf5-*"))))


class _Sizes(ctypes.Structure):
    _fields_ = [("index", ctypes.c_uint64), ("heap", ctypes.c_uint64)]


class _ObjectInfo(ctypes.Structure):
    """H5O_native_info_t."""
    _fields_ = [("version", ctypes.c_uint), ("messages", ctypes.c_uint), ("blocks", ctypes.c_uint), ("flags", ctypes.c_uint),
                ("space", ctypes.c_uint64 * 4), ("present", ctypes.c_uint64), ("shared", ctypes.c_uint64),
                ("links", _Sizes), ("attributes", _Sizes)]


class _GroupInfo(ctypes.Structure):
    """H5G_info_t."""
    _fields_ = [("storage", ctypes.c_int), ("links", ctypes.c_uint64), ("order", ctypes.c_int64), ("mounted", ctypes.c_bool)]


class _ImageConfig(ctypes.Structure):
    """H5AC_cache_image_config_t."""
    _fields_ = [("version", ctypes.c_int), ("generate", ctypes.c_bool), ("resizes", ctypes.c_bool), ("ageout", ctypes.c_int)]


def call(name, identifier, *arguments):
    """Calls a function whose first argument is an identifier of h5py and whose result is negative for failure."""
    function = getattr(_library, name)
    function.argtypes = [ctypes.c_int64] + [type(a) for a in arguments]
    result = function(identifier.id, *arguments)
    if result < 0:
        raise RuntimeError(f"{name}: {result}")
    return result


def object_info(holder):
    info = _ObjectInfo()
    call("H5Oget_native_info", holder.id, ctypes.pointer(info), ctypes.c_uint(0x18))
    return info


def link_storage(group):
    info = _GroupInfo()
    call("H5Gget_info", group.id, ctypes.pointer(info))
    return LINK_STORAGE[info.storage]


def chunk_index(dataset):
    index = ctypes.c_int()
    call("H5Dget_chunk_index_type", dataset.id, ctypes.pointer(index))
    return CHUNK_INDEXES[index.value]


def leaves_partial_chunks_unfiltered(creation):
    options = ctypes.c_uint()
    call("H5Pget_chunk_opts", creation, ctypes.pointer(options))
    return options.value != 0


def leave_partial_chunks_unfiltered(creation):
    call("H5Pset_chunk_opts", creation, ctypes.c_uint(2))


def set_group_btree(creation, internal, leaf):
    """Half of the children of an internal node, half of the names in a leaf."""
    call("H5Pset_sym_k", creation, ctypes.c_uint(internal), ctypes.c_uint(leaf))


def set_chunk_btree(creation, children):
    call("H5Pset_istore_k", creation, ctypes.c_uint(children))


def set_dense_links(creation):
    """Dense from the first link on."""
    call("H5Pset_link_phase_change", creation, ctypes.c_uint(0), ctypes.c_uint(0))


def deflate_links(creation):
    call("H5Pset_deflate", creation, ctypes.c_uint(6))


def share_messages(creation, kinds, in_btree):
    """One table of shared messages for these kinds, in a list or in a B-tree."""
    call("H5Pset_shared_mesg_nindexes", creation, ctypes.c_uint(1))
    flags = sum(SHARED_MESSAGES[kind] for kind in kinds)
    call("H5Pset_shared_mesg_index", creation, ctypes.c_uint(0), ctypes.c_uint(flags), ctypes.c_uint(1))
    if in_btree:
        call("H5Pset_shared_mesg_phase_change", creation, ctypes.c_uint(0), ctypes.c_uint(0))


def shares_messages(creation):
    count = ctypes.c_uint()
    call("H5Pget_shared_mesg_nindexes", creation, ctypes.pointer(count))
    return count.value > 0


def write_cache_image(access):
    call("H5Pset_mdc_image_config", access, ctypes.pointer(_ImageConfig(1, True, False, -1)))
