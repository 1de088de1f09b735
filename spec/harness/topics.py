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
SIDES = "the two sides of 0: what the function is on each, and where its constants stand"
CLASSES = "which class, or answer, counts for which sample, and where"
DRAWN = "how wide the numbers are drawn: which fan, which factor, which law"

TOPICS = {
    r"whole numbers|integers?\b": "the number type (dtype) of what it is made from",
    r"operand|hands its|the other$|of the (left|right) one": "what each parent of a node gets, and how often",
    r"of an earlier|first batch|forward pass before|had before"
    r"|not kept|said last|already updated|along the previous|velocity does not fade": "what is kept from one call to the next",
    r"overwritten|written into": "what is changed in place",
    r"own relative errors|norms? below|norms are (sub|av)|numerator|larger norm|one norm": "the quotient: which norms "
    "stand above and below, and how they are joined",
    r"not updated": "whether every parameter moves",
    r"(after|before) (the|each) update": "when in the course of a step it is taken",
    r"only the (first|last) sample": "which samples take part",
    r"compared with every": "the shapes that meet where they are compared",
    r"ignored|not used|whatever (was|its)|that was given|has no part|0\.01 all the same": "whether every argument is used",
    r"infinity|infinite|overflow|clipped": "what becomes of very large arguments, of either sign",
    r"(maximum|minimum|mean)( of .*)? is (not )?(subtracted|added)|maximum is the row's": "what is "
    "subtracted before the exponential, and over what the sum runs",
    r"not divided by their sum": "the denominator",
    r"reshaped|transpose|columns, but|as columns|are columns|factor is not": TRANSPOSES,
    r"loss has undone|applied once more|multiplied in once more": "what of the output's derivative "
    "is left once the loss stands behind it",
    r"silent neuron|gate|>= 0|slope at 0|\bopen\b": "the gate: when it is open, and what it is asked about",
    r"axis|whole matrix|down the columns|over (all |the )?(neurons|classes|features|K )|over the samples, not"
    r"|column|\brows?\b|m K|flat index|neurons and samples|all of them|every neuron|runs over the samples"
    r"|entries are counted|all entries": AXIS,
    r"true (one|class)|other classes|every class|count for every sample|answers?\b|classes are counted"
    r"|happen to occur|likeliest|above 1/2": CLASSES,
    r"decay|penal|eta lambda": "the penalty: which parameters it holds, with which factor, and where it enters",
    r"1/m|by 2?m\b|m times|m twice|m samples|over the samples|per sample|not a mean": WHOLE_MEAN,
    r"fan|He's|LeCun|Xavier|variance|deviation|limit|uniform|normal\b|init_std|law|random|√|n_out|interval": DRAWN,
    r"sign\b|subtracted|wrong side|wrong way|goes up|pushes|(is|are) added$|predictions? and|instead of decaying": SIGNS,
    r"sent back|stands for the error|is used, not": "which quantity stands there",
    r"correct|beta|gradients after|Nesterov|velocity|step is returned": "the recursion: its constants, and which step they belong to",
    r"bias": "the bias: where it enters, and how often",
    r"of a, not|fed with a|taken for the activation|at a =|activation stands|pre-activation|Z of the layer"
    r"|taken at|own A stands|its A, goes|logits are taken": "which of z and a (Z and A) belongs there",
    r"no activation|layers' ReLU|(hidden|output) activation|ReLU is applied|activation is applied"
    r"|bends the output|behind the output|softmax is taken twice": "which activation stands where, and how often",
    r"alpha|lambda|\bsides?\b|branch|negative|factor 0\.01|minimum is taken": SIDES,
    r"^it is the (squared|absolute) error": "which loss it is",
    r"epsilon|difference|one-sided|two steps|moved|theta": "the two evaluations of the difference, and what it is divided by",
    r"factor|half\b|halved|doubled|1 -|- 1|1 is|brackets|multiplied by z": CONSTANTS,
    r"squar|root|logarithm|absolute|spectral|norm\b|norms|length|exponent|percent|largest": "the powers, roots, "
    "logarithms and absolute values: of what, and in which order",
    r"rate\b": "the learning rate: where it enters, and how often",
    r"diagonal|s_k|identity": "the diagonal of the matrix, and what is off it",
    r"matrix product|entry by entry|products are": "which product it is: of matrices, or entry by entry",
    r"chain|link|inner|outer|derivative|slope": "the derivatives: which they are, in which order, and where each is taken",
    r"layer|widths": "the layers: which of them take part, and in which order",
    r"epoch|patience|best|improvement|stops|batch|sample|update": "the counting: of epochs, batches or samples",
    r"activation|ReLU|tanh|sigmoid|softmax|ELU|tangent|unchanged": "which function it is, and on what it acts",
    r"mean|sum\b|averaged|summed|added up": "whether a sum or a mean is taken, and of what",
    r"left out|missing|forgotten": "the number of terms: are there as many as in the equation?",
}
OF_RELATIONS = {
    r"zero everywhere": "whether it is ever computed, and whether what is computed is kept",
    r"and m = ": WHOLE_MEAN,
    r"times too (large|small)": "what a sum or a mean runs over: the factor is a size of the network",
    r"twice|half": CONSTANTS,
    r"opposite sign": SIGNS,
    r"transpose": TRANSPOSES,
    r"reverse": "the order of its rows and columns",
    r"wrong shape": "its shape: which axes it has",
    r"sum of|mean of|summed over": AXIS,
}


def topic(cause: str) -> str:
    """What a cause is about; "" if no pattern knows it."""
    return _first(TOPICS, cause)


def topic_of_relation(relation: str) -> str:
    """What a relation ("yours is the transpose of the right value") is about; "" if none is known."""
    return _first(OF_RELATIONS, relation)


def _first(table: dict[str, str], text: str) -> str:
    return next((about for pattern, about in table.items() if re.search(pattern, text)), "")
