"""Other tools' transcripts, read into the log's events: one file a format, behind one protocol (`record.Importer`).

    record                      the words: Source, Record, Made, Rejected, Reader, Importer
    source, lines, spans        files as sources; records of line-based files, and of documents with their places
    documents, envelope, shape  documents walked forward; their head and tail; which of the two a source is
    values, openai_messages     odd values made fit; chat messages of the OpenAI kind
    archive                     members of a zip, bounded
    catalogue, discover         every importer there is; which files are transcripts, and which belong together

    claude_code      with claude_code_line, claude_code_messages, claude_code_results, claude_code_bookkeeping, and
                     claude_code_requests, which rebuilds exact requests
    codex            with codex_calls, codex_echo, codex_identity, codex_items, codex_notices, codex_requests,
                     codex_thread, codex_usage
    gemini_cli       with gemini_cli_parts
    inspect          with inspect_content, inspect_records, inspect_sample, inspect_events
    atif             with atif_steps
    swe_agent        with swe_agent_documents; mini_swe_agent
    openhands        with openhands_events, openhands_tasks
    tau_bench, tau2_bench       with tau2_documents
    otlp             with otlp_batch, otlp_kinds, otlp_messages, otlp_session, otlp_spans
    managed_agents   event lists of the API itself

`runtime.ingest.driver` drives them and writes what they make.
"""
