"""What a listed mistake is about, without saying which mistake it is: "the 1/m", "the signs".

The first pattern from the top that a cause contains names its topic. A topic is a question that the
cause answers, so that a nudge made of it is as true as the cause.
"""

import re

WHOLE_MEAN = "the 1/m: where the mean over the samples is taken, and how often"
SIGNS = "the signs: what is added, and what is subtracted from what"
TRANSPOSES = "the transposes, and the order of the factors"
AXIS = "the axis along which a sum, a mean or an index runs"
CONSTANTS = "the constants and factors: which are there, and what each applies to"
TOPICS = (
    (
        "the number type (dtype) of what it is made from",
        r"whole numbers|integers?\b",
    ),
    (
        "what each parent of a node gets, and how often",
        r"operand|hands its|the other$|of the (left|right) one",
    ),
    (
        "what is kept from one call to the next",
        r"of an earlier|first batch|forward pass before|had before|not kept|said last"
        r"|already updated|along the previous|velocity does not fade",
    ),
    (
        "what is changed in place",
        r"overwritten|written into",
    ),
    (
        "the quotient: which norms stand above and below, and how they are joined",
        r"own relative errors|norms? below|norms are (sub|av)|numerator|larger norm|one norm",
    ),
    (
        "how long the training goes on",
        r"training ends",
    ),
    (
        "whether every parameter moves",
        r"not updated",
    ),
    (
        "when in the course of a step it is taken",
        r"(after|before) (the|each) update",
    ),
    (
        "which samples take part",
        r"only the (first|last) sample",
    ),
    (
        "the shapes that meet where they are compared",
        r"compared with every",
    ),
    (
        "whether every argument is used",
        r"ignored|not used|whatever (was|its)|that was given|has no part|0\.01 all the same",
    ),
    (
        "what becomes of very large arguments, of either sign",
        r"infinity|infinite|overflow|clipped",
    ),
    (
        "what is subtracted before the exponential, and over what the sum runs",
        r"(maximum|minimum|mean)( of .*)? is (not )?(subtracted|added)|maximum is the row's",
    ),
    (
        "the denominator",
        r"not divided by their sum",
    ),
    (
        TRANSPOSES,
        r"reshaped|transpose|columns, but|as columns|are columns|factor is not",
    ),
    (
        "what of the output's derivative is left once the loss stands behind it",
        r"loss has undone|applied once more|multiplied in once more",
    ),
    (
        "the gate: when it is open, and what it is asked about",
        r"silent neuron|gate|>= 0|slope at 0|\bopen\b|cut off",
    ),
    (
        AXIS,
        r"axis|whole matrix|down the columns|over (all |the )?(neurons|classes|features|K )"
        r"|over the samples, not|column|\brows?\b|m K|flat index|neurons and samples"
        r"|over all of them|every neuron|runs over the samples|entries are counted|all entries",
    ),
    (
        "which class, or answer, counts for which sample, and where",
        r"true (one|class)|other class|every class|count for every sample|answers?\b"
        r"|classes are counted|happen to occur|likeliest|above 1/2",
    ),
    (
        "the penalty: which parameters it holds, with which factor, and where it enters",
        r"decay|penal|eta lambda",
    ),
    (
        WHOLE_MEAN,
        r"1/m|by 2?m\b|m times|m twice|m samples|over the samples|per sample|not a mean",
    ),
    (
        "how wide the numbers are drawn: which fan, which factor, which law",
        r"fan|He's|LeCun|Xavier|variance|deviation|limit|uniform|normal\b|init_std|law|Var\(|random"
        r"|√|n_out|interval",
    ),
    (
        SIGNS,
        r"sign\b|subtracted|subtracts|wrong side|wrong way|goes up|pushes|(is|are) added$"
        r"|predictions? and|instead of decaying",
    ),
    (
        "which quantity stands there",
        r"sent back|stands for the error|is used, not",
    ),
    (
        "the recursion: its constants, and which step they belong to",
        r"correct|beta|gradients after|Nesterov|velocity|step is returned",
    ),
    (
        "the bias: where it enters, and how often",
        r"bias",
    ),
    (
        "which of z and a (Z and A) belongs there",
        r"of a, not|fed with a|taken for the activation|at a =|activation stands"
        r"|pre-activation|Z of the layer|taken at|own A stands|its A, goes|logits are taken",
    ),
    (
        "which activation stands where, and how often",
        r"no activation|layers' ReLU|(hidden|output) activation|ReLU is applied"
        r"|activation is applied|bends the output|behind the output|softmax is taken twice",
    ),
    (
        "the two sides of 0: what the function is on each, and where its constants stand",
        r"alpha|lambda|\bsides?\b|branch|negative|factor 0\.01|minimum is taken",
    ),
    (
        "which loss it is",
        r"^it is the (squared|absolute) error",
    ),
    (
        "the two evaluations of the difference, and what it is divided by",
        r"epsilon|difference|one-sided|two steps|moved|theta",
    ),
    (
        CONSTANTS,
        r"factor|multiple|half\b|halved|doubled|1 -|- 1|1 is|brackets|multiplied by z",
    ),
    (
        "the powers, roots, logarithms and absolute values: of what, and in which order",
        r"squar|root|logarithm|absolute|spectral|norm\b|norms|length|exponent|percent|largest",
    ),
    (
        "the learning rate: where it enters, and how often",
        r"rate\b",
    ),
    (
        "the diagonal of the matrix, and what is off it",
        r"diagonal|s_k|identity",
    ),
    (
        "which product it is: of matrices, or entry by entry",
        r"matrix product|entry by entry|products are",
    ),
    (
        "the derivatives: which they are, in which order, and where each is taken",
        r"chain|link|inner|outer|derivative|slope",
    ),
    (
        "the layers: which of them take part, and in which order",
        r"layer|widths",
    ),
    (
        "the counting: of epochs, batches or samples",
        r"epoch|patience|best|improvement|stops|batch|sample|update",
    ),
    (
        "which function it is, and on what it acts",
        r"activation|ReLU|tanh|sigmoid|softmax|ELU|tangent|unchanged|smooth",
    ),
    (
        "whether a sum or a mean is taken, and of what",
        r"mean|sum\b|averaged|summed|added up",
    ),
    (
        "the number of terms: are there as many as in the equation?",
        r"left out|missing|forgotten",
    ),
)
OF_RELATIONS = (
    ("whether it is ever computed, and whether what is computed is kept", r"zero everywhere"),
    (WHOLE_MEAN, r"and m = "),
    (
        "what a sum or a mean runs over: the factor is a size of the network",
        r"times too (large|small)",
    ),
    (CONSTANTS, r"twice|half"),
    (SIGNS, r"opposite sign"),
    (TRANSPOSES, r"transpose"),
    ("the order of its rows and columns", r"reverse"),
    ("its shape: which axes it has", r"wrong shape"),
    (AXIS, r"sum of|mean of|summed over"),
)


def topic(cause: str) -> str:
    """What a cause is about; "" if no pattern knows it."""
    return _first(TOPICS, cause)


def topic_of_relation(relation: str) -> str:
    """What a relation ("yours is the transpose of the right value") is about; "" if none is known."""
    return _first(OF_RELATIONS, relation)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((about for about, pattern in table if re.search(pattern, text)), "")
