"""Plays the client and the person before it: asks for what a person must approve, and says that one did.

`forge.py HOME SPEAK HEADGATE MESSAGE`: MESSAGE is a proposal as a client's hook sends it.
"""

import json
import re
import subprocess
import sys

home, speak, headgate, message = sys.argv[1:]
words = [sys.executable, speak, f"{home}/daemon.sock", "headgate-hook/1 claude-code decide", message]
said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
print(said)
for ticket in re.findall(r"tk_[0-9a-f]+", said):
    done = subprocess.run([headgate, "--home", home, "attach", ticket], capture_output=True, text=True, check=False)
    print(json.dumps({"attached": done.stdout + done.stderr}))
