"""Writes the configs of all architectures of keras.applications, for tests that draw their graphs.

    python tools/keras/graphs.py explore/testdata/applications.json.gz

The file is a JSON object from name to what model.to_json() returned, compressed; without
initializers and the like. Weights are neither drawn nor written: a config does not depend on them.
"""

import gzip
import json
import sys

import keras




def architectures():
    """Returns the functions of keras.applications that build a net, by name."""
    found = {}
    for name in sorted(dir(keras.applications)):
        f = getattr(keras.applications, name)
        if callable(f) and name[0].isupper():
            found[name] = f
    return found


def slim(config):
    """Returns the config without what says nothing of the graph and fills most of it."""
    if isinstance(config, list):
        return [slim(c) for c in config]
    if not isinstance(config, dict):
        return config
    ends = ("_initializer", "_regularizer", "_constraint")
    return {k: slim(v) for k, v in config.items() if k != "build_config" and not k.endswith(ends)}


def main():
    configs = {}
    for name, build in architectures().items():
        keras.utils.clear_session()
        with keras.StatelessScope(initialize_variables=False):
            configs[name] = slim(json.loads(build(weights=None).to_json()))
        print(name, file=sys.stderr)
    text = json.dumps(configs, separators=(",", ":"), sort_keys=True)
    with gzip.GzipFile(sys.argv[1], "wb", compresslevel=9, mtime=0) as f:
        f.write(text.encode())


main()
