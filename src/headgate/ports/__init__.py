"""What we need from the world, as protocols; each method states the promise it keeps."""

from headgate.ports.far import Board, Body, Engine, Running
from headgate.ports.grants import Grants
from headgate.ports.near import Clock, Durations, Jobs, Journal, Ledger, Signer, Store, Tickets, Workers, World

__all__ = [
    "Board",
    "Body",
    "Clock",
    "Durations",
    "Engine",
    "Grants",
    "Jobs",
    "Journal",
    "Ledger",
    "Running",
    "Signer",
    "Store",
    "Tickets",
    "Workers",
    "World",
]
