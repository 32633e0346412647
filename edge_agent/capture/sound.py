"""Measures sound a tenth of a second at a time. Mono, 16 kHz, samples of 16 bits."""

from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_agent.capture.side import RATE
from edge_agent.room.watch import Hearing

Samples = npt.NDArray[np.float64]

BLOCK: Final = RATE // 10
FULL: Final = 32768.0
LOWEST: Final = -96.0
"""In dBFS; what 16 bits can tell from nothing."""

AT_FULL_SCALE: Final = 0.985
"""Clipped sound that was resampled is not flat any more, but near to it."""

MAINS: Final = (50, 60)
HARMONICS: Final = 6
ABSOLUTE: Final = -0.691
"""LUFS of an energy of 1, after K-weighting (ITU-R BS.1770)."""

_SHELF: Final = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
_HIGH_PASS: Final = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_STANDARD_RATE: Final = 48000
"""ITU-R BS.1770-4, tables 1 and 2, for 48 kHz."""


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of a second: RMS and peak in dBFS, and what it and those before it measure."""

    rms: float
    peak: float
    hearing: Hearing


class SoundMeter:
    """Measures one source."""

    def __init__(self) -> None:
        self._rest = b""
        self._powers: deque[float] = deque(maxlen=4)
        self._weighted: deque[float] = deque(maxlen=30)
        self._clipped: deque[int] = deque(maxlen=10)
        self._second: deque[Samples] = deque(maxlen=10)
        self._hum = 0.0
        self._blocks = 0

    def measure(self, datagrams: list[bytes]) -> list[Tenth]:
        """Whole tenths of a second, of what came now and before."""
        data = b"".join((self._rest, *datagrams))
        whole = len(data) - len(data) % (2 * BLOCK)
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2").astype(np.float64) / FULL
        return [self._tenth(block) for block in samples.reshape(-1, BLOCK)]

    def _tenth(self, block: Samples) -> Tenth:
        power, peak = float(np.mean(block * block)), float(np.max(np.abs(block)))
        self._powers.append(power)
        self._weighted.append(weighted_energy(block))
        self._clipped.append(int(np.count_nonzero(np.abs(block) >= AT_FULL_SCALE)))
        self._second.append(block)
        self._blocks += 1
        if self._blocks % 5 == 0:
            self._hum = hum(np.concatenate(self._second))
        recent = list(self._weighted)[-4:]
        hearing = Hearing(
            level=_decibel(np.mean(self._powers)),
            zero=not any(self._powers),
            clipped=sum(self._clipped) / (BLOCK * len(self._clipped)),
            hum=self._hum,
            momentary=_loudness(np.mean(recent)),
            short_term=_loudness(np.mean(self._weighted)),
        )
        return Tenth(_decibel(power), max(LOWEST, 20 * float(np.log10(peak or 1e-9))), hearing)


def weighted_energy(block: Samples) -> float:
    """The mean square of a block after K-weighting, by its spectrum."""
    spectrum = np.fft.rfft(block)
    energies = (spectrum.real**2 + spectrum.imag**2) * _k_weighting(len(block))
    return float(2 * energies.sum() - energies[0] - energies[-1]) / len(block) ** 2


def hum(samples: Samples) -> float:
    """The share of the energy that is at the mains' frequency and its harmonics."""
    spectrum = np.fft.rfft(samples * np.hanning(len(samples)))
    energies = spectrum.real**2 + spectrum.imag**2
    total = float(energies.sum())
    if total <= 0.0:
        return 0.0
    bin_of = len(samples) / RATE
    shares = []
    for mains in MAINS:
        centres = [round(mains * n * bin_of) for n in range(1, HARMONICS + 1)]
        # Hann's window spreads a tone over three lines.
        shares.append(sum(float(energies[c - 1 : c + 2].sum()) for c in centres) / total)
    return max(shares)


@cache
def _k_weighting(length: int) -> Samples:
    """The filter's effect on the energy of each line of a spectrum."""
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(length, 1 / RATE) / _STANDARD_RATE)
    response = np.ones_like(turn)
    for above, below in (_SHELF, _HIGH_PASS):
        response *= np.polyval(above[::-1], turn) / np.polyval(below[::-1], turn)
    weights: Samples = np.abs(response) ** 2
    return weights


def _decibel(power: float | np.floating) -> float:
    return max(LOWEST, 10 * float(np.log10(power or 1e-18)))


def _loudness(energy: float | np.floating) -> float:
    return ABSOLUTE + 10 * float(np.log10(max(float(energy), 1e-12)))
