"""Programs of the operating system: an argument list, no shell, a thread and a time limit."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Sequence

from edge_agent.errors import Refused, Unreachable, Unsupported

Run = Callable[[Sequence[str], float], Awaitable[str]]
"""What runs a program for at most so many seconds, and gives its output: `run`, or a test's."""


async def run(argv: Sequence[str], seconds: float) -> str:
    """The standard output of a program, in English.

    Raises:
        Unsupported: it is not installed.
        Refused: it failed; the text is its own.
        Unreachable: it did not end in time, and was ended.
    """
    program = shutil.which(argv[0])
    if program is None:
        raise Unsupported(f"{argv[0]} is not installed")
    try:
        done = await asyncio.to_thread(
            subprocess.run,
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{argv[0]} did not end within {seconds:g} s") from None
    except OSError as error:
        raise Unsupported(f"{argv[0]}: {error}") from error
    if done.returncode:
        why = done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}"
        raise Refused(f"{argv[0]}: {why[:200]}")
    return done.stdout
