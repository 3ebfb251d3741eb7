"""The peers: each class loads a Network and answers for a batch, NHWC in.

Run as a program, it is one peer in a process of its own, so that no engine's
threads spin beside another's run: JSON lines on standard input and output.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import numpy as np

import network

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def oihw(op):
    """A convolution's kernel as peers want it; depthwise ones have no input channels."""
    return op.kernel.transpose(2, 3, 0, 1) if op.groups > 1 else op.kernel.transpose(3, 2, 0, 1)


def onnx_model(net):
    """The network as written, unfolded: NCHW, weights OIHW."""
    import onnx
    from onnx import helper, numpy_helper

    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    for op in net.ops:
        out, x = op.out, op.inputs[0]
        raw = out + "_raw" if op.activation else out
        pads = [op.pad[0]] * 2 + [op.pad[1]] * 2
        if op.kind == "conv":
            inputs = [x, constant(out + "_w", oihw(op)), constant(out + "_b", op.bias)]
            convolved = out + "_c" if op.norm else raw
            nodes.append(helper.make_node("Conv", inputs, [convolved], kernel_shape=[op.kernel.shape[0]] * 2, strides=[op.stride] * 2, pads=pads, group=op.groups))
            if op.norm:
                names = [constant(f"{out}_n{i}", v) for i, v in enumerate(op.norm[:4])]
                nodes.append(helper.make_node("BatchNormalization", [convolved, *names], [raw], epsilon=op.norm[4]))
        elif op.kind in ("add", "gate"):
            nodes.append(helper.make_node("Add" if op.kind == "add" else "Mul", op.inputs, [raw]))
        elif op.kind == "pool":
            nodes.append(helper.make_node("MaxPool", [x], [out], kernel_shape=[3, 3], strides=[2, 2], pads=pads))
        elif op.kind == "squeeze":
            nodes.append(helper.make_node("GlobalAveragePool", [x], [out]))
        elif op.kind == "mean":
            nodes.append(helper.make_node("GlobalAveragePool", [x], [out + "_p"]))
            nodes.append(helper.make_node("Flatten", [out + "_p"], [out]))
        elif op.kind == "dense":
            nodes.append(helper.make_node("Gemm", [x, constant(out + "_w", op.kernel), constant(out + "_b", op.bias)], [out]))
        else:
            nodes.append(helper.make_node("Softmax", [x], [out], axis=-1))
        if op.activation == "relu":
            nodes.append(helper.make_node("Relu", [raw], [out]))
        elif op.activation == "relu6":
            bounds = [constant(f"{out}_{v}", np.array(v)) for v in (0, 6)]
            nodes.append(helper.make_node("Clip", [raw, *bounds], [out]))
        elif op.activation == "sigmoid":
            nodes.append(helper.make_node("Sigmoid", [raw], [out]))
        elif op.activation == "swish":
            nodes.append(helper.make_node("Sigmoid", [raw], [out + "_s"]))
            nodes.append(helper.make_node("Mul", [raw, out + "_s"], [out]))
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, net.name, [info("input", onnx.TensorProto.FLOAT, ["n", 3, net.size, net.size])],
        [info(net.ops[-1].out, onnx.TensorProto.FLOAT, ["n", net.classes])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def nchw(x):
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


class OnnxRuntime:
    def __init__(self, net, batch):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = THREADS
        self.session = ort.InferenceSession(onnx_model(net), options, providers=["CPUExecutionProvider"])

    def prepare(self, x):
        return {"input": nchw(x)}

    def run(self, feeds):
        return self.session.run(None, feeds)[0]


class OpenVINO:
    def __init__(self, net, batch):
        import openvino as ov

        core = ov.Core()
        model = core.read_model(onnx_model(net))
        model.reshape([batch, 3, net.size, net.size])
        # It computes in bf16 by default where the processor can: not the same work.
        self.compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS})
        self.request = self.compiled.create_infer_request()

    def prepare(self, x):
        return nchw(x)

    def run(self, x):
        return next(iter(self.request.infer([x]).values()))


