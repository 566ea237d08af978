"""Transcripts into the log: from paths to events that stand there once, whatever happens on the way.

    paths        files and folders as a user names them; one import from beginning to end: `import_paths`
    spread       its files on their way to whoever is free
    workers      the other processes, and what a share is
    watch        the same again and again, as files are written
    marks        which sessions are being followed, for whoever shows them
    driver       files through their importers, and what became of each: `Ingest`, `Report`
    fold         one file being read, record by record
    known        what of it is news to its session
    landing      where it goes: a session's log, or a pack of many

Formats are in `runtime.importers`; the bytes that were read are kept by `runtime.sources`.
"""
