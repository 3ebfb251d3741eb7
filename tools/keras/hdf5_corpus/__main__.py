"""Writes loader/hdf5/testdata/corpus.zip: small HDF5 files, and what h5py reads in them.

    python tools/keras/hdf5_corpus [OUT.zip]

Entries, for each file NAME:
    NAME.h5      written by h5py
    NAME.json    {"features": [..], "opens": bool, "groups": {path: {"names", "features", "attrs"}},
                 "datasets": {path: {"shape", "type", "float32", "features", "storage", "unstored", "attrs"}},
                 "aliases": {path: path of the same dataset}, "cycles": {path: path of the group that it leads back to},
                 "links": {path: kind of a link that is not hard}, "types": [path of a committed type]}
Attributes are {"shape", "null", "empty", "features"} with "strings", each in base64, or "float64". "float32" and "float64" are
the values, little-endian, in base64. "features" are those of the part alone, as the library names them; "storage" are those that
matter only where something is stored, "unstored" says that nothing is. "void" are numbers that h5py itself does not read: in
other files, or neither written nor filled.

Two runs give the same bytes, but for what the library leaves to chance in a few files: hashes of shared messages, and gaps in
addresses of 16 bytes. The files are those of designed.py and designed_chunks.py, each for a few features, and those of
matrix.py, which cover all pairs.
"""
import json
import pathlib
import sys
import tempfile
import zipfile

import describe
import designed
import designed_chunks  # noqa: F401, adds to designed.FILES
import files
import matrix
import times

ROOT = pathlib.Path(__file__).resolve().parents[3]


def entries(folder):
    """Names of files and what is expected of them."""
    for name, write in sorted(designed.FILES.items()):
        path = folder / f"{name}.h5"
        write(str(path))
        yield path, designed.CLOSED.get(name)
    for number, rows in enumerate(matrix.files()):
        path = folder / f"matrix_{number:03}.h5"
        try:
            files.write_file(str(path), rows, number)
        except Exception as error:
            raise RuntimeError(f"{path.name}: {json.dumps(rows, indent=1)}") from error
        yield path, None


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "loader/hdf5/testdata/corpus.zip"
    out.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w") as archive:
        for path, closed in entries(pathlib.Path(folder)):
            if closed:
                times.fix_closed(path)
            else:
                times.fix(path)
            expected = {"features": [closed]} if closed else {"opens": True} | describe.describe(path)
            text = json.dumps(expected, sort_keys=True, ensure_ascii=False)
            for entry, data in ((path.name, path.read_bytes()), (f"{path.stem}.json", text.encode())):
                archive.writestr(zipfile.ZipInfo(entry), data, zipfile.ZIP_DEFLATED, 9)
            count += 1
    print(f"{out}: {count} files, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
