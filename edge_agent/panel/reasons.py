"""What the room may say became of a touch; translated here, anything else is shown as it is."""

from typing import Final

NO_ANSWER: Final = "The room does not answer. Try again."
HELP_SENT: Final = "Help is called: the message was sent."
HELP_WAITING: Final = "Help is called: the message waits for the line to the fleet."

REASONS: Final = (
    NO_ANSWER,
    HELP_SENT,
    HELP_WAITING,
    "busy: a take is running",
    "busy: a lesson is paused",
    "busy: the take is just starting",
    "the take is already stopping",
    "no take is running",
    "no lesson is paused",
    "no lesson is running",
    "the lesson is paused already",
    "the lesson is over",
    "the next lesson begins then",
    "the recording disk is full",
    "minutes must be more than 0",
    "there is no such device",
    "the device has no such command",
    "the device does not answer",
    "the device did not do it",
    "the device says no",
    "the device warms up; wait a moment",
    "the device cools down; wait a moment",
    "the device is busy; wait a moment",
    "the device is off",
)
