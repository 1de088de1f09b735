"""A small library of layers, as people write it; `layers.py` gives it the names that are judged."""

import numpy as np


class Layer:
    """Keeps what its backward pass needs; a layer without parameters has none to update."""

    parameters = ()

    def forward(self, x):
        raise NotImplementedError

    def backward(self, grad):
        raise NotImplementedError

    def __call__(self, x):
        return self.forward(x)


class Dense(Layer):
    parameters = ("W", "b")

    def __init__(self, W):
        self.W = W
        self.b = np.zeros(W.shape[1])

    def forward(self, x):
        if x.ndim != 2 or x.shape[1] != self.W.shape[0] or self.b.shape != self.W.shape[1:]:
            raise ValueError(f"{x.shape} does not fit {self.W.shape} and {self.b.shape}")
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        if grad.shape != (len(self.x), self.W.shape[1]):
            raise ValueError(f"{grad.shape} does not fit {self.W.shape}")
        self.dW, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T


class Activation(Layer):
    """Elementwise; the subclass knows the function and its slope."""

    def forward(self, x):
        self.x = x
        return self.value(x)

    def backward(self, grad):
        return grad * self.slope(self.x)


class Identity(Activation):
    def value(self, x):
        return x

    def slope(self, x):
        return 1.0


class LeakyReLU(Activation):
    def __init__(self, alpha=0.01):
        self.alpha = alpha

    def value(self, x):
        x = np.array(x, dtype=float)
        x[x <= 0] *= self.alpha
        return x

    def slope(self, x):
        return np.where(np.less_equal(x, 0), self.alpha, 1.0)


class ReLU(LeakyReLU):
    def __init__(self):
        super().__init__(alpha=0.0)


class ELU(Activation):
    def __init__(self, alpha=1.0, scale=1.0):
        self.alpha, self.scale = alpha, scale

    def value(self, x):
        return self.scale * (np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0)))

    def slope(self, x):
        return self.scale * np.where(np.greater(x, 0), 1, self.alpha * np.exp(np.minimum(x, 0)))


class SELU(ELU):
    def __init__(self):
        super().__init__(alpha=1.6732632423543772, scale=1.0507009873554805)


class Tanh(Activation):
    def value(self, x):
        return np.tanh(x)

    def slope(self, x):
        return 1 - np.tanh(x) ** 2


class Sigmoid(Activation):
    def value(self, x):
        return np.exp(-np.logaddexp(0, np.negative(x)))

    def slope(self, x):
        return self.value(x) * self.value(np.negative(x))


class Softmax(Layer):
    def forward(self, x):
        shifted = x - np.amax(x, axis=-1, keepdims=True)
        self.p = np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)
        return self.p

    def jacobian(self):
        """One (K, K) matrix for each row."""
        return np.eye(self.p.shape[-1]) * self.p[:, None] - self.p[:, None] * self.p[:, :, None]

    def backward(self, grad):
        return (grad[:, None] @ self.jacobian())[:, 0]


class Loss:
    """A mean over the samples; `backward` is its derivative by the predictions."""

    def forward(self, p, y):
        if np.shape(p) != np.shape(y):
            raise ValueError(f"{np.shape(p)} against {np.shape(y)}")
        return self.terms(p, y).sum() / len(p)

    def backward(self, p, y):
        if np.shape(p) != np.shape(y):
            raise ValueError(f"{np.shape(p)} against {np.shape(y)}")
        return self.slopes(p, y) / len(p)

    def __call__(self, p, y):
        return self.forward(p, y)


class CrossEntropy(Loss):
    def terms(self, p, y):
        return -y * np.log(np.maximum(p, 1e-300))

    def slopes(self, p, y):
        return -y / np.maximum(p, 1e-300)


class BinaryCrossEntropy(Loss):
    def terms(self, p, y):
        return -y * np.log(np.maximum(p, 1e-300)) - (1 - y) * np.log(np.maximum(1 - p, 1e-300))

    def slopes(self, p, y):
        return (1 - y) / np.maximum(1 - p, 1e-300) - y / np.maximum(p, 1e-300)


class MeanSquaredError(Loss):
    def terms(self, p, y):
        return (p - y) ** 2

    def slopes(self, p, y):
        return 2 * (p - y)


class Sequential(Layer):
    """Layers in a row; keeps what came out of each."""

    def __init__(self, *layers):
        self.layers = layers

    @property
    def dense(self):
        return [layer for layer in self.layers if isinstance(layer, Dense)]

    def forward(self, x):
        self.values = [x]
        for layer in self.layers:
            self.values.append(layer(self.values[-1]))
        return self.values[-1]

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad


class GradientDescent:
    def __init__(self, model, lr):
        self.model, self.lr = model, lr

    def step(self):
        for layer in self.model.layers:
            for name in layer.parameters:
                parameter = getattr(layer, name)
                parameter -= self.lr * getattr(layer, f"d{name}")
