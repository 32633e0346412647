"""What `edge-agent` can be told besides being the agent: one file a noun."""
