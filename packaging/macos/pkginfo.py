"""Fills in Munki's pkginfo with the words of what was built, which come as JSON: pkginfo.py PLACE <words."""

import json
import plistlib
import sys
from pathlib import Path


def main() -> None:
    """Write it to the place named."""
    words = json.load(sys.stdin)
    app = f"{words['bundle']}.app"
    told = plistlib.loads(Path(__file__).with_name("selfserve.pkginfo.plist").read_bytes())
    told["name"], told["display_name"], told["version"] = words["package"], words["name"], words["build"]
    told["installer_item_location"] = f"{words['package']}-{words['build']}.dmg"
    told["items_to_copy"][0]["source_item"] = app
    told["installs"][0].update(
        path=f"/Applications/{app}",
        CFBundleIdentifier=words["id"],
        CFBundleShortVersionString=words["version"],
        CFBundleVersion=words["build"],
    )
    Path(sys.argv[1]).write_bytes(plistlib.dumps(told, sort_keys=False))


main()
