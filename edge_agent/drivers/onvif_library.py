"""onvif-zeep-async, without what its import does to the whole program's logging."""

import logging
from importlib import import_module

_root = logging.getLogger()
_handlers, _level = _root.handlers[:], _root.level

ONVIFCamera = import_module("onvif").ONVIFCamera
is_auth_error = import_module("onvif.util").is_auth_error
subcodes_of = import_module("onvif.util").extract_subcodes_as_strings

# It calls logging.basicConfig, which has every request of every HTTP client printed.
_root.handlers[:] = _handlers
_root.setLevel(_level)
