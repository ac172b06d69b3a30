"""Restarts the service."""

import subprocess

subprocess.run(["ssh", "web1", "sudo", "systemctl", "restart", "app"], check=True)
