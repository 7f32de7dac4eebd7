#!/usr/bin/env bash
# Builds the notarised DMG: packaging/macos/build.sh brand.toml dist
# Never run where selfserve is tested; see README.md. SIGN_AS and NOTARY_PROFILE name who signs; without them nothing is signed.
set -euo pipefail
brand=$1 out=$2 here=$(cd "$(dirname "$0")" && pwd)

words=$(python3 -m selfserve.packaging.frozen "$brand" "$out")
word() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<<"$words"; }
app="$out/$(word name).app"
dmg="$out/$(word package)-$(word version).dmg"

if [ -n "${SIGN_AS:-}" ]; then
    codesign --force --deep --timestamp --options runtime --entitlements "$here/entitlements.plist" --sign "$SIGN_AS" "$app"
    codesign --verify --deep --strict "$app"
fi
hdiutil create -volname "$(word name)" -srcfolder "$app" -ov -format UDZO "$dmg"
if [ -n "${SIGN_AS:-}" ] && [ -n "${NOTARY_PROFILE:-}" ]; then
    codesign --timestamp --sign "$SIGN_AS" "$dmg"
    xcrun notarytool submit "$dmg" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$dmg"
fi
echo "$dmg"
