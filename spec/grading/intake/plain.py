"""A class that no platform named: which folders or files are learners is told from what lies where.

Y with several things below that are no parts of one program is a class of these; Y with one network is one
learner. Names such as `class` or `src` say which; where they do not, it is said that it could be otherwise.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from .archives import is_archive
from .choosing import WHOLE, LookedAt, is_code, look, version
from .entries import Entry, Parts, same
from .trees import File

CONTAINER = re.compile(
    r"(?:class|course|kurs|klasse|cours|curso|students?|learners?|submissions?|submitted|handed.?in|"
    r"hand.?ins?|abgaben?|exports?|files|uploads?|unzipped|home|homes|inbound|responses|all|grading|download|repos?)\d*|"
    r".*[-_ ](?:submissions|export|responses|abgaben|homes)",
    re.I,
)
PART = re.compile(
    r"(?:src|source|lib|libs|code|py|python|utils?|helpers?|tests?|data|docs?|notebooks?|scripts?|modules?|"
    r"models?|layers?|net|nn|network|old|new|backup|archive|versions?|bin|build|dist|env|venv|img|images|"
    r"figures|assets|results|config|package|main|project|work)|v\d+|version ?\d+|"
    r"(?:hw|ps|ex|part|week|task|assignment|homework|sheet|lab)[-_ ]?\d+|\..*",
    re.I,
)
STARTER = re.compile(
    r"(?:tests?|docs?|solutions?|starter|template|scripts|data|node_modules|venv|env|grades?)|\..*|"
    r"(?:readme|license|changelog|roster|classroom_roster|conftest|setup|test_.*|.*_test)\..*",
    re.I,
)
GENERIC = re.compile(
    r"(?:my[-_ ]?)?(?:net|nn|network|neural[-_ ]?net(?:work)?|main|submission|solution|homework|code|untitled"
    r"|notebook|assignment|impl|implementation|__init__)\d*|(?:hw|ps|ex)[-_ ]?\d+",
    re.I,
)
NOTE = (".txt", ".csv", ".tsv", ".md", ".json", ".toml", ".yml", ".yaml", ".xlsx", ".xls", ".log", ".ini",
        ".cfg", ".rst", ".html")  # fmt: skip
MOST_WEIGHED = 40  # files of code that are read to tell a class from a learner


@dataclass
class Node:
    """A folder, or an archive, with what lies in it."""

    name: str
    parts: Parts
    children: dict[str, "Node"] = field(default_factory=dict)
    leaf: File | None = None

    @property
    def files(self) -> list[File]:
        """All files in it, at any depth."""
        found, pending = [], [self]
        while pending:
            node = pending.pop()
            found += [node.leaf] if node.leaf else []
            pending += reversed(list(node.children.values()))
        return found

    @property
    def folders(self) -> list["Node"]:
        """The folders and archives right in it that may be a learner's."""
        return [
            node
            for node in self.children.values()
            if (not node.leaf or (is_archive(node.name) and not node.leaf.trouble))
            and not PART.fullmatch(node.name)
            and not STARTER.fullmatch(node.name)
        ]

    @property
    def code(self) -> list["Node"]:
        """The files of code right in it."""
        return [
            node
            for node in self.children.values()
            if node.leaf and is_code(node.leaf) and not STARTER.fullmatch(node.name)
        ]


def grown(files: Iterable[File], empty: Iterable[Parts], name: str) -> Node:
    """The tree of all files."""
    root = Node(name, ())
    for parts, leaf in [
        *((file.parts, file) for file in files),
        *((parts, None) for parts in empty),
    ]:
        node = root
        for depth, part in enumerate(parts, start=1):
            node = node.children.setdefault(part, Node(part, parts[:depth]))
        node.leaf = leaf
    return root


@dataclass(frozen=True)
class Reading:
    """The learners in a tree, what belongs to none of them, and a sentence on how it was read."""

    entries: tuple[Entry, ...]
    strays: tuple[File, ...] = ()
    said: str = ""
    ambiguous: bool = False


