#!/bin/bash
$RUNNER "$@"
