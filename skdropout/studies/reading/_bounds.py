"""How much a packed file may hold: more is likelier a decompression bomb than data."""

_HARMLESS = 256 << 20  # bytes
_MOST_FOLD = 200  # times its packed size; tables and pictures reach 5 to 50


def most_bytes(packed: int) -> int:
    """Return how many bytes may come out of so many packed ones."""
    return max(_HARMLESS, _MOST_FOLD * packed)
