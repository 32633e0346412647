"""What all pages share: templates, languages, guards of the browser's side, error pages."""

from fleet.web.setup import WebOptions, setup, system_clock

__all__ = ["WebOptions", "setup", "system_clock"]
