"""Copies what npm installed into the static files: `npm ci && python -m fleet.web.assets`.

Nothing is built or bundled; without these files every page works, but browsers that cannot play
HLS by themselves have no automatic quality.
"""

import shutil
import sys
from pathlib import Path

from fleet.web.static import FOLDER

FILES = {"hls.light.min.mjs": "hls.js/dist/hls.light.min.mjs"}
"""The name below `static/vendor/`, and where npm puts the file."""


def copy(node_modules: Path, target: Path = FOLDER / "vendor") -> list[Path]:
    """Copy the files whose content differs and return where all of them are now.

    Raises:
        FileNotFoundError: npm has not installed one of them.
    """
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for name, source in FILES.items():
        content = (node_modules / source).read_bytes()
        file = target / name
        if not file.exists() or file.read_bytes() != content:
            shutil.copyfile(node_modules / source, file)
        copied.append(file)
    return copied


def main() -> None:
    """Copy from `node_modules` below the current directory, or the first argument."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "node_modules")
    try:
        files = copy(folder)
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is missing: run `npm ci` first")
    for file in files:
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
