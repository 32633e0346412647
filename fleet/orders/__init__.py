"""Orders to rooms: told by people, sent by the ingest process, answered by the rooms."""
