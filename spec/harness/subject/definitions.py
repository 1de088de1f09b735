"""Which statements of a notebook count: those that define something, and what these refer to.

A notebook is read, never run: its training, its plots and its files are nobody's business here. In the
notebook's order, and by this rule:

- Functions and classes count, with their decorators, defaults and class bodies.
- What they refer to, in any of these, is needed; so is what assignments that count refer to.
- An import counts if it gives a name that is needed, or one of the contract.
- An assignment counts if its value is *light* and it gives a name that is needed, or one of the
  contract, or sets an attribute of something defined here (`TwoLayerNet.backward = backward`).
- A value is light if all that it calls are plain built-ins, functions of the LIBRARIES that touch no
  file, or methods of light values; it must not call what the notebook defines, nor use a variable whose
  own value is not light.
- `if` (with a light condition) and `try` count for what counts inside them.
- Nothing else counts: no loop, no `with`, no bare call. A variable that any of these binds, or an
  assignment that is not light, is undefined from there on: whoever uses it gets a NameError.
"""

import ast
import copy
import symtable
from collections.abc import Callable, Iterable, Iterator

from ..ground.contract import NAMES

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom
Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign
Compound = ast.If | ast.Try | ast.TryStar
VALUE = ""  # what a chain of names begins with if not with a name: `"a b".split`, `f(x).mean`

LIBRARIES = {
    "numpy", "math", "cmath", "random", "functools", "itertools", "operator", "collections",
    "dataclasses", "typing", "types", "enum", "fractions", "decimal", "string", "re",
}  # fmt: skip
BUILT_INS = {
    "abs", "all", "any", "bool", "bytes", "classmethod", "complex", "dict", "divmod", "enumerate",
    "float", "frozenset", "int", "isinstance", "len", "list", "max", "min", "object", "pow",
    "property", "range", "reversed", "round", "set", "slice", "sorted", "staticmethod", "str",
    "sum", "tuple", "type", "zip",
}  # fmt: skip
FILES = {
    "load", "loadtxt", "genfromtxt", "fromregex", "fromfile", "memmap", "open_memmap",
    "DataSource", "save", "savez", "savez_compressed", "savetxt", "tofile", "dump",
}  # fmt: skip
KEEPERS = {  # what takes a function and does not call it
    "dict", "list", "tuple", "set", "frozenset", "zip", "enumerate", "property", "staticmethod",
    "classmethod", "partial", "vectorize", "frompyfunc", "namedtuple", "defaultdict",
}  # fmt: skip


class Selection:
    """The statements that count, among all statements at the top level of a notebook's cells."""

    def __init__(self, trees: Iterable[ast.stmt]) -> None:
        trees = list(trees)
        parts = [part for tree in trees for part in simple(tree)]
        self._assignments = [part for part in parts if isinstance(part, Assignment)]
        self._libraries = _imported(part for part in parts if isinstance(part, Import))
        definitions = [part for part in parts if isinstance(part, Definition)]
        self._defined = {part.name for part in definitions}
        for part in self._assignments:
            self._defined |= bound(part) if isinstance(part.value, ast.Lambda) else set()
        self.missing = set(NAMES) - self._defined - set(self._libraries)  # unless they are assigned
        self._variables = {name for part in parts for name in bound(part)} - self._defined
        others = [part for part in parts if not isinstance(part, Assignment)]
        conditions = [ast.Expr(test) for tree in trees for test in _conditions(tree)]
        self._heavy = _in_all(bound, others) - self._defined  # variables of unknown value
        self._find_heavy()
        self.needed = _in_all(refers_to, [*definitions, *conditions])  # by what counts
        self._find_needed()

    def _find_heavy(self) -> None:
        """Add what is assigned a heavy value, and what is made of that."""
        new = {""}
        while new:
            heavy = [part for part in self._assignments if not self._is_light_assignment(part)]
            new = _in_all(bound, heavy) - self._defined - self._heavy
            self._heavy |= new

    def _find_needed(self) -> None:
        """Add what the assignments that count refer to."""
        new = {""}
        while new:
            counting = [part for part in self._assignments if self._counts(part)]
            new = _in_all(refers_to, counting) - self.needed
            self.needed |= new

    def counting(self, tree: ast.stmt) -> ast.stmt | None:
        """The part of a statement that counts, if any."""
        if isinstance(tree, Definition):
            return tree
        if isinstance(tree, Import):
            return tree if {*self.needed, *NAMES, "*"} & set(_imported([tree])) else None
        if isinstance(tree, Assignment):
            return tree if self._counts(tree) else None
        if isinstance(tree, ast.If) and self._is_light(tree.test):
            return self._reduced(tree)
        return self._reduced(tree) if isinstance(tree, ast.Try | ast.TryStar) else None

    def _reduced(self, tree: Compound) -> ast.stmt | None:
        """An `if` or `try` with nothing in it but what counts; None if that is nothing."""
        reduced = copy.deepcopy(tree)
        bodies = [(reduced, name) for name in ("body", "orelse", "finalbody")]
        bodies += [(handler, "body") for handler in getattr(reduced, "handlers", [])]
        for owner, name in bodies:
            kept = [part for inner in getattr(owner, name, []) if (part := self.counting(inner))]
            setattr(owner, name, kept)
        if not any(getattr(owner, name) for owner, name in bodies):
            return None
        for owner, name in bodies:
            if name == "body" and not owner.body:
                owner.body = [ast.copy_location(ast.Pass(), tree)]
        return reduced

    def _counts(self, part: Assignment) -> bool:
        changed = _changed(part) - set(self._libraries)
        asked_for = bound(part) & {*self.needed, *NAMES} or changed & (self._defined | self.needed)
        return bool(asked_for) and self._is_light_assignment(part)

    def _is_light_assignment(self, part: Assignment) -> bool:
        if part.value is None or (isinstance(part, ast.AugAssign) and bound(part) & self._heavy):
            return False
        return all(self._is_light(value) for value in [part.value, *_targets(part)])

    def _is_light(self, value: ast.expr) -> bool:
        loops = [part for part in ast.walk(value) if isinstance(part, ast.comprehension)]
        unknown = self._heavy - {name for loop in loops for name in _names(loop.target)}
        for part in _evaluated(value):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in unknown:
                return False
            if isinstance(part, ast.Call) and not self._is_harmless(part):
                return False
            if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
                return False
        return True

    def _is_harmless(self, call: ast.Call) -> bool:
        """Whether a call does nothing but make a value, if its receiver and arguments are light."""
        path = _dotted(call.func)
        root, last = path[0], path[-1]
        if last in FILES or not (last in KEEPERS or self._hands_over_nothing_to_call(call)):
            return False
        if root in self._libraries:
            return self._libraries[root] in LIBRARIES
        if isinstance(call.func, ast.Name):
            return root in BUILT_INS - self._defined - self._variables
        return len(path) > 1 and root in {VALUE, *self._variables, *BUILT_INS} - self._defined

    def _hands_over_nothing_to_call(self, call: ast.Call) -> bool:
        """Whether nothing that the notebook defines is among a call's arguments, lambdas looked into."""
        arguments = [*call.args, *(option.value for option in call.keywords)]
        parts = [part for argument in arguments for part in ast.walk(argument)]
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        lambdas = [part for part in parts if isinstance(part, ast.Lambda)]
        return not names & self._defined and all(self._is_light(part.body) for part in lambdas)


