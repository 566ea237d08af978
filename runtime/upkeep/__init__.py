"""Upkeep of a store, off everybody's path: `maintenance` is the one door, and takes the one lock.

maintenance  what is due: seal, pack, forget, sweep
packing      small sessions into packs, packs into better ones
sweep        what is retired for an hour, what crashes left, blobs that nothing names
"""
