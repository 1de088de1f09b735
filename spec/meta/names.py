"""Writes the list of names in impl/README.md anew: `python -m spec.meta.names`.

It is made from the contract and from the reference's source. Whoever changes either calls it.
"""

import ast
import re
import textwrap
from collections.abc import Iterator

from spec.harness.engine.claims import Ledger
from spec.harness.ground.contract import SECTIONS
from spec.harness.subject.loading import REFERENCE
from spec.learning.reference import Reference, signature
from spec.learning.words import words

README = REFERENCE / "README.md"
BEGIN, END = "<!-- made by `python -m spec.meta.names`: -->", "<!-- as far as here -->"
COLUMNS = 120


def listed() -> str:
    """All names by section, each with its parameters and the first sentence about it, in Markdown."""
    ledger, reference, shown = Ledger(), Reference(), set[str]()
    parts = []
    for number, names in SECTIONS.items():
        items = []
        for name in names:
            if name in shown:
                items.append(_wrapped(f"`{name}`: see above"))
            else:
                items += map(_wrapped, _told(reference, name))
            shown.add(name)
        parts += [f"**{number} {ledger.titles[number]}**", "\n".join(items)]
    return "\n\n".join(parts)


def renewed(text: str) -> str:
    """The README with the list of names as it is now."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{listed()}\n\n{END}{rest.partition(END)[2]}"


def _told(reference: Reference, name: str) -> Iterator[str]:
    """A function or a class in a sentence, and below a class each of its methods."""
    node = reference.definitions[name]
    methods = reference.methods(name)
    made = node if isinstance(node, ast.FunctionDef) else methods.get("__init__")
    yield f"`{name}({_parameters(made) if made else ''})`: {_first(words(reference, name))}"
    for method, function in methods.items():
        if method != "__init__":
            text = _first(words(reference, name, method))
            yield f"  `.{method}({_parameters(function)})`: {text}"


def _parameters(function: ast.FunctionDef) -> str:
    return signature(function).removeprefix("self").removeprefix(", ")


def _first(text: str) -> str:
    """The first sentence of a docstring, without its full stop or colon."""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    sentence = re.split(r"(?<!et al)(?<![.\s])\.(?=\s|$)", paragraph)[0]
    return sentence.removesuffix(":").replace("*", r"\*")


def _wrapped(item: str) -> str:
    indent = " " * (len(item) - len(item.lstrip()))
    return textwrap.fill(
        f"- {item.lstrip()}",
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
