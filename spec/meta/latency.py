"""How long a learner waits: from a save to the verdict of `python -m spec watch`, and for one name.

    python -m spec.meta.latency

saves a right implementation with one slip in it, 20 times for each of some slips; then it runs
`pytest spec --impl my_net.py -k softmax` some times, and counts the CPU time of each.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
RIGHT = Path(__file__).parent / "right" / "plain.py"
SLIPS = {  # the claim that it breaks: what stands there once, and the slip
    "3.2/tanh": ("return np.tanh(z)\n", "return -np.tanh(z)\n"),
    "5.3/output-weight-gradient": ("].T @ dZ / m + 2", "].T @ dZ + 2"),
    "7.4/he-normal": ("np.sqrt(2 / n_in)", "np.sqrt(1 / n_in)"),
}
SAVES, RUNS = 20, 5


def waits(claim: str, source: str, file: Path) -> list[float]:
    """Seconds from each save of `source` to the verdict on the claim; the first run is not counted."""
    file.write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "spec", "watch", str(file)]
    seconds = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        lines = iter(watching.stdout)
        next(line for line in lines if " hold" in line)
        for n in range(SAVES):
            begin = time.monotonic()
            file.write_text(f"{source}\n# {n}\n", encoding="utf-8")
            next(line for line in lines if claim in line)
            seconds.append(time.monotonic() - begin)
        watching.terminate()
        watching.communicate()
    return seconds


def one_name(file: Path) -> float:
    """CPU seconds of a run for what has softmax in its name."""
    command = ["-m", "pytest", "-p", "no:cacheprovider", str(ROOT / "spec"), "--impl", str(file)]
    before = os.times()
    subprocess.run([sys.executable, *command, "-k", "softmax"], check=True, capture_output=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])  # of children


def main() -> None:
    """Print the figures."""
    right = RIGHT.read_text(encoding="utf-8")
    cpu = [one_name(RIGHT) for _ in range(RUNS)]
    sys.stdout.write(
        f"-k softmax: median {statistics.median(cpu):.2f} s of CPU time, {RUNS} runs\n"
    )
    for claim, (old, new) in SLIPS.items():
        with tempfile.TemporaryDirectory() as folder:
            seconds = waits(claim, right.replace(old, new), Path(folder, "my_net.py"))
        load = os.getloadavg()[0]
        sys.stdout.write(
            f"{claim:28} median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s "
            f"of {SAVES} saves, at a load of {load:.1f} on {os.cpu_count()} cores\n"
        )


if __name__ == "__main__":
    main()
