#!/usr/bin/env bash
# Builds the notarised DMG: packaging/macos/build.sh brand.toml dist
# Never run where selfserve is tested; see README.md. SIGN_AS and NOTARY_PROFILE name who signs; without them nothing is signed.
# NOTARY_KEYCHAIN is where the profile lies, if not where the system looks.
set -euo pipefail
brand=$1 out=$2 here=$(cd "$(dirname "$0")" && pwd)

words=$(python3 -m selfserve.packaging.frozen "$brand" "$out")
word() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <<<"$words"; }
app="$out/$(word bundle).app"
dmg="$out/$(word package)-$(word build).dmg"

if [ -n "${SIGN_AS:-}" ]; then
    codesign --force --deep --timestamp --options runtime --entitlements "$here/entitlements.plist" --sign "$SIGN_AS" "$app"
    codesign --verify --deep --strict "$app"
fi
hdiutil create -volname "$(word bundle)" -srcfolder "$app" -ov -format UDZO "$dmg"
if [ -n "${SIGN_AS:-}" ] && [ -n "${NOTARY_PROFILE:-}" ]; then
    codesign --timestamp --sign "$SIGN_AS" "$dmg"
    xcrun notarytool submit "$dmg" --keychain-profile "$NOTARY_PROFILE" ${NOTARY_KEYCHAIN:+--keychain "$NOTARY_KEYCHAIN"} --wait
    xcrun stapler staple "$dmg"
fi
python3 "$here/pkginfo.py" "$out/$(word package)-$(word build).plist" <<<"$words"
echo "$dmg"
