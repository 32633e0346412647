"""An X display without a screen."""

from pathlib import Path

from tests.servers.child import Child, Children


class Xvfb:
    """A display of `width` by `height`; `name` is what DISPLAY should say."""

    def __init__(self, children: Children, width: int = 640, height: int = 360) -> None:
        self.width = width
        self.height = height
        self.child: Child = children.start(
            [
                "Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24",
                "-nolisten", "tcp", "-noreset",
            ],
            name=f"xvfb-{len(children.started)}",
        )  # fmt: skip
        self.name = ":" + self.child.wait_for(r"^(\d+)$", 15).group(1)

    @property
    def env(self) -> dict[str, str]:
        """What a program needs in its environment to draw here."""
        return {"DISPLAY": self.name}

    @property
    def socket(self) -> Path:
        """Where its clients connect."""
        return Path(f"/tmp/.X11-unix/X{self.name[1:]}")
