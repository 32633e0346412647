"""Playlists."""

import pytest

from fleet.publishing.media.package import BadPlaylist, Variant, describe, master, settle
from fleet.publishing.media.probe import probe
from fleet.publishing.media.renditions import recipe, shrinking
from fleet.publishing.media.tools import Tools

PLAYLIST = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MAP:URI="a.m4s",BYTERANGE="800@0"
#EXTINF:6.000000,
#EXT-X-BYTERANGE:6000@800
a.m4s
#EXTINF:65.300000,
#EXT-X-BYTERANGE:3000@6800
a.m4s
#EXT-X-ENDLIST
"""


def test_the_last_segment_ends_with_the_lesson() -> None:
    settled = settle(PLAYLIST, 10.5)
    assert "#EXTINF:4.500000,\n#EXT-X-BYTERANGE:3000@6800" in settled
    assert settled.count("#EXTINF") == 2
    assert settle(PLAYLIST, 5.0) == PLAYLIST, "nonsense is left alone"


def test_a_long_last_segment_raises_the_target(tmp_path) -> None:
    assert "#EXT-X-TARGETDURATION:30\n" in settle(PLAYLIST, 36.0)


def test_a_master_playlist_begins_with_the_thinnest() -> None:
    fat = Variant("fat.m3u8", 2_000_000, 1_000_000, "avc1.64001f,mp4a.40.2", 1280, 720)
    thin = Variant("thin.m3u8", 200_000, 150_000, "", 640, 360)
    lines = master([fat, thin]).splitlines()
    assert lines[3:] == [
        "#EXT-X-STREAM-INF:BANDWIDTH=200000,AVERAGE-BANDWIDTH=150000,RESOLUTION=640x360",
        "thin.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1000000,"
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720',
        "fat.m3u8",
    ]


def test_bandwidth_is_counted_from_the_byte_ranges(tmp_path) -> None:
    playlist, media = tmp_path / "a.m3u8", tmp_path / "a.m4s"
    playlist.write_text(settle(PLAYLIST, 10.0))
    media.write_bytes(b"\0" * 20 + b"avcC\x01\x4d\x40\x1e" + b"mp4a" + b"\0" * 1000)
    found = describe(playlist, media, "a.m3u8", (640, 360))
    assert (found.peak, found.average) == (8000, 7200)
    assert found.codecs == "avc1.4d401e,mp4a.40.2"
    playlist.write_text("#EXTM3U\n")
    with pytest.raises(BadPlaylist, match=r"a\.m3u8"):
        describe(playlist, media, "a.m3u8", (640, 360))


def test_low_copies_of_a_restless_picture_fit_a_thin_link(tmp_path, figure) -> None:
    """Noise over a moving test picture is harder than any lesson."""
    tools = Tools()
    source = tmp_path / "source.mp4"
    picture = "testsrc2=s=640x360:r=15:d=12,noise=alls=12:allf=t"
    tools.ffmpeg(
        [
            *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "anoisesrc=d=12:a=0.1"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac", str(source)),
        ],
        cwd=tmp_path,
    )
    rates = {}
    for track in ("presenter", "presentation"):
        small = tmp_path / f"{track}.mp4"
        heard = track == "presenter"
        tools.ffmpeg(shrinking(source, recipe(track), sound=heard, output=small), cwd=tmp_path)
        rates[track] = probe(tools, small).bitrate
    figure("presenter and presentation, low", f"{sum(rates.values()) / 1000:.0f} kbit/s {rates}")
    assert sum(rates.values()) < 230_000, "a link of 256 kbit/s also carries headers and pages"
