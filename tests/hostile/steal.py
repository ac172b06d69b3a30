"""Makes an override out of nothing, as a program of the gate's own user can: `steal.py HOME KEY`.

It signs the override with KEY (made where there is none), seals its row with the gate's own key, and puts it into the
gate's database.
"""

import sqlite3
import sys
import time
from contextlib import closing, nullcontext
from pathlib import Path

from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.model.override import Override, Scope
from headgate.model.person import Person
from headgate.record.events import encode_override
from headgate.store.grants import SqliteGrants

home = Home(Path(sys.argv[1]))
person = SigningKey.open(Path(sys.argv[2]))
with closing(sqlite3.connect(home.database, isolation_level=None)) as database:
    grants = SqliteGrants(database, nullcontext, SigningKey.open(home.gate_key))
    now = time.time()
    override = Override(
        grants.next_override(),
        Scope(workloads=("destructive",)),
        "incident 4411: the disk is full",
        Person("alice", "terminal"),
        now,
        now + 3000,
        SystemClock().steady().later(3000),
        None,
        0,
    )
    grants.add_override(override, person.sign(encode_override(override)), person.public.hex())
print("it is there")
