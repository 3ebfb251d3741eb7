"""The factors that files are made of, which values of them exclude each other, and files that cover all pairs of the others.

A file has one value of each factor of FILE, and a few datasets and attributes with one value each of those of DATASET and
ATTRIBUTE. Every pair of values within a dataset, within an attribute, within the file, and between the file and its datasets and
attributes is in some file, unless EXCLUDED names it. What the reader refuses hides what is beside it: a pair counts only
where nothing outside of it is refused.
"""
import itertools
import random

NUMBERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]
ODD_NUMBERS = ["int 12 bits", "long double", "float128", "bfloat16"]
TEXTS = ["text null-terminated", "text null-padded", "text space-padded", "text fixed UTF-8"]
HEAP_TEXTS = ["text variable ASCII", "text variable UTF-8"]
BYTES = ["bitfield8", "bitfield32", "opaque", "compound", "compound nested", "complex64", "complex128", "bool", "enum",
         "array", "time"]
HEAP_BYTES = ["object reference", "region reference", "sequence"]
TYPES = NUMBERS + ODD_NUMBERS + TEXTS + HEAP_TEXTS + BYTES + HEAP_BYTES

CHUNKED = ["single", "fixed", "paged", "early", "growing", "growing twice"]
WHOLE = ["compact", "contiguous", "external", "virtual"]
PLAIN_FILTERS = ["+".join(order) for n in (1, 2, 3) for order in itertools.permutations(["deflate", "shuffle", "fletcher32"], n)]
SOUND_FILTERS = PLAIN_FILTERS + ["lzf", "shuffle+lzf", "fletcher32+lzf", "lzf+fletcher32"]
ODD_FILTERS = ["deflate+lzf", "scaleoffset", "nbit", "szip", "szip nearest neighbour", "deflate+deflate"]

FILE = {
    "libver": ["earliest", "v108", "v110", "v112", "v114"],
    "sizes": ["8,8", "4,4", "8,4", "4,8"],
    "user block": [0, 512, 2048],
    "space": ["default", "pages", "no free space", "kept"],
    "links": ["default", "in order", "dense", "dense in order", "narrow B-tree"],
    "names": ["few", "many", "UTF-8"],
    "aliases": ["none", "hard", "cycle", "soft", "external"],
    "shared": ["none", "dataspace", "datatype", "fill value", "filters", "attribute", "all", "all in B-tree"],
    "chunk B-tree": ["default", "narrow"],
}
DATASET = {
    "type": TYPES,
    "order": ["little", "big"],
    "layout": CHUNKED + WHOLE,
    "filters": ["none"] + SOUND_FILTERS + ODD_FILTERS,
    "level": list(range(1, 10)),
    "shape": ["scalar", "null", "no elements", "1", "2", "3", "5"],
    "edges": ["whole", "partial"],
    "partial chunks": ["filtered", "unfiltered"],
    "values": ["counting", "noise", "extremes"],
    "written": ["all", "a part", "nothing", "past filters"],
    "fill": ["default", "given", "undefined"],
    "fill time": ["if given", "on allocation", "never"],
    "allocation": ["default", "early", "late", "in steps"],
    "header": ["plain", "times", "dense attributes", "attributes in order", "attributes in continuations"],
    "committed": ["no", "yes"],
}
ATTRIBUTE = {
    "type": TYPES,
    "order": ["little", "big"],
    "shape": ["scalar", "null", "no elements", "1", "2", "3", "unlimited"],
    "values": ["counting", "noise", "extremes"],
    "name": ["short", "long", "UTF-8"],
    "committed": ["no", "yes"],
    "on": ["root", "group", "dataset"],
}
REFUSED = {("type", t) for t in TYPES if t not in NUMBERS} | {("filters", f) for f in ODD_FILTERS} | {
    ("layout", "external"), ("layout", "virtual")}
REFUSED_OF_ATTRIBUTES = {("type", t) for t in TYPES if t not in NUMBERS + TEXTS + HEAP_TEXTS}