def read(files: tuple[File, ...], empty: tuple[Parts, ...], source: str, stem: str) -> Reading:
    """A class, or a learner, that no platform named."""
    root = grown(files, empty, stem)
    if not any(map(is_code, files)):
        return _without_code(root, source)
    chain = [root]
    while len(chain[-1].folders) == 1 and not chain[-1].code:
        below = chain[-1].folders[0]
        if below.leaf:
            break
        chain.append(below)
    if _is_class(chain[-1], root):
        reading = _class(chain[-1], source)
        inside = {file.path for file in chain[-1].files}
        outside = tuple(file for file in files if file.path not in inside)
        return replace(reading, strays=(*reading.strays, *outside))
    return _alone(chain, root, source)


def _without_code(root: Node, source: str) -> Reading:
    node = root
    while len(node.children) == 1 and not (only := next(iter(node.children.values()))).leaf:
        if not only.children:
            break
        node = only
    return Reading(
        tuple(_entry(each, source) for each in node.children.values()), said="each by itself"
    )


def _alone(chain: list[Node], root: Node, source: str) -> Reading:
    """One learner: the first in a chain of folders that is not called as a class is."""
    names = [chain[0], *(node for node in chain[1:] if not PART.fullmatch(node.name))]
    below = [
        node for node in names[1:] if not CONTAINER.fullmatch(node.name) and node.name != root.name
    ]
    learner = below[0] if below else names[-1]
    only = chain[-1].code
    name = learner.name
    if learner is root and len(only) == 1 and chain[-1] is root:
        stem = _stem(only[0])
        name = stem if not GENERIC.fullmatch(stem) or CONTAINER.fullmatch(name) else name
    inside = {file.path for file in learner.files}
    strays = tuple(file for file in root.files if file.path not in inside)
    entry = Entry(name, "/".join((source, *learner.parts)), files=tuple(learner.files))
    several = len([node for node in chain[1:] if not PART.fullmatch(node.name)]) > 1
    return Reading((entry,), strays, f"one learner alone, {name}", several)


def _is_class(node: Node, root: Node) -> bool:
    """Whether a folder holds several learners."""
    named_so = node is root or node.name == root.name or bool(CONTAINER.fullmatch(node.name))
    folders, codes = node.folders, node.code
    if len(folders) > 1 or (node is root and folders and codes):
        return True
    if len(codes) + len(folders) < 2:
        return False
    stems = [_stem(each) for each in codes]
    if len({(version(each.leaf)[0], each.leaf.suffix) for each in codes if each.leaf}) == 1:
        return bool(folders) and _n_whole([*codes, *folders]) > 1
    if all(PART.fullmatch(stem) or GENERIC.fullmatch(stem) for stem in stems):
        return False
    if len(codes) > MOST_WEIGHED and named_so:
        return True
    if _n_whole([*codes, *folders][:MOST_WEIGHED]) > 1:
        return True
    looked_at, _ = look([each.leaf for each in codes if each.leaf])
    enough = named_so or sum(bool(each.defined) for each in looked_at) > 2
    return enough and not _are_parts(stems, looked_at)


def _n_whole(nodes: list[Node]) -> int:
    """How many of them hold a network that could stand by itself: most of all names that are there."""
    best = []
    for node in nodes:
        looked_at, _ = look([file for file in node.files if is_code(file)][:MOST_WEIGHED])
        best.append(max((len(each.defined) for each in looked_at), default=0))
    return sum(n >= WHOLE * max(best) > 0 for n in best)


def _are_parts(stems: list[str], looked_at: list[LookedAt]) -> bool:
    """Whether files of code are parts of one program: one imports the others, or they are called so."""
    modules = {module.rpartition(".")[2] for each in looked_at for module in each.modules}
    linked = [s for s in stems if s in modules or PART.fullmatch(s) or GENERIC.fullmatch(s)]
    return len(linked) >= len(stems) - 1


