"""Which processes run, by the kernel's word."""

import os
import sys

import pytest

from headgate.host.processes import alive, started


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")
def test_a_process_that_only_waits_to_be_reaped_runs_no_more() -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    since = started(pid)
    running = alive(pid, since)
    os.close(write)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    over = alive(pid, since)
    os.waitpid(pid, 0)

    assert (True, False, False) == (running, over, alive(pid, since))


def test_another_process_with_the_same_number_is_not_the_one() -> None:
    assert alive(os.getpid(), started(os.getpid()))
    assert sys.platform != "linux" or not alive(os.getpid(), "1")