# Factors with the values that exclude each other, and why.
EXCLUDED = [
    # The library filters chunks alone, and cuts into chunks what has dimensions alone.
    ({"layout": WHOLE}, {"filters": SOUND_FILTERS + ODD_FILTERS}),
    ({"layout": WHOLE}, {"partial chunks": ["unfiltered"]}),
    ({"layout": CHUNKED + ["virtual"]}, {"shape": ["scalar", "null"]}),
    # A chunk is no larger than a dimension that cannot grow, and an array of pages has 1,100 chunks.
    ({"layout": ["single", "fixed", "paged", "early"]}, {"shape": ["no elements"]}),
    ({"layout": ["paged"]}, {"shape": ["3", "5"]}),
    ({"layout": ["virtual", "external"]}, {"shape": ["no elements"]}),
    # Edges are those of chunks; a dataset of one chunk has none.
    ({"layout": WHOLE + ["single", "paged"]}, {"edges": ["partial"]}),
    ({"shape": ["scalar", "null", "no elements"]}, {"edges": ["partial"]}),
    ({"edges": ["whole"]}, {"partial chunks": ["unfiltered"]}),
    # Levels are those of deflate.
    ({"filters": ["none"] + [f for f in SOUND_FILTERS + ODD_FILTERS if "deflate" not in f]}, {"level": list(range(2, 10))}),
    # One byte has no order, nor has what is no number; bits of the heap's texts are in the library's.
    ({"type": ["int8", "uint8", "bitfield8", "opaque", "bool", "complex64", "complex128", "compound", "compound nested",
               "array", "time"] + TEXTS + HEAP_TEXTS + HEAP_BYTES}, {"order": ["big"]}),
    # Compact data and those that are early have their place at once; virtual ones never.
    ({"layout": ["compact"]}, {"allocation": ["late", "in steps"]}),
    ({"layout": ["early"]}, {"allocation": ["default", "late", "in steps"]}),
    ({"layout": ["virtual"]}, {"allocation": ["early", "late", "in steps"]}),
    ({"layout": ["virtual"]}, {"written": ["all", "a part", "past filters"]}),
    # These chunks are implicit only without filters.
    ({"layout": ["early"]}, {"filters": SOUND_FILTERS + ODD_FILTERS}),
    # There is nothing to write where there are no elements, and no part of one or of a heap's.
    ({"shape": ["null", "no elements"]}, {"written": ["all", "a part", "past filters"]}),
    ({"shape": ["scalar"]}, {"written": ["a part", "past filters"]}),
    ({"type": HEAP_TEXTS + HEAP_BYTES}, {"written": ["a part", "past filters"]}),
    ({"filters": ["none"]}, {"written": ["past filters"]}),
    ({"layout": WHOLE}, {"written": ["past filters"]}),
    ({"layout": ["external"]}, {"written": ["nothing", "a part"]}),
    # What is neither written nor filled is what the memory held: another at each run.
    ({"fill": ["undefined"]}, {"written": ["a part"]}),
    ({"fill": ["undefined"]}, {"fill time": ["on allocation"]}),
    ({"fill time": ["never"]}, {"written": ["a part"]}),
    ({"fill time": ["never"]}, {"allocation": ["early"]}),
    ({"fill": ["undefined"]}, {"allocation": ["early"]}),
    ({"fill time": ["never"]}, {"layout": ["early", "compact"]}),
    ({"fill": ["undefined"]}, {"layout": ["early", "compact"]}),
    ({"fill time": ["never"]}, {"edges": ["partial"]}),
    ({"fill": ["undefined"]}, {"edges": ["partial"]}),
    # The heap has no fill value, and is not in external files.
    ({"type": HEAP_TEXTS + HEAP_BYTES}, {"fill": ["given", "undefined"], "fill time": ["never"]}),
    ({"type": HEAP_TEXTS + HEAP_BYTES}, {"layout": ["external", "virtual"]}),
    # The library cannot open what it wrote: "didn't find unlimited dimension".
    ({"sizes": ["4,4", "8,4"]}, {"layout": ["growing", "growing twice"]}),
    # The library sums no chunks of references to its heap.
    ({"filters": [f for f in SOUND_FILTERS if "fletcher32" in f]}, {"type": HEAP_TEXTS + ["sequence"]}),
    # Filters that take numbers alone, of sizes that they know, and blocks of four of them.
    ({"filters": ["scaleoffset"]}, {"type": [t for t in TYPES if t not in NUMBERS or t == "float16"]}),
    ({"filters": ["szip", "szip nearest neighbour"]}, {"type": [t for t in TYPES if t not in NUMBERS]}),
    ({"filters": ["szip", "szip nearest neighbour"]}, {"layout": ["paged"]}),
    ({"filters": ["nbit"]}, {"type": HEAP_TEXTS + HEAP_BYTES}),
    # Extremes are those of numbers.
    ({"type": [t for t in TYPES if t not in NUMBERS]}, {"values": ["extremes"]}),
    # What is virtual or leaves chunks unfiltered is of format 1.10.
    ({"libver": ["v108"]}, {"layout": ["virtual"]}),
    ({"libver": ["earliest", "v108"]}, {"partial chunks": ["unfiltered"]}),
    # An attribute's own exclusions: empty ones have no values.
    ({"shape": ["null", "no elements"]}, {"values": ["noise", "extremes"]}),
    # Format 1.8 has no pages, and only old groups have old B-trees.
    ({"libver": ["v108"]}, {"space": ["pages", "no free space", "kept"]}),
    ({"libver": ["v108", "v110", "v112", "v114"]}, {"links": ["narrow B-tree"]}),
]
SLOTS = {"dataset": 3, "attribute": 4}
SEED = 20