def simple(tree: ast.stmt) -> Iterator[ast.stmt]:
    """A statement, or those that it holds if it is an `if` or a `try`."""
    if not isinstance(tree, Compound):
        yield tree
        return
    handlers = [inner for handler in getattr(tree, "handlers", []) for inner in handler.body]
    for inner in [*tree.body, *handlers, *tree.orelse, *getattr(tree, "finalbody", [])]:
        yield from simple(inner)


def _conditions(tree: ast.stmt) -> Iterator[ast.expr]:
    """The conditions of an `if` at the top level, and of those inside it."""
    if isinstance(tree, ast.If):
        yield tree.test
    if isinstance(tree, Compound):
        for inner in [*tree.body, *tree.orelse]:
            yield from _conditions(inner)


def bound(tree: ast.stmt) -> set[str]:
    """The variables that a statement gives a value or deletes; not what it imports or defines."""
    parts = [] if isinstance(tree, Definition) else _evaluated(tree)
    return {n.id for n in parts if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}


def refers_to(tree: ast.stmt) -> set[str]:
    """The names from outside that a statement uses, in the bodies of its functions, too."""
    tables = [symtable.symtable(ast.unparse(tree), "", "exec")]
    names = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_referenced()}
    for table in tables:
        tables += table.get_children()
    for table in tables[1:]:
        names |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return names


def _in_all(names: Callable[[ast.stmt], set[str]], parts: Iterable[ast.stmt]) -> set[str]:
    return {name for part in parts for name in names(part)}


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is evaluated with it: no body of a lambda, no variable of a comprehension."""
    yield node
    for child in ast.iter_child_nodes(node):
        of_its_own = child is getattr(node, "body", None) or child is getattr(node, "target", None)
        if not (of_its_own and isinstance(node, ast.Lambda | ast.comprehension)):
            yield from _evaluated(child)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in _evaluated(node) if isinstance(part, ast.Name)}


def _targets(part: Assignment) -> list[ast.expr]:
    return part.targets if isinstance(part, ast.Assign) else [part.target]


def _changed(part: Assignment) -> set[str]:
    """The variables of which an assignment sets an attribute or an entry."""
    inside = [node for target in _targets(part) for node in ast.walk(target)]
    places = [node for node in inside if isinstance(node, ast.Attribute | ast.Subscript)]
    return {_dotted(node)[0] for node in places if isinstance(node.ctx, ast.Store)}


def _dotted(node: ast.expr) -> list[str]:
    """The names of a chain such as `np.random.normal`; VALUE for a root that is no name."""
    path: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else VALUE, *path]


def _imported(statements: Iterable[Import]) -> dict[str, str]:
    """The names that imports give, each with the library that it comes from."""
    found = {}
    for statement in statements:
        module = statement.module if isinstance(statement, ast.ImportFrom) else None
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            found[name] = (module or alias.name).partition(".")[0]
    return found
