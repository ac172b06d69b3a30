#!/bin/bash
while true; do
  curl -sf localhost:8080/health || sudo systemctl restart app
  sleep 15
done
