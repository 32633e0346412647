"""An encoder counts only when it has really encoded."""

import logging
from pathlib import Path

import pytest

from edge_agent.capture.encoders import ENCODERS, SOFTWARE, chosen, probe_arguments, works
from edge_agent.errors import BadConfiguration


def test_software_works_here() -> None:
    assert works(SOFTWARE, "ffmpeg")


def test_without_ffmpeg_nothing_works(tmp_path: Path) -> None:
    assert not works(SOFTWARE, str(tmp_path / "none"))


def test_auto_takes_the_first_hardware_that_works(tmp_path: Path) -> None:
    only_nvenc = tmp_path / "ffmpeg"
    only_nvenc.write_text('#!/bin/sh\ncase "$*" in *h264_nvenc*) exit 0;; esac; exit 1\n')
    only_nvenc.chmod(0o755)

    assert chosen("auto", str(only_nvenc)).name == "h264_nvenc"


def test_auto_is_software_where_no_hardware_works(tmp_path: Path) -> None:
    nothing = tmp_path / "ffmpeg"
    nothing.write_text("#!/bin/sh\nexit 1\n")
    nothing.chmod(0o755)

    assert chosen("auto", str(nothing)) is SOFTWARE


def test_hardware_that_is_wanted_and_missing_does_not_cost_the_lesson(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert chosen("h264_qsv", str(tmp_path / "none")) is SOFTWARE

    assert "h264_qsv does not encode on this machine, using libx264" in caplog.text


def test_an_unknown_encoder_is_refused_by_name() -> None:
    with pytest.raises(BadConfiguration, match=r"encoder: 'h265' is none of auto, h264_vaapi"):
        chosen("h265", "ffmpeg")


def test_a_probe_encodes_with_what_recording_would_use() -> None:
    words = probe_arguments(ENCODERS["h264_vaapi"], "ffmpeg")

    assert "-vaapi_device" in words
    assert "format=nv12,hwupload" in words
    assert words[-3:] == ("-f", "null", "-")
