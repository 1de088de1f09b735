"""Where Chromium is. `python -m spec.meta.chromium` installs Playwright's own where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NONE = "there is no Chromium on this machine"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
REMEDY = "install one (on Debian: apt install chromium), or name its file in the variable CHROMIUM"


class NoChromium(Exception):
    """There is no browser to test the page in; says what to do."""


def chromium() -> str:
    """The file of a Chromium: that of CHROMIUM, that of the system, or Playwright's. Else NoChromium."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise NoChromium(f"CHROMIUM is {named}, which is no program; {REMEDY}")
        return found
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if not Path(own).is_file():
        raise NoChromium(f"{NONE}; {REMEDY}")
    return own


def main() -> int:
    """Find one, or have Playwright download its own. 2 if neither is possible."""
    try:
        found = chromium()
    except NoChromium as none:
        told = str(none)
        found = ""
    if not found and not os.environ.get("CHROMIUM"):
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        nowhere = subprocess.DEVNULL
        if subprocess.run(command, stdout=nowhere, stderr=nowhere).returncode == 0:
            found = chromium()
        else:
            told = f"{NONE}, and Playwright could not download its own; {REMEDY}"
    print(f"Chromium: {found}" if found else told)  # noqa: T201
    return 0 if found else 2


if __name__ == "__main__":
    sys.exit(main())
