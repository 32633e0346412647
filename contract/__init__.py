"""What a room and the fleet say to each other. Imports nothing of ours.

`registry.CHANNELS` is the table of topics; `messages` are the payloads; `codec` turns them into
CloudEvents and back; `http` is what goes over HTTPS. Schemas are generated into `docs/contract/`.
"""

VERSION = "1.1"
"""Version of the contract. Within major version 1 no field is removed or retyped."""
