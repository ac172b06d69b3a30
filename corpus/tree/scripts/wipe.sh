#!/bin/sh
rm -rf /srv/app/releases /var/log/app
