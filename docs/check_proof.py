"""Check what `headgate why ID --proof` printed: python check_proof.py PROOF.json [PUBLIC_KEY_IN_HEX]."""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

proof = json.load(sys.stdin if sys.argv[1] == "-" else open(sys.argv[1], encoding="utf-8"))
key = bytes.fromhex(sys.argv[2] if len(sys.argv) > 2 else proof["key"])
text, signature = proof["checkpoint"].split("\n\n— ")  # C2SP signed-note
origin, size, root = text.split("\n")  # C2SP tlog-checkpoint
name, signed = signature.rstrip("\n").split(" ")
hint, signed = base64.b64decode(signed)[:4], base64.b64decode(signed)[4:]
if (name, hint) != (origin, hashlib.sha256(name.encode() + b"\n\1" + key).digest()[:4]):
    sys.exit("NOT PROVED: another key signed the checkpoint")
Ed25519PublicKey.from_public_bytes(key).verify(signed, (text + "\n").encode())  # raises where it does not hold

index, last = proof["index"], int(size) - 1
found = hashlib.sha256(b"\0" + proof["body"].encode()).digest()
if not 0 <= index <= last:
    sys.exit("NOT PROVED: there is no such entry")
for part in [bytes.fromhex(part) for part in proof["path"]]:  # RFC 9162, 2.1.3.2
    if last == 0:
        sys.exit("NOT PROVED: the path is too long")
    left = bool(index & 1) or index == last
    found = hashlib.sha256(b"\1" + (part + found if left else found + part)).digest()
    while left and index and not index & 1:
        index, last = index >> 1, last >> 1
    index, last = index >> 1, last >> 1
if (last, found) != (0, base64.b64decode(root)):
    sys.exit("NOT PROVED: the entry is not in the checkpoint")
print(f"entry {proof['index'] + 1} of {size} of {origin} is:\n{proof['body']}\nif this is its public key: {key.hex()}")
