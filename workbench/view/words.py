"""Numbers, times and sizes as short words. All of fixed form: none depends on the time of day or the language."""

from __future__ import annotations

import time

SECOND_US, MINUTE_US, HOUR_US, DAY_US = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000


def number(value: int) -> str:
    """``1,204``."""
    return f"{value:,}"


def count(value: int, noun: str) -> str:
    """``1 event``, ``1,204 events``."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def tokens(value: int) -> str:
    """``310``, ``12.4k``, ``1.2M``."""
    if value < 1_000:
        return str(value)
    if value < 999_950:
        return f"{value / 1_000:.1f}k" if value < 99_950 else f"{value / 1_000:.0f}k"
    return f"{value / 1_000_000:.1f}M"


def size(value: int) -> str:
    """``412 bytes``, ``1.9 KiB``, ``2.1 MiB``."""
    if value < 1024:
        return f"{value:,} bytes" if value != 1 else "1 byte"
    if value < 1024 * 1024:
        return f"{value / 1024:.1f} KiB"
    return f"{value / 1024 / 1024:.1f} MiB"


def duration(us: int | None) -> str:
    """``20ms``, ``0.3s``, ``4.2s``, ``42s``, ``3m12s``, ``1h02m``, ``2d03h``; nothing where nobody knows."""
    if us is None:
        return ""
    if us < 0:
        return "-" + duration(-us)
    if us < 95_000:
        return f"{us // 1_000}ms"
    if us < 9_950_000:
        return f"{us / SECOND_US:.1f}s"
    seconds = round(us / SECOND_US)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    minutes = seconds // 60
    if minutes < 24 * 60:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    return f"{minutes // 1440}d{minutes // 60 % 24:02d}h"


def duration_short(us: int) -> str:
    """``36m``, ``3h``, ``2d``: the largest unit alone."""
    minutes = us // MINUTE_US
    if minutes < 1:
        return f"{us // SECOND_US}s"
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


def since(time_us: int | None, start_us: int | None) -> str:
    """``+3:12.1``, ``+1:03:12``, ``-0:00.4`` where a clock went back; nothing where nobody knows."""
    if time_us is None or start_us is None:
        return ""
    sign, tenths = ("+", time_us - start_us) if time_us >= start_us else ("-", start_us - time_us)
    tenths //= 100_000
    seconds, tenth = divmod(tenths, 10)
    if seconds < 3600:
        return f"{sign}{seconds // 60}:{seconds % 60:02d}.{tenth}"
    hours, rest = divmod(seconds, 3600)
    if hours < 100:
        return f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{sign}{hours // 24}d{hours % 24:02d}h"


def after(time_us: int | None, before_us: int | None) -> str:
    """``+4.2s``, ``+36m11s``, ``-20ms`` where a clock went back; nothing where nobody knows."""
    if time_us is None or before_us is None:
        return ""
    return ("+" if time_us >= before_us else "") + duration(time_us - before_us)


def clock(time_us: int | None, *, days: bool) -> str:
    """``14:03:12``, or ``02 14:03`` where days are to be told apart, in the zone of whoever looks."""
    return _local(time_us, "%d %H:%M" if days else "%H:%M:%S")


def moment(time_us: int | None) -> str:
    """``2026-03-02 09:14``, in the zone of whoever looks; nothing where nobody knows."""
    return _local(time_us, "%Y-%m-%d %H:%M")


def _local(time_us: int | None, form: str) -> str:
    if time_us is None:
        return ""
    try:
        return time.strftime(form, time.localtime(time_us // SECOND_US))
    except (OverflowError, ValueError, OSError):
        return ""
