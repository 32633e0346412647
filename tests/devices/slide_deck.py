"""Shows pages full screen on an X display, one after the other: a program, with Xlib by ctypes.

Reads raw BGRA pictures of the size of the display from the files it is given. Prints
`page <number> <monotonic seconds>` when the X server has drawn a page, then goes on after
`--seconds`; after the last page it stays.
"""

import argparse
import ctypes
import ctypes.util
import sys
import time
from ctypes import c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from pathlib import Path

Z_PIXMAP = 2
BYTES_PER_PIXEL = 4

SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "XOpenDisplay": (c_void_p, [c_char_p]),
    "XDefaultScreen": (c_int, [c_void_p]),
    "XDefaultRootWindow": (c_ulong, [c_void_p]),
    "XDefaultVisual": (c_void_p, [c_void_p, c_int]),
    "XDefaultDepth": (c_int, [c_void_p, c_int]),
    "XDefaultGC": (c_void_p, [c_void_p, c_int]),
    "XDisplayWidth": (c_int, [c_void_p, c_int]),
    "XDisplayHeight": (c_int, [c_void_p, c_int]),
    "XCreateSimpleWindow": (
        c_ulong,
        [c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_uint, c_ulong, c_ulong],
    ),
    "XMapRaised": (c_int, [c_void_p, c_ulong]),
    "XCreatePixmap": (c_ulong, [c_void_p, c_ulong, c_uint, c_uint, c_uint]),
    "XFreePixmap": (c_int, [c_void_p, c_ulong]),
    "XCreateImage": (
        c_void_p,
        [c_void_p, c_void_p, c_uint, c_int, c_int, c_void_p, c_uint, c_uint, c_int, c_int],
    ),
    "XPutImage": (
        c_int,
        [c_void_p, c_ulong, c_void_p, c_void_p, *[c_int] * 4, c_uint, c_uint],
    ),
    "XSetWindowBackgroundPixmap": (c_int, [c_void_p, c_ulong, c_ulong]),
    "XClearWindow": (c_int, [c_void_p, c_ulong]),
    "XSync": (c_int, [c_void_p, c_int]),
    "XSelectInput": (c_int, [c_void_p, c_ulong, c_long]),
}


class Screen:
    """A window over the whole of the display that DISPLAY names."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("X11") or "libX11.so.6"
        self.x = ctypes.CDLL(name)
        for function, (result, arguments) in SIGNATURES.items():
            getattr(self.x, function).restype = result
            getattr(self.x, function).argtypes = arguments
        self.display = self.x.XOpenDisplay(None)
        if not self.display:
            sys.exit("cannot open the display that DISPLAY names")
        self.number = self.x.XDefaultScreen(self.display)
        self.width = self.x.XDisplayWidth(self.display, self.number)
        self.height = self.x.XDisplayHeight(self.display, self.number)
        root = self.x.XDefaultRootWindow(self.display)
        self.window = self.x.XCreateSimpleWindow(
            self.display, root, 0, 0, self.width, self.height, 0, 0, 0
        )
        self.x.XMapRaised(self.display, self.window)
        self.x.XSync(self.display, 0)

    def show(self, page: bytes) -> None:
        """Draw `page`; the server has done it when this returns."""
        size = self.width * self.height * BYTES_PER_PIXEL
        if len(page) != size:
            sys.exit(f"a page has {len(page)} bytes; {self.width}x{self.height} needs {size}")
        depth = self.x.XDefaultDepth(self.display, self.number)
        picture = ctypes.create_string_buffer(page, size)
        image = self.x.XCreateImage(
            self.display,
            self.x.XDefaultVisual(self.display, self.number),
            depth, Z_PIXMAP, 0, ctypes.cast(picture, c_void_p),
            self.width, self.height, 32, 0,
        )  # fmt: skip
        pixmap = self.x.XCreatePixmap(self.display, self.window, self.width, self.height, depth)
        context = self.x.XDefaultGC(self.display, self.number)
        self.x.XPutImage(self.display, pixmap, context, image, 0, 0, 0, 0, self.width, self.height)
        self.x.XSetWindowBackgroundPixmap(self.display, self.window, pixmap)
        self.x.XFreePixmap(self.display, pixmap)
        self.x.XClearWindow(self.display, self.window)
        self.x.XSync(self.display, 0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pages", type=Path, nargs="+")
    options.add_argument("--seconds", type=float, default=4.0)
    chosen = options.parse_args()
    screen = Screen()
    due = time.monotonic()
    for number, page in enumerate(chosen.pages, 1):
        time.sleep(max(0.0, due - time.monotonic()))
        screen.show(page.read_bytes())
        sys.stdout.write(f"page {number} {time.monotonic():.3f}\n")
        sys.stdout.flush()
        due += chosen.seconds
    while True:
        time.sleep(3600)


main()
