"""Reads ffmpeg's `framecrc` lines, one for each packet written.

After headers that begin with `#` a line is `stream, dts, pts, duration, size, checksum`, then for
a packet that cannot be decoded by itself its flags as `F=0x0`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `pts` and `duration` in seconds of its run. `key`: playing may begin here."""

    pts: float
    duration: float
    size: int
    key: bool

    @property
    def end(self) -> float:
        """When it has been shown."""
        return self.pts + self.duration

    @property
    def middle(self) -> float:
        """Half way through it."""
        return self.pts + self.duration / 2


@dataclass(slots=True)
class PacketReader:
    """Reads line by line, keeping the headers as `header["codec_id"]` and so on."""

    header: dict[str, str] = field(default_factory=dict)
    _tick: tuple[int, int] | None = None

    def read(self, line: str) -> Packet | None:
        """The packet of a line; None for a header or a line cut off by the end of the child."""
        if line.startswith("#"):
            self._remember(line)
            return None
        fields = line.split(",")
        if self._tick is None or len(fields) < 6 or not line.endswith("\n"):
            return None
        try:
            pts, duration, size = int(fields[2]), int(fields[3]), int(fields[4])
        except ValueError:
            return None
        numerator, denominator = self._tick
        begin, length = pts * numerator / denominator, duration * numerator / denominator
        return Packet(begin, length, size, " F=" not in line)

    def _remember(self, line: str) -> None:
        name, _, value = line[1:].partition(":")
        words = name.split()
        if not words:
            return
        self.header[words[0]] = value.strip()
        if words[0] == "tb":
            numerator, _, denominator = value.strip().partition("/")
            self._tick = int(numerator), int(denominator)
