"""An LDAPv3 directory inside the demo's own process, held to the checks a real OpenLDAP passes.

Files, from the ground up: `results` (what an operation answers), `names` (DNs), `schema`, `values` (how values match),
`filters`, `tree` (the entries), `passwords` (hash and policy), `rights`, then the operations `reading`, `writing`,
`password_change`; `ber` and `messages` (the wire), `session` (one connection), `snapshot` (the file), `server`.
"""

from selfserve.demo.directory.server import DemoDirectory
from selfserve.demo.directory.snapshot import SnapshotError

__all__ = ["DemoDirectory", "SnapshotError"]
