"""Small models that every TensorFlow 2 builds alike, with weights under which errors show."""
import numpy as np


def base(k, name="base"):
    """A backbone of one residual block."""
    L = k.layers
    x_in = k.Input((16, 16, 3), name=name + "_pictures")
    x = L.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name=name + "_conv1")(x_in)
    x = y = L.Activation("relu", name=name + "_relu")(L.BatchNormalization(name=name + "_norm1")(x))
    y = L.Conv2D(4, 3, padding="same", name=name + "_conv2")(y)
    y = L.BatchNormalization(name=name + "_norm2", scale=False, epsilon=1.001e-5)(y)
    return k.Model(x_in, L.ReLU(6.0, name=name + "_out")(L.Add(name=name + "_add")([x, y])), name=name)


def nested(k):
    """Transfer learning: a base that is partly frozen, in a Sequential model."""
    L = k.layers
    inner = base(k)
    for layer in inner.layers[:3]:
        layer.trainable = False
    return k.Sequential([L.InputLayer((16, 16, 3)), inner, L.Conv2D(5, 1, name="widen"), L.GlobalAveragePooling2D(), L.Dropout(0.2),
                         L.Dense(3, activation="softmax")], name="transfer")


def functional(k):
    """A layer called twice, a frozen model called twice, a model in a model, depthwise and separable convolutions; trained for one step."""
    L = k.layers
    tower = base(k, "tower")
    tower.trainable = False
    x_in = k.Input((16, 16, 3), name="pictures")
    middle_in = k.Input((8, 8, 8), name="middle_in")
    y = L.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="depthwise")(middle_in)
    y = L.BatchNormalization(name="depthwise_norm")(y)
    core_in = k.Input((8, 8, 16), name="core_in")
    core = k.Model(core_in, L.Conv2D(6, 1, name="core_conv")(core_in), name="core")
    middle = k.Model(middle_in, L.LeakyReLU(0.2, name="leaky")(core(y)), name="middle")
    shared = L.Conv2D(6, 3, padding="same", name="shared")
    x = L.Concatenate(name="concat")([tower(x_in), tower(L.AveragePooling2D(1, name="same")(x_in))])
    x = middle(x)
    x = L.Add(name="twice")([x, shared(shared(x))])
    x = L.SeparableConv2D(5, 3, name="separable")(x)
    x = L.Dense(4, activation="softmax", name="head")(L.Flatten(name="flatten")(x))
    model = k.Model(x_in, x, name="siamese")
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.zeros((2, 16, 16, 3), np.float32), np.eye(4, dtype=np.float32)[:2], verbose=0)
    return model


def sequential(k):
    """Fourteen layers with weights, and no input: its shape is known from the first call."""
    L = k.layers
    model = k.Sequential([L.Conv2D(3, 3), *(L.Conv2D(3, 1, activation="tanh") for _ in range(11)), L.BatchNormalization(), L.Flatten(), L.Dense(2)])
    model(np.zeros((1, 6, 7, 3), np.float32))
    return model


def preprocessing(k):
    """Layers with variables that do not act: random states, the count of an adapted Normalization."""
    L = k.layers
    adapted = L.Normalization(name="adapted")
    adapted.adapt(np.random.default_rng(0).uniform(0, 255, (8, 6, 6, 3)).astype(np.float32))
    return k.Sequential([k.Input((6, 6, 3)), L.RandomFlip("horizontal"), L.RandomRotation(0.1), adapted, L.Rescaling(0.5, offset=0.25),
                         L.GaussianNoise(0.1), L.Conv2D(4, 3, activation="relu"), L.GlobalMaxPooling2D(), L.Dense(2, activation="sigmoid")])


def inside(k):
    """Layers in layers: attention, wrappers, a layer as another's activation."""
    L = k.layers
    x_in = k.Input((6, 6, 3), name="pictures")
    x = L.Conv2D(8, 3, activation=L.PReLU(shared_axes=[1, 2]), name="conv")(x_in)
    x = L.LayerNormalization(name="norm")(L.PReLU(name="prelu")(x))
    x = L.Reshape((16, 8), name="positions")(x)
    x = L.Add(name="add")([x, L.MultiHeadAttention(2, 3, name="attention")(x, x)])
    x = L.TimeDistributed(L.Dense(5, name="each"), name="distributed")(x)
    return k.Model(x_in, L.Dense(2, name="head")(L.Flatten(name="flatten")(x)), name="inside")


def operators(k):
    """The transfer learning of TensorFlow's tutorials: functions outside of layers, and a base that is called with training=False."""
    L = k.layers
    inner = base(k)
    inner.trainable = False
    x_in = k.Input((16, 16, 3))
    x = k.applications.mobilenet_v2.preprocess_input(x_in)
    x = inner(x, training=False)
    x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(x * 2.0 + 0.5))
    return k.Model(x_in, L.Dense(1)(x))


def half(k):
    """float16 variables."""
    L = k.layers
    x_in = k.Input((6, 6, 3), dtype="float16")
    x = L.Conv2D(4, 3, activation="relu", dtype="float16")(x_in)
    return k.Model(x_in, L.Dense(2, dtype="float16")(L.Flatten(dtype="float16")(x)))


def randomise(model, rng):
    for weight in model.weights:
        n, shape = rng.standard_normal(weight.shape), tuple(weight.shape)
        role = weight.name.split("/")[-1].split(":")[0]
        if role == "alpha":
            weight.assign(rng.uniform(0.1, 0.5, shape).astype(np.float32))
        if role in ("kernel", "depthwise_kernel", "pointwise_kernel"):
            weight.assign((n * np.sqrt(2 / max(1, np.prod(shape[:-1])))).astype(np.float32))
        elif role in ("gamma", "moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, shape).astype(np.float32))
        elif role in ("beta", "bias", "moving_mean"):
            weight.assign((0.3 * n).astype(np.float32))


def results(model, x):
    return np.asarray(model(x, training=False), np.float32)
