"""Tables of the journal. Times are ISO 8601 in UTC; paths are relative to the data directory."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS epoch (
    id TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS outbox (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again, also after a delete
    channel TEXT NOT NULL,
    type    TEXT NOT NULL,
    time    TEXT NOT NULL,
    body    BLOB NOT NULL                        -- the whole CloudEvents document
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_channel ON outbox (channel, seq);

CREATE TABLE IF NOT EXISTS takes (
    take       TEXT PRIMARY KEY,
    lesson     TEXT,
    state      TEXT NOT NULL,                    -- starting recording stopping delivering done
    started_at TEXT NOT NULL,
    began      REAL NOT NULL,                    -- monotonic, of boot
    boot       TEXT NOT NULL,
    directory  TEXT NOT NULL,
    reason     TEXT,
    slot_end   TEXT,
    course     TEXT                              -- chosen in the room, of an unplanned take
) STRICT;

CREATE TABLE IF NOT EXISTS segments (
    id      INTEGER PRIMARY KEY,
    take    TEXT NOT NULL REFERENCES takes ON DELETE CASCADE,
    track   TEXT NOT NULL,
    idx     INTEGER NOT NULL,
    path    TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    sha256  TEXT NOT NULL,
    segment TEXT NOT NULL,                       -- contract Segment, JSON
    url     TEXT,                                -- of its upload
    sent    INTEGER NOT NULL DEFAULT 0,          -- bytes the fleet confirmed
    receipt TEXT,                                -- contract Receipt, JSON
    refused TEXT,                                -- why the fleet will never take it
    deleted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (take, track, idx)
) STRICT;
CREATE INDEX IF NOT EXISTS segments_waiting ON segments (id)
    WHERE receipt IS NULL AND refused IS NULL;

CREATE VIEW IF NOT EXISTS waiting AS
    SELECT * FROM segments WHERE receipt IS NULL AND refused IS NULL;

CREATE TABLE IF NOT EXISTS replies (
    "order" TEXT PRIMARY KEY,
    at      REAL NOT NULL,                       -- Unix time
    reply   TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS kv (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
"""

ADDED = (("takes", "course", "TEXT"),)
"""Columns that came later: table, name, type. Journals of earlier builds are given them."""