def conflicts():
    pairs = set()
    for left, right in EXCLUDED:
        for (a, values), (b, others) in itertools.product(left.items(), right.items()):
            for pair in itertools.product(values, others):
                pairs.add(((a, pair[0]), (b, pair[1])))
                pairs.add(((b, pair[1]), (a, pair[0])))
    return pairs


class Cover:
    def __init__(self):
        self.random = random.Random(SEED)
        self.conflicts = conflicts()
        self.open = set()
        self.prefers_defaults = True
        self.factors = {"file": FILE, "dataset": DATASET, "attribute": ATTRIBUTE}
        self.refused = {"file": set(), "dataset": REFUSED, "attribute": REFUSED_OF_ATTRIBUTES}
        for a, b in (("file", "file"), ("dataset", "dataset"), ("attribute", "attribute"), ("file", "dataset"), ("file", "attribute")):
            for left, right in itertools.product(self.items(a), self.items(b)):
                if (a, left[0]) < (b, right[0]) and self.possible(left, right):
                    if self.exists({a: dict([left])} | {b: {**({left[0]: left[1]} if a == b else {}), right[0]: right[1]}}):
                        self.open.add(frozenset(((a, *left), (b, *right))))
        self.ranked = sorted(self.open, key=lambda pair: sorted(map(str, pair)))

    def items(self, kind):
        return [(factor, value) for factor, values in self.factors[kind].items() for value in values]

    def possible(self, left, right):
        return (left, right) not in self.conflicts

    def exists(self, rows):
        """Whether a file can have these values: exclusions of several pairs may leave none of a third factor."""
        file = self.complete("file", rows.get("file", {}), {})
        return bool(file) and all(kind == "file" or self.complete(kind, row, rows.get("file", {})) for kind, row in rows.items())

    def complete(self, kind, row, around):
        """A random row with these values and none that is refused or excluded by another or by one of around; None where there
        is none."""
        choices = {}
        for factor in self.factors[kind]:
            if factor not in row:
                choices[factor] = [v for v in self.factors[kind][factor] if (factor, v) not in self.refused[kind]
                                   and all(self.possible((factor, v), item) for item in itertools.chain(row.items(), around.items()))]
        if not choices:
            return row
        factor = min(choices, key=lambda f: len(choices[f]))
        values = self.random.sample(choices[factor], len(choices[factor]))
        if kind == "file" and self.prefers_defaults and self.random.random() < 0.6:
            values.sort(key=FILE[factor][0].__ne__)  # the default first: most others need newer formats
        for value in values:
            found = self.complete(kind, {**row, factor: value}, around)
            if found:
                return found
        return None

    def covered(self, kind, row, file):
        """The open pairs that a row covers, in its file."""
        items = [(kind, *item) for item in row.items()]
        odd = {item for item in items if item[1:] in self.refused[kind]}
        pairs = itertools.combinations(items, 2)
        if kind != "file":
            pairs = itertools.chain(pairs, itertools.product([("file", *item) for item in file.items()], items))
        return {pair for pair in map(frozenset, pairs) if pair in self.open and odd <= pair}

    def row(self, kind, file, wanted, tries=24):
        """The row that covers most, of some around open pairs."""
        best, most = None, set()
        for pair in wanted:
            fixed = {item[1]: item[2] for item in pair if item[0] == kind}
            outside = {item[1]: item[2] for item in pair if item[0] == "file"} if kind != "file" else {}
            if any(file.get(factor) != value for factor, value in outside.items()):
                continue
            if not all(self.possible(item, other) for item in fixed.items() for other in (file.items() if kind != "file" else ())):
                continue
            row = self.complete(kind, fixed, file if kind != "file" else {})
            covers = self.covered(kind, row, file) if row else set()
            if len(covers) > len(most):
                best, most = row, covers
            tries -= 1
            if tries == 0:
                break
        if best is None:
            best = self.complete(kind, {}, file if kind != "file" else {})
        self.open -= self.covered(kind, best, file)
        return best

    def sample(self, kind):
        """Open pairs of this kind in random order, reproducibly."""
        self.ranked = [pair for pair in self.ranked if pair in self.open]
        pairs = [pair for pair in self.ranked if any(item[0] == kind for item in pair)]
        self.random.shuffle(pairs)
        return pairs

    def file(self):
        file = self.row("file", {}, self.sample("file"))
        rows = {"file": file}
        for kind, slots in SLOTS.items():
            rows[kind] = []
            for _ in range(slots):
                rows[kind].append(self.row(kind, file, self.sample(kind)))
        return rows


def files():
    """Rows of files until every pair is covered."""
    cover = Cover()
    fruitless = 0
    while cover.open:
        before = len(cover.open)
        rows = cover.file()
        if len(cover.open) < before:
            fruitless = 0
            yield rows
            continue
        cover.prefers_defaults = False
        fruitless += 1
        if fruitless == 50:
            raise RuntimeError(f"no file covers {sorted(map(sorted, [map(str, p) for p in cover.open]))[:10]}")
