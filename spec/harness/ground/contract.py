"""The names that an implementation is judged by, by section of the theory (the public names of `impl`).

They stand here too, so that an implementation can be judged where `impl` does not exist. A name that
two sections are about, such as TwoLayerNet with its forward and its backward pass, stands in both.
"""

SECTIONS: dict[str, tuple[str, ...]] = {
    "2.1": ("affine", "collapse"),
    "3.1": ("neuron",),
    "3.2": (
        "sigmoid",
        "sigmoid_grad",
        "tanh",
        "tanh_grad",
        "relu",
        "relu_grad",
        "leaky_relu",
        "leaky_relu_grad",
        "softmax",
        "softmax_jacobian",
    ),
    "3.3": ("elu", "elu_grad", "selu", "selu_grad"),
    "4.2": ("TwoLayerNet",),
    "4.3": ("one_hot", "binary_cross_entropy", "cross_entropy", "mean_squared_error"),
    "5.2": ("affine_backward",),
    "5.3": ("TwoLayerNet",),
    "5.4": ("MLP",),
    "5.5": ("Node", "topological_order", "backward"),
    "6": ("numerical_gradient", "relative_error", "verdict", "gradient_check"),
    "7.2": ("small_random",),
    "7.3": ("xavier_normal", "xavier_uniform"),
    "7.4": ("he_normal",),
    "7.5": ("lecun_normal", "zero_bias"),
    "8.1": ("minibatches", "train"),
    "8.2": ("accuracy",),
    "9": ("l2_penalty", "l2_gradient", "early_stopping"),
    "10": ("sgd", "momentum", "adam"),
    "11": ("ThreeLayerNet",),
}
NETWORKS = ("TwoLayerNet", "ThreeLayerNet", "MLP")
NAMES = tuple(dict.fromkeys(name for names in SECTIONS.values() for name in names))
# what the options of a network may name, of which an implementation may know some
OPTIONS: dict[str, tuple[str, ...]] = {
    "activation": ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"),
    "output": ("softmax", "sigmoid", "identity"),
    "init": ("small", "xavier", "xavier_uniform", "he", "lecun"),
}
