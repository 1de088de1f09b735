"""# 11 The notebook's experiments: beyond them, digits

The moons have two features and two classes. The digits of scikit-learn are 1797 handwritten numerals of
8 × 8 grey levels: 64 features, ten classes, and nothing in the network knows about images. If forward
pass, gradients, batches and training are right, 32 hidden neurons read 97 % of those that they have
never seen.
"""

import numpy as np

from spec.harness import chance, claim, measured
from spec.harness.mathematics.digits import digits
from spec.harness.mathematics.sampling import sample_of


@claim("11/digits", r"\text{MLP}([64, 32, 10]), \quad B = 32, \quad \eta = 0.1")
@chance(false_alarms=1e-9)
def test_a_network_reads_digits(nn, rng):
    """Twelve epochs; they read 96.7 % give or take 0.6 %, whatever weights and batches they begin with."""
    X, Y, X_test, Y_test = digits()
    net = nn.MLP([64, 32, 10], rng=rng)
    nn.train(net, X, Y, 0.1, 12, 32, rng)
    Y_hat = sample_of(net.forward(X_test), Y_test.shape, "the output for unseen digits")
    accuracy = float(np.mean(Y_hat.argmax(axis=1) == Y_test.argmax(axis=1)))
    measured("accuracy on unseen digits", accuracy)
    assert accuracy >= 0.92, f"of 360 unseen digits it reads {accuracy:.1%}"
