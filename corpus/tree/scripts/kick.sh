#!/bin/bash
set -euo pipefail
ssh web1 sudo systemctl restart app
