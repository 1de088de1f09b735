"""LaTeX equations as one line of Unicode, for a terminal.

It knows the commands that the chapters use and leaves out what only arranges; a test of the meta
suite holds every equation against it. The book typesets the same equations properly.
"""

import re
from functools import cache

COMMANDS = {
    "alpha": "α", "beta": "β", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ",
    "lambda": "λ", "pi": "π", "sigma": "σ", "partial": "∂", "sum": "Σ", "prod": "∏", "odot": "⊙",
    "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "times": "×", "top": "ᵀ", "prime": "′",
    "leftarrow": "←", "rightarrow": "→", "to": "→", "Rightarrow": "⇒", "approx": "≈", "sim": "~",
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "in": "∈", "infty": "∞",
    "notin": "∉", "iff": "⇔", "neg": "¬", "bigcup": "⋃", "arg": "arg",
    "pm": "±", "mp": "∓", "langle": "⟨", "rangle": "⟩", "lVert": "‖", "rVert": "‖", "lvert": "|",
    "rvert": "|", "Vert": "‖", "kappa": "κ", "phi": "φ", "mu": "μ", "tau": "τ", "rho": "ρ",
    "max": "max", "min": "min", "log": "log", "exp": "exp", "tanh": "tanh", "cos": "cos",
    "sin": "sin", "arccos": "arccos", "quad": "   ", "qquad": "    ", "propto": "∝", "mapsto": "↦",
    "ll": "≪", "gg": "≫", "circ": "∘", "forall": "∀", "exists": "∃", "equiv": "≡", "nabla": "∇",
    "lceil": "⌈", "rceil": "⌉", "lfloor": "⌊", "rfloor": "⌋", "ell": "ℓ", "cup": "∪", "gamma": "γ",
    "Delta": "Δ", "Sigma": "Σ", "nu": "ν", "xi": "ξ", "star": "*", "ast": "*", "mid": "|",
}  # fmt: skip
SUPERSCRIPTS = str.maketrans("0123456789+-=()nikT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏᵀ")
SUBSCRIPTS = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
FONTS = ("mathbf", "mathrm", "mathcal", "mathbb", "mathit", "text", "operatorname", "boldsymbol")
LETTERS = {
    "\\mathcal L": "ℒ", "\\mathcal{L}": "ℒ", "\\mathcal N": "𝒩", "\\mathcal{N}": "𝒩", "\\mathbb 1": "𝟙",
    "\\mathbb{1}": "𝟙", "\\mathbb E": "E", "\\mathbb R": "ℝ", "\\mathbb Z": "ℤ",
}  # fmt: skip
SPACED = "⇔∉⇒←→≈~≤≥≠∈⋯∝↦≡≪≫⊙   "
KEPT_HAT, KEPT_LINE = "\ue000", "\ue001"  # a ^ and a _ that stay: there is no such letter
ESCAPES = {r"\{": "\ue002", r"\}": "\ue003", r"\_": "\ue004", r"\%": "%"}
BARE = r"[0-9a-zA-Z]|\\[a-zA-Z]+"  # an argument without braces
GROUP = r"\{([^{}]*)\}"


@cache
def to_unicode(latex: str) -> str:
    """One line of Unicode for an equation in LaTeX."""
    text = latex
    for command, letter in LETTERS.items():
        text = text.replace(command, letter)
    text = re.sub(r"\\begin\{cases\}(.*?)\\end\{cases\}", _cases, text, flags=re.S)
    for escaped, kept in ESCAPES.items():
        text = text.replace(escaped, kept)
    text = re.sub(r"\\[dt]?(frac|binom)\s*", r"\\\1", text)
    text = re.sub(rf"\\(frac|binom)({BARE})", r"\\\1{\2}", text)
    text = re.sub(rf"\\(frac|binom)({GROUP})\s*({BARE})", r"\\\1\2{\4}", text)
    text = re.sub(r"\\(left|right|bigl?|bigr?|Bigl?|Bigr?|!|displaystyle)(?![a-zA-Z])", "", text)
    text = re.sub(r"\\[,;: ]", " ", text)
    text = re.sub(r"\\([a-zA-Z]+) *", _symbol, text)
    text = re.sub(rf"\\hat\s*(\w|{GROUP})", lambda m: (m[2] or m[1]) + "\u0302", text)
    text = re.sub(rf"\\bar\s*(\w|{GROUP})", lambda m: (m[2] or m[1]) + "\u0304", text)
    text = _innermost_first(text)
    text = text.replace("'", "′").replace("-", "−")
    text = text.replace(KEPT_HAT, "^").replace(KEPT_LINE, "_")
    text = text.replace("\ue002", "{").replace("\ue003", "}").replace("\ue004", "_")
    text = re.sub(r"\s+(?=[)\],;²]|$)|(?<=\()\s+", "", text)
    text = re.sub(r"(?<=[^\s(])([+−]) ", r" \1 ", text)
    text = re.sub(r"(log|max|exp|min|tanh)\s+(?=[(′²ₖₓ])", r"\1", text)
    return re.sub(r"\s+", " ", re.sub(r"\s*=\s*", " = ", text)).strip()


def _symbol(match: re.Match[str]) -> str:
    symbol = COMMANDS.get(match[1])
    if symbol is None:
        return match[0]
    return f" {symbol} " if symbol.isascii() or symbol in SPACED else symbol


def _cases(match: re.Match[str]) -> str:
    rows = [row.replace("&", "\u00a0if\u00a0") for row in match[1].split(r"\\") if row.strip()]
    return "(" + "; ".join(rows) + ")"


def _innermost_first(text: str) -> str:
    """Resolve groups from the inside out, until only commands without arguments are left."""
    fonts = "|".join(FONTS)
    before = None
    while before != text:
        before = text
        text = re.sub(rf"\\({fonts})\s*{GROUP}", r"\2", text)
        text = re.sub(rf"\\({fonts})\s+(\w)", r"\2", text)
        text = re.sub(rf"\\sqrt\s*{GROUP}", lambda m: f"√({m[1]})", text)
        text = re.sub(rf"\\frac\s*{GROUP}\s*{GROUP}", _fraction, text)
        text = re.sub(rf"\\binom\s*{GROUP}\s*{GROUP}", r"C(\1, \2)", text)
        text = re.sub(rf"\^(\w|{GROUP}|[ᵀ′∞])", _raised, text)
        text = re.sub(rf"_(\w|{GROUP})", _lowered, text)
    return text.replace("{", "").replace("}", "")


def _fraction(match: re.Match[str]) -> str:
    def part(group: str) -> str:
        simple = re.fullmatch(r"\d+|[^\d\s+−-][^\s+−-]*", group)
        return group if simple else f"({group})"

    return f"{part(match[1])}/{part(match[2])} "


def _raised(match: re.Match[str]) -> str:
    inner = match[2] if match[2] is not None else match[1]
    if inner.strip() in "ᵀ′":
        return inner.strip()
    if re.fullmatch(r"\[.*\]", inner):
        return inner
    raised = inner.translate(SUPERSCRIPTS)
    return raised if not re.search(r"[\x21-\x7e]", raised) else f"{KEPT_HAT}{_bracketed(inner)}"


def _lowered(match: re.Match[str]) -> str:
    inner = match[2] if match[2] is not None else match[1]
    lowered = inner.translate(SUBSCRIPTS)
    return lowered if not re.search(r"[\x21-\x7e]", lowered) else f"{KEPT_LINE}{_bracketed(inner)}"


def _bracketed(inner: str) -> str:
    return inner if re.fullmatch(r"\w+", inner) else f"({inner})"