def _class(node: Node, source: str) -> Reading:
    """Each folder, archive and file of code in a folder is a learner's; of other files none is."""
    folders, codes = node.folders, node.code
    entries: list[Entry] = []
    strays: list[File] = []
    stems = [same(_stem(each)) for each in codes]
    for child in node.children.values():
        if child in folders:
            below = child.folders
            if (
                len(below) > 1
                and not child.code
                and not child.leaf
                and _n_whole(below[:MOST_WEIGHED]) > 1
            ):
                inner = _class(child, source)
                entries += inner.entries
                strays += inner.strays
            else:
                entries.append(_entry(child, source))
        elif child in codes:
            unread = child.leaf and child.leaf.trouble
            if folders and not unread and not _n_whole([child]) and len(folders) >= len(codes):
                strays += child.files
                continue
            entry = _entry(child, source)
            twice = stems.count(same(_stem(child))) > 1 and child.leaf
            suffix = child.leaf.suffix[1:] if child.leaf else ""
            entries.append(replace(entry, name=f"{entry.name} ({suffix})") if twice else entry)
        elif child.leaf and _may_be_learners(child.leaf, bool(folders)):
            entries.append(_entry(child, source))
        else:
            strays += child.files
    what = "each folder is a learner's" if len(folders) > len(codes) else "each file is a learner's"
    return Reading(tuple(entries), tuple(strays), what)


def _may_be_learners(file: File, beside_folders: bool) -> bool:
    """Whether what is no code may be all that a learner handed in: a link, a document among files."""
    if (
        file.suffix in NOTE
        or (is_archive(file.name) and beside_folders)
        or STARTER.fullmatch(file.name)
    ):
        return False
    return bool(file.trouble) or not beside_folders


def each_below(
    files: tuple[File, ...], empty: tuple[Parts, ...], source: str, depth: int
) -> Reading:
    """Each folder or file so many folders below what was given is a learner's."""
    nodes = [grown(files, empty, source)]
    strays: list[File] = []
    for _ in range(depth - 1):
        strays += [each.leaf for node in nodes for each in node.children.values() if each.leaf]
        nodes = [each for node in nodes for each in node.children.values() if not each.leaf]
    entries: list[Entry] = []
    for node in nodes:
        for child in node.children.values():
            if child.leaf and not is_code(child.leaf) and not is_archive(child.name):
                strays.append(child.leaf)
            else:
                entries.append(_entry(child, source))
    return Reading(tuple(entries), tuple(strays), f"each entry at depth {depth} is a learner's")


def unnamed(files: list[File], depth: int, source: str) -> Reading:
    """What lies in a platform's export and is not named as the rest is: who may be a learner all the same."""
    groups: dict[Parts, list[File]] = {}
    for file in files:
        groups.setdefault(file.parts[: depth + 1], []).append(file)
    entries, strays = [], list[File]()
    for parts, group in groups.items():
        codes = [file for file in group if is_code(file)]
        looked_at = [] if STARTER.fullmatch(parts[-1]) else look(codes)[0]
        if any(each.defined | each.imported for each in looked_at):
            entries.append(
                Entry(_stemmed(parts[-1]), "/".join((source, *parts)), files=tuple(group))
            )
        else:
            strays += group
    return Reading(tuple(entries), tuple(strays))


def _entry(node: Node, source: str) -> Entry:
    name = _stem(node) if node.leaf or is_archive(node.name) else node.name
    return Entry(name, "/".join((source, *node.parts)), files=tuple(node.files))


def _stem(node: Node) -> str:
    return _stemmed(node.name)


def _stemmed(name: str) -> str:
    """A file's name without its endings."""
    stem = PurePosixPath(name).stem
    inner = PurePosixPath(stem).suffix.lower()
    return PurePosixPath(stem).stem if inner in (".tar", ".py", ".ipynb") else stem
