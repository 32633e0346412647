"""The local file store, whose free space a test can set."""

from pathlib import Path

from fleet.adapters.local_files import LocalFiles


class Folder(LocalFiles):
    """`space` is what `free_bytes` answers."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.root = root
        self.space = 1 << 40

    def free_bytes(self) -> int:
        return self.space
