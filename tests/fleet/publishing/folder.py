"""A file store that is a folder: keys are relative paths."""

import shutil
from pathlib import Path


class Folder:
    """Enough of a FileStore for publishing; `space` is what `free` answers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.space = 1 << 40

    def put(self, key: str, source: Path) -> None:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)

    def path(self, key: str) -> Path:
        return self.root / key

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        return self.space

    def wipe(self) -> None:
        shutil.rmtree(self.root)
