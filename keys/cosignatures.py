"""What a cosignature of a checkpoint signs, and how it is written (C2SP tlog-cosignature). Bytes only, no keys.

An Ed25519 cosignature signs the whole text. An ML-DSA-44 one signs origin, size and root, under the cosigner's name;
extension lines it leaves out, and so a checkpoint that has any is neither signed nor believed under such a key.
"""

from contracts.checkpoint import SIZE_MAX, Checkpoint, Malformed

HEADER = "cosignature/v1\n"
"""How the message of an Ed25519 cosignature begins."""

NAME_BYTES_MAX = 255

_TIME_BYTES = 8
_LABEL = b"subtree/v1\n\0"


def ed25519_message(text: str, time: int) -> bytes:
    """What is signed of a checkpoint's text (Ed25519 signed message)."""
    return f"{HEADER}time {time}\n{text}".encode()


def mldsa44_message(name: str, text: str, time: int) -> bytes:
    """What is signed of a whole tree: start 0, end its size (ML-DSA-44 signed message). Raises Malformed.

    `name` is the cosigner's, of at most 255 bytes.
    """
    tree = Checkpoint.parse(text)
    if not is_mldsa44_signable(tree):
        raise Malformed(
            "An ML-DSA-44 cosignature says nothing of extension lines, and needs an origin of at most 255 bytes. "
            "Sign a checkpoint of three lines."
        )
    return b"".join(
        (
            _LABEL,
            _prefixed(name),
            _uint64(time),
            _prefixed(tree.origin),
            _uint64(0),
            _uint64(tree.size),
            tree.root,
        )
    )


def is_mldsa44_signable(tree: Checkpoint) -> bool:
    """Whether an ML-DSA-44 cosignature can say all that the checkpoint says."""
    return not tree.extensions and 0 < len(tree.origin.encode()) <= NAME_BYTES_MAX


def encode_time(time: int) -> bytes:
    """The 8 bytes before a signature, of a time in seconds since 1970. Raises Malformed."""
    if not 0 <= time <= SIZE_MAX:
        raise Malformed("The time of a cosignature must be from 0 to 2 to the 63 less 1.")
    return _uint64(time)


def split(raw: bytes, length: int) -> tuple[int, bytes]:
    """The time of a cosignature, in seconds since 1970, and its signature, of so many bytes. Raises Malformed."""
    time = int.from_bytes(raw[:_TIME_BYTES], "big")
    if len(raw) != _TIME_BYTES + length or time > SIZE_MAX:
        raise Malformed("A cosignature must be a time of 8 bytes, and a signature of the length of its kind.")
    return time, raw[_TIME_BYTES:]


def _prefixed(name: str) -> bytes:
    raw = name.encode()
    return bytes([len(raw)]) + raw


def _uint64(number: int) -> bytes:
    return number.to_bytes(_TIME_BYTES, "big")
