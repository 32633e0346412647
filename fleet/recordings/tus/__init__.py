"""A tus 1.0 server as a raw ASGI application: https://tus.io/protocols/resumable-upload.

It knows the protocol and the unfinished files. Whose uploads these are, where they lie and what
a finished one becomes is said by an `Intake`.
"""

from fleet.recordings.tus.app import TusApp
from fleet.recordings.tus.ports import Intake, Unfinished
from fleet.recordings.tus.receiving import Pace

__all__ = ["Intake", "Pace", "TusApp", "Unfinished"]
