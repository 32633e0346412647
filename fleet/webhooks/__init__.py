"""Other systems that want to hear of events."""