class PyTorch:
    """Eager mode; on a GPU in channels_last, with copies to and from it."""

    def __init__(self, net, batch, device="cpu", half=False, graph=False):
        import torch

        torch.set_num_threads(THREADS)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = True
        self.torch, self.device, self.ops, self.last = torch, device, net.ops, net.ops[-1].out
        self.dtype = torch.float16 if half else torch.float32
        self.layout = torch.channels_last if device != "cpu" else torch.contiguous_format
        put = lambda a: torch.from_numpy(np.ascontiguousarray(a, np.float32)).to(device, self.dtype)
        self.weights = {}
        for op in net.ops:
            if op.kind == "conv":
                kernel = put(oihw(op)).to(memory_format=self.layout)
                self.weights[op.out] = (kernel, put(op.bias), [put(v) for v in op.norm[:4]] if op.norm else None)
            elif op.kind == "dense":
                self.weights[op.out] = (put(op.kernel.T), put(op.bias), None)
        self.graph = self.capture(net, batch) if graph else None

    def capture(self, net, batch):
        torch = self.torch
        self.static = torch.zeros((batch, 3, net.size, net.size), dtype=self.dtype, device=self.device).to(memory_format=self.layout)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.inference_mode(), torch.cuda.stream(side):
            for _ in range(3):
                self.forward(self.static)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(graph):
            self.answer = self.forward(self.static)
        return graph

    def forward(self, x):
        f = self.torch.nn.functional
        values = {"input": x}
        for op in self.ops:
            x = values[op.inputs[0]]
            kernel, bias, norm = self.weights.get(op.out, (None, None, None))
            if op.kind == "conv":
                if op.pad[0] != op.pad[1]:
                    x = f.pad(x, op.pad * 2)
                x = f.conv2d(x, kernel, bias, op.stride, op.pad[0] if op.pad[0] == op.pad[1] else 0, 1, op.groups)
                if norm:
                    x = f.batch_norm(x, norm[2], norm[3], norm[0], norm[1], False, 0.0, op.norm[4])
            elif op.kind == "add":
                x = x + values[op.inputs[1]]
            elif op.kind == "gate":
                x = x * values[op.inputs[1]]
            elif op.kind == "squeeze":
                x = x.mean((2, 3), keepdim=True)
            elif op.kind == "pool":
                x = f.max_pool2d(x, 3, 2, op.pad[0])
            elif op.kind == "mean":
                x = x.mean((2, 3))
            elif op.kind == "dense":
                x = f.linear(x, kernel, bias)
            else:
                x = x.softmax(-1)
            if op.activation == "sigmoid":
                x = x.sigmoid_()
            elif op.activation:
                x = {"relu": f.relu, "relu6": f.relu6, "swish": f.silu}[op.activation](x, inplace=True)
            values[op.out] = x
        return values[self.last]

    def prepare(self, x):
        return self.torch.from_numpy(nchw(x))

    def run(self, x):
        with self.torch.inference_mode():
            if self.device != "cpu":
                x = x.to(self.device, self.dtype, non_blocking=True).to(memory_format=self.layout)
            if self.graph:
                self.static.copy_(x)
                self.graph.replay()
                return self.answer.float().cpu().numpy()
            return self.forward(x).float().cpu().numpy()


class Ncnn:
    """Normalisation folded and rectifiers fused, as its own optimiser does. It
    takes one image at a time: a batch is a loop."""

    def __init__(self, net, batch, vulkan=False):
        import ncnn

        self.ncnn, self.net = ncnn, ncnn.Net()
        o = self.net.opt
        o.use_vulkan_compute = vulkan
        o.num_threads = THREADS
        o.use_fp16_packed = o.use_fp16_storage = o.use_fp16_arithmetic = False
        o.use_bf16_packed = o.use_bf16_storage = False
        with tempfile.TemporaryDirectory() as folder:
            param, weights = os.path.join(folder, "net.param"), os.path.join(folder, "net.bin")
            write_ncnn(net, param, weights)
            if self.net.load_param(param) != 0 or self.net.load_model(weights) != 0:
                raise RuntimeError("ncnn refused the network")
        self.out = net.ops[-1].out

    def prepare(self, x):
        return [self.ncnn.Mat(image).clone() for image in nchw(x)]  # a Mat does not own what it is made from

    def run(self, images):
        answers = []
        for image in images:
            extractor = self.net.create_extractor()
            extractor.input("input", image)
            _, out = extractor.extract(self.out)
            answers.append(np.array(out))
        return np.stack(answers)


