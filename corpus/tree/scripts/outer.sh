#!/bin/sh
# Hands on to another script.
exec bash scripts/kick.sh "$@"
