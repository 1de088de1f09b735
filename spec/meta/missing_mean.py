"""A learner's network that forgets one mean over the samples: what the README shows the report of."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, init_std=0.01):
        self.W1 = init_std * np.random.randn(input_size, hidden_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = init_std * np.random.randn(hidden_size, output_size)
        self.b2 = np.zeros((1, output_size))

    def forward(self, X):
        Z1 = X @ self.W1 + self.b1
        A1 = np.maximum(0, Z1)
        Z2 = A1 @ self.W2 + self.b2
        E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
        A2 = E / E.sum(axis=1, keepdims=True)
        self.cache = {"A0": X, "Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
        return A2

    def backward(self, Y):
        A0, Z1, A1, A2 = (self.cache[name] for name in ("A0", "Z1", "A1", "A2"))
        m = len(Y)
        dZ2 = A2 - Y
        dW2 = A1.T @ dZ2 / m
        db2 = dZ2.sum(axis=0, keepdims=True) / m
        dZ1 = dZ2 @ self.W2.T * (Z1 > 0)
        dW1 = A0.T @ dZ1
        db1 = dZ1.sum(axis=0, keepdims=True) / m
        return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}

    def compute_loss(self, Y_hat, Y):
        return -np.sum(Y * np.log(Y_hat + 1e-12)) / len(Y)

    def train_step(self, X, Y, lr):
        loss = self.compute_loss(self.forward(X), Y)
        for name, gradient in self.backward(Y).items():
            parameter = name.removeprefix("d")
            setattr(self, parameter, getattr(self, parameter) - lr * gradient)
        return loss
