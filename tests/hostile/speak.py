"""Speaks with a gate's socket as any process of its user can: `speak.py SOCKET FIRST-LINE [BODY]` prints the answer."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(45)
    connection.connect(sys.argv[1])
    connection.sendall("\n".join(sys.argv[2:]).encode())
    connection.shutdown(socket.SHUT_WR)
    while chunk := connection.recv(65536):
        sys.stdout.buffer.write(chunk)
