"""What was imported, byte for byte: kept once, and found again from the events that cite it.

archive      the bytes on disk, explained; records and files read back; the ledger of what was imported
volume       written while an import goes on
forget       rewritten when sessions were deleted, and where many small volumes have gathered
"""
