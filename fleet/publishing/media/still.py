"""The poster."""

from pathlib import Path


def still(source: Path, duration: float, output: Path) -> list[str]:
    """Arguments that pick the most telling picture near a tenth of the lesson, 640 wide."""
    at = min(duration / 10, 60.0)
    return [
        *("-ss", f"{at:.3f}", "-i", str(source), "-map", "0:v:0", "-frames:v", "1"),
        *("-vf", "thumbnail=15,scale='min(640,iw)':-2", "-q:v", "4", "-f", "image2"),
        *("-update", "1", str(output)),
    ]
