"""Copies what npm installed into the static files: `npm ci && python -m fleet.web.assets`.

Nothing is bundled. Beside each file lie what a browser is sent of it, `.gz` and, where Node.js is
there to make it, `.br`. Without these files every page works, but browsers that cannot play HLS by
themselves have no automatic quality, and there are no charts and no map.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

from fleet.web.outlines import outlines
from fleet.web.static import FOLDER

FILES = {
    "hls.light.min.mjs": "hls.js/dist/hls.light.min.mjs",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "leaflet.js": "leaflet/dist/leaflet.js",
}
"""The name below `static/vendor/`, and where npm puts the file."""

OUTLINES = "outlines.json"
ATLAS = ("world-atlas/countries-110m.json", "world-atlas/countries-50m.json")
"""What the outlines of countries are made of."""

_BROTLI = (
    "const{brotliCompressSync:b}=require('zlib'),{readFileSync:r,writeFileSync:w}=require('fs');"
    "for(const f of process.argv.slice(1))w(f+'.br',b(r(f)))"
)
_SECONDS = 120


def copy(node_modules: Path, target: Path = FOLDER / "vendor") -> list[Path]:
    """Copy the files whose content differs and return where all of them are now.

    Raises:
        FileNotFoundError: npm has not installed one of them.
    """
    target.mkdir(parents=True, exist_ok=True)
    contents = {name: (node_modules / source).read_bytes() for name, source in FILES.items()}
    coarse, fine = (json.loads((node_modules / name).read_bytes()) for name in ATLAS)
    made = json.dumps(outlines(coarse, fine), separators=(",", ":"))
    contents[OUTLINES] = made.encode()
    for name, content in contents.items():
        file = target / name
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
            file.with_name(f"{name}.br").unlink(missing_ok=True)
            file.with_name(f"{name}.gz").unlink(missing_ok=True)
    return [target / name for name in contents]


def compress(files: list[Path]) -> None:
    """Put a compressed copy beside each file that lacks one."""
    for file in files:
        packed = file.with_name(f"{file.name}.gz")
        if not packed.exists():
            packed.write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    bare = [str(file) for file in files if not file.with_name(f"{file.name}.br").exists()]
    if bare:
        try:
            subprocess.run(["node", "-e", _BROTLI, *bare], check=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"no .br files, .gz will do: {error}\n")


def main() -> None:
    """Copy from `node_modules` below the current directory, or the first argument."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "node_modules")
    try:
        files = copy(folder)
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is missing: run `npm ci` first")
    compress(files)
    for file in files:
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
