"""Sessions and their log. The ground floor first; each room below may use those above it in this list.

    errors, clock, event, schema     words: what can go wrong, ids and times, events and rows, columns on disk
    secrets                          what looks like one, and how it is masked
    files, blob, turnstile           durable files; content-addressed bytes; who may write to the disk, and when
    manifest, segment, intake        what a session is made of; the bytes of a log, explained; from drafts to segments
    pack                             many small sessions in a few files
    log                              one session: its only writer
    tail, sealed, reader, verify     its readers, and its proof
    store                            many sessions: the one door

Upon it, each a package with a plan of its own:

    asking/       SQL, search, lists: reads only
    sources/      what was imported, byte for byte
    export/       sessions as files that travel, and back again
    importers/    other tools' transcripts: a file a format
    ingest/       transcripts into the log
    upkeep/       sealing, packing, forgetting, sweeping
"""
