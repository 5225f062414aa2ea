#!/bin/sh
# Make sure there is a Chromium for the browser tests, where that can be done without asking.
# Never fails: without a browser those tests are skipped, and say so by name.
set -u
for name in chromium chromium-browser google-chrome chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || as_root="no"
fi
if [ "$as_root" = "no" ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "No Chromium found and it cannot be installed from here: the browser tests will be skipped."
    echo "Install Chromium or Chrome (Debian: sudo apt-get install chromium) and run make test again."
    exit 0
fi
echo "Installing Chromium for the browser tests (apt-get) ..."
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends \
    chromium fonts-dejavu-core >/dev/null || echo "Chromium could not be installed: the browser tests will be skipped."
exit 0
