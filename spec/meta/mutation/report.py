"""What a run over the mutants says."""

from collections.abc import Iterator

from .survivors import Change


def report(
    killers: dict[Change, str], known: dict[Change, str], *, least: float
) -> tuple[list[str], bool]:
    """The lines to print, and whether all is well.

    `killers` has for each mutant the test that killed it ("" for a survivor), `known` the survivors
    listed for the modules judged, each with its reason; `least` is the share to be killed.
    """
    survivors = [change for change, killer in killers.items() if not killer]
    unlisted = [change for change in survivors if change not in known]
    killed = [change for change in known if killers.get(change)]
    gone = [change for change in known if change not in killers]
    share = 1 - len(survivors) / len(killers)
    lines = [*_table(killers), ""]
    for title, changes in (
        ("survived, and not listed in survivors.toml", unlisted),
        ("listed in survivors.toml, but killed (take them out)", killed),
        ("listed in survivors.toml, but no mutants any more (take them out)", gone),
    ):
        if changes:
            lines += [f"{title}:", *(f"  {change}" for change in changes), ""]
    lines.append(f"{len(survivors) - len(unlisted)} survivors are listed with the reason")
    if share < least:
        lines.append(f"{share:.2%} were killed, expected at least {least:.0%}")
    return lines, share >= least and not unlisted


def _table(killers: dict[Change, str]) -> Iterator[str]:
    """Mutants, killed, survived and per cent, a module a line."""
    yield f"{'module':24}{'mutants':>8}{'killed':>8}{'survived':>10}{'per cent':>10}"
    for file in [*dict.fromkeys(change.file for change in killers), ""]:
        of_it = [killer for change, killer in killers.items() if file in ("", change.file)]
        killed = sum(map(bool, of_it))
        name = file.removesuffix(".py") or "together"
        survived, percent = len(of_it) - killed, killed / len(of_it)
        yield f"{name:24}{len(of_it):8}{killed:8}{survived:10}{percent:10.2%}"
