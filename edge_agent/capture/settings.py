"""How the recorder behaves; the defaults suit a classroom PC."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """All that may be set about recording.

    Attributes:
        ffmpeg: the program, by name or path; 5.1 or newer.
        encoder: `auto`, or one of `capture.encoders.ENCODERS`. `auto` takes the first that
            really encodes on this machine.
        peak_kbits: the highest rate of an encoded picture, over two seconds.
        audio_kbits: the rate of encoded sound.
        stall_seconds: a source that gives nothing for so long is lost.
        opening_seconds: a source that has given nothing so long after it was opened is lost.
        retry_shortest: the shortest pause before a lost source is opened again.
        retry_longest: the longest such pause. Between the two it is a tenth of the time the
            source has been away, shortened by chance; a source that comes and goes waits longer.
        drift_seconds: how far the sample clock of a source may leave the room's clock before
            the next segment is placed anew.
        sync_seconds: how often the open segments are forced to the disk.
    """

    ffmpeg: str = "ffmpeg"
    encoder: str = "auto"
    peak_kbits: int = 2500
    audio_kbits: int = 96
    stall_seconds: float = 3.0
    opening_seconds: float = 10.0
    retry_shortest: float = 0.5
    retry_longest: float = 5.0
    drift_seconds: float = 0.08
    sync_seconds: float = 1.0
