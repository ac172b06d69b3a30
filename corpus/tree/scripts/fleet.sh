#!/bin/bash
for h in web1 web2 web3; do
  ssh "$h" sudo systemctl restart app
done
