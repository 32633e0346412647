"""One YAML a device model: data, found by `edge_agent.profiles`."""
