"""Zips a folder, with times that do not change.

    python tools/keras/containers/packing.py FOLDER FILE.zip
"""
import pathlib
import sys
import zipfile


def pack(folder, path):
    with zipfile.ZipFile(str(path), "w") as z:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                info = zipfile.ZipInfo(file.relative_to(folder).as_posix(), (2020, 1, 1, 0, 0, 0))
                z.writestr(info, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


if __name__ == "__main__":
    pack(pathlib.Path(sys.argv[1]), sys.argv[2])
