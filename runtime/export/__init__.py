r"""Sessions as files that travel, losslessly: whoever imports one has the session as it was, chain and all.

    lines      JSON lines, the log's own text: `write_lines`, `read_lines`
    table      one Parquet file, for whoever asks in DuckDB, Spark or pandas: `write_table`, `read_table`
    contents   what travels of a session, and the items that either format reads as
    detect     whether a file is an export
    restore    an export back into a store: `restore`
    shared     one masked session for a colleague: `share`, `open_shared`

**JSON lines.** A header, then each event exactly as a line of an open segment (`runtime.segment`), then what the events
refer to, then a last line by which a file that was cut off is known::

    {"workbench":"session","schema":1,"session_id":"sesn_…","title":…,…,"events":812,"chain":"9f1c…"}
    {"seq":0,"chain":"…","time_us":…,"thread_id":"sthr_…","payload_bytes":96,"extra":{…},"payload":{…}}
    …
    {"blob":"ab3f…","zstd":"<base64>"}
    {"source":"src_…","path":"…/session.jsonl","pieces":[[0,524288],[786432,1024]],"zstd":"<base64>"}
    {"workbench":"end","session_id":"sesn_…","lines":817,"missing":[]}

``chain`` in the header is the chain after the last event. Of an imported session's original sources only the records
that its events cite travel: ``pieces`` says where each stood (offset, bytes), and the zstd frame holds them one after
another; so a source shared by many sessions gives each only its own. Sources that could not be read are named as
``missing``.
Several sessions may follow one another in a file, and a file may be compressed with zstd.

**Parquet.** The columns of `schema.PAYLOADS`, and each event's ``id``, ``type`` and ``chain``; the bytes of records and
blobs stand beside the first event that cites them; headers are in the footer, under ``workbench.export``.

A **shared** file is JSON lines in zstd whose header says ``"workbench":"share"``, with the seq to open at and how much
was masked: secrets, home folders, user names. It has a chain of its own, and no sources.
"""
