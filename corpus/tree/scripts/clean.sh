#!/bin/sh
rm -rf dist coverage .cache
