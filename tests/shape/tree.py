"""The files of the project, as git knows them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "contract",
    "device_profiles",
    "edge_agent",
    "fleet",
    "simulator",
    "standalone",
    "benchmarks",
)


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Committed and new files with these suffixes (all without any), relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    ).stdout.splitlines()
    paths = sorted({Path(line) for line in listed})
    return tuple(
        path
        for path in paths
        if (not suffixes or path.suffix in suffixes) and (ROOT / path).is_file()
    )


def sources() -> tuple[Path, ...]:
    """The Python modules that are shipped."""
    return tuple(path for path in files(".py") if path.parts[0] in PACKAGES)


def module(path: Path) -> str:
    """`fleet/db/__init__.py` as Python imports it: `fleet.db`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