def write_ncnn(net, param, weights):
    readers = {}
    for op in net.ops:
        for name in op.inputs:
            readers[name] = readers.get(name, 0) + 1
    lines, blobs = [], 0
    taken, flat = {}, set()  # flat: means, and what convolutions of 1x1 make of them

    def layer(kind, name, inputs, outputs, parameters=""):
        nonlocal blobs
        blobs += len(outputs)
        lines.append(f"{kind} {name} {len(inputs)} {len(outputs)} {' '.join(inputs)} {' '.join(outputs)} {parameters}".replace("  ", " "))

    def publish(name):  # a tensor with two readers needs a Split
        if readers.get(name, 0) > 1:
            layer("Split", name + "_split", [name], [f"{name}_{i}" for i in range(readers[name])])

    def take(name):
        if readers[name] == 1:
            return name
        taken[name] = taken.get(name, -1) + 1
        return f"{name}_{taken[name]}"

    layer("Input", "input", [], ["input"])
    with open(weights, "wb") as f:
        for op in net.ops:
            inputs = [take(name) for name in op.inputs]
            if op.kind in ("conv", "dense"):
                kernel, bias = fold_dense(op) if op.kind == "dense" else network.fold(op)
                f.write(b"\0\0\0\0")  # the kernel is float32
                order = kernel.T if op.kind == "dense" else kernel.transpose((2, 3, 0, 1) if op.groups > 1 else (3, 2, 0, 1))
                f.write(np.ascontiguousarray(order).tobytes() + bias.tobytes())
            if op.kind == "conv":
                fused = {"relu": " 9=1", "relu6": " 9=3 -23310=2,0.0,6.0", "sigmoid": " 9=4"}.get(op.activation, "")
                raw = op.out + "_raw" if op.activation == "swish" else op.out
                before, after = op.pad
                parameters = f"1={kernel.shape[0]} 3={op.stride} 4={before} 14={before} 15={after} 16={after} 5=1 6={kernel.size}{fused}"
                if op.inputs[0] in flat:
                    flat.add(op.out)
                    layer("InnerProduct", op.out, inputs, [raw], f"0={kernel.shape[3]} 1=1 2={kernel.size}{fused}")
                elif op.groups > 1:
                    layer("ConvolutionDepthWise", op.out, inputs, [raw], f"0={op.groups} 7={op.groups} {parameters}")
                else:
                    layer("Convolution", op.out, inputs, [raw], f"0={kernel.shape[3]} {parameters}")
                if op.activation == "swish":
                    layer("Swish", op.out + "_swish", [raw], [op.out])
            elif op.kind == "dense":
                layer("InnerProduct", op.out, inputs, [op.out], f"0={kernel.shape[1]} 1=1 2={kernel.size}")
            elif op.kind == "add":
                total = op.out + "_sum" if op.activation else op.out
                layer("BinaryOp", op.out, inputs, [total], "0=0")
                if op.activation:
                    layer("ReLU", op.out + "_relu", [total], [op.out])
            elif op.kind == "gate":
                layer("BinaryOp", op.out, inputs, [op.out], "0=2")
            elif op.kind == "pool":
                layer("Pooling", op.out, inputs, [op.out], f"0=0 1=3 2=2 3={op.pad[0]} 5=1")
            elif op.kind in ("mean", "squeeze"):
                flat.add(op.out)
                layer("Pooling", op.out, inputs, [op.out], "0=1 4=1")
            else:
                layer("Softmax", op.out, inputs, [op.out], "0=0 1=1")
            publish(op.out)
    with open(param, "w") as f:
        f.write("7767517\n%d %d\n%s\n" % (len(lines), blobs, "\n".join(lines)))


def fold_dense(op):
    return op.kernel.astype(np.float32), op.bias.astype(np.float32)


ENGINES = {
    "ncnn Vulkan": lambda net, batch: Ncnn(net, batch, vulkan=True),
    "ncnn CPU": Ncnn,
    "ONNX Runtime CPU": OnnxRuntime,
    "OpenVINO CPU": OpenVINO,
    "PyTorch CPU": PyTorch,
    "PyTorch CUDA": lambda net, batch: PyTorch(net, batch, "cuda"),
    "PyTorch CUDA graph": lambda net, batch: PyTorch(net, batch, "cuda", graph=True),
    "PyTorch CUDA fp16": lambda net, batch: PyTorch(net, batch, "cuda", half=True),
}


def serve(name, model, root, work):
    """Loads what a line {"batch": n} asks for; {"runs": n} times it."""
    net = network.named(model, pathlib.Path(root), work)
    engine = feeds = None
    for line in sys.stdin:
        order = json.loads(line)
        if "batch" in order:
            begin = time.perf_counter()
            x = network.pictures(net, order["batch"])
            engine = ENGINES[name](net, order["batch"])
            feeds = engine.prepare(x)
            answer = engine.run(feeds)
            reply = {"seconds": time.perf_counter() - begin, "output": np.asarray(answer, np.float64).tolist()}
        else:
            times = []
            begin = time.perf_counter()  # threads asleep since the last turn wake up, for as long as vkeras bench warms up
            while time.perf_counter() - begin < 0.2:
                engine.run(feeds)
            for _ in range(order["runs"]):
                begin = time.perf_counter()
                engine.run(feeds)
                times.append(1000 * (time.perf_counter() - begin))
            reply = {"ms": times}
        out.write(json.dumps(reply) + "\n")
        out.flush()


if __name__ == "__main__":
    # Engines print to standard output (ncnn its devices): that goes elsewhere.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(*sys.argv[1:])
