"""A network camera: live H.264 over RTSP, made by GStreamer's RTSP server.

A program for the system's Python, whose packages python3-gi and gir1.2-gst-rtsp-server-1.0 no
virtual environment has. A ball moves over a dark picture with a running time; every `--flash`
seconds of the monotonic clock the picture is white for a tenth of a second. Prints
`serving rtsp://…` and one `flash <monotonic seconds>` for each flash a client could see.
"""

import argparse
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

BALL, WHITE = 18, 3
FLASH_SECONDS = 0.1


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def flash_for_ever(picture, period):
    """Have `picture` flash at each multiple of `period` on the monotonic clock."""

    def on():
        picture.set_property("pattern", WHITE)
        say(f"flash {time.monotonic():.3f}")
        GLib.timeout_add(int(FLASH_SECONDS * 1000), off)
        return False

    def off():
        picture.set_property("pattern", BALL)
        wait()
        return False

    def wait():
        GLib.timeout_add(int((period - time.monotonic() % period) * 1000), on)

    wait()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--size", default="640x360")
    options.add_argument("--rate", type=int, default=15)
    options.add_argument("--flash", type=float, default=2.0, help="seconds; 0 for none")
    options.add_argument("--background", default="0xff000000", help="of the ball, as ARGB")
    options.add_argument("--user")
    options.add_argument("--password-file")
    chosen = options.parse_args()
    width, height = chosen.size.split("x")

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(chosen.port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_launch(
        f"( videotestsrc name=picture is-live=true pattern=ball"
        f" background-color={int(chosen.background, 16)}"
        f" ! video/x-raw,width={width},height={height},framerate={chosen.rate}/1"
        f" ! timeoverlay ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=400"
        f" key-int-max={chosen.rate} ! video/x-h264,profile=baseline"
        f" ! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )
    if chosen.flash:
        factory.connect(
            "media-configure",
            lambda _, media: flash_for_ever(
                media.get_element().get_by_name("picture"), chosen.flash
            ),
        )
    if chosen.user:
        with open(chosen.password_file) as file:  # noqa: PTH123 - also the password of a pipe
            password = file.read().strip()
        auth = GstRtspServer.RTSPAuth.new()
        auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(chosen.user, password, token)
        server.set_auth(auth)
        allowed = GstRtspServer.RTSPPermissions()
        allowed.add_permission_for_role("viewer", "media.factory.access", True)
        allowed.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(allowed)
    server.get_mount_points().add_factory("/camera", factory)
    if not server.attach(None):
        sys.exit(f"cannot listen on 127.0.0.1:{chosen.port}")
    say(f"serving rtsp://127.0.0.1:{chosen.port}/camera")
    GLib.MainLoop().run()


main()
