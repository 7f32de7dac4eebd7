"""`selfserve package` and `package-repo`: what admins build and roll out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import say, surroundings, warn
from selfserve.settings.secrets import SecretSource

SOON = timedelta(days=90)
"""So long before its end a key is spoken of as something to do: each machine has to have it anew by then."""
BRAND, OUT = Path("brand.toml"), Path("dist")


def package(
    ctx: typer.Context,
    brand: Annotated[Path, typer.Option(help="The brand file; packaging/brand.toml is one to copy.")] = BRAND,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = OUT,
    what: Annotated[list[str] | None, typer.Option(help="What to build, several times if wanted; else all.")] = None,
) -> None:
    """Build the app with a company's brand, and the server: all that this platform can."""
    from selfserve.packaging.brand import load
    from selfserve.packaging.builds import BUILDS, Machine, Order
    from selfserve.packaging.moment import moment
    from selfserve.packaging.problems import CannotPackage

    unknown = [name for name in what or () if name not in BUILDS]
    if unknown:
        raise Stop(f"There is no {unknown[0]!r} to build; there are {', '.join(BUILDS)}.", WRONG)
    try:
        order = Order(load(brand), out, moment(surroundings(ctx).environ))
    except CannotPackage as problem:
        raise Stop(str(problem), WRONG) from None
    failed = 0
    for name in what or BUILDS:
        build = BUILDS[name]
        lacking = build.missing(Machine())
        if lacking:
            warn(f"{name} is not built here ({build.title}): {lacking}")
            failed += bool(what)
            continue
        try:
            for made in build.make(order):
                say(f"{name}: {made}")
        except CannotPackage as problem:
            warn(f"{name} could not be built ({build.title}): {problem}")
            failed += 1
    if failed:
        raise Stop(f"{failed} of {len(what or BUILDS)} could not be built.", FAILED)


def repository(
    ctx: typer.Context,
    packages: Annotated[list[Path], typer.Argument(help="The .deb files to add.")],
    key: Annotated[
        str, typer.Option(help="Who signs: gpg:FINGERPRINT, or a secret key at file:PATH, env:NAME, keyring:NAME.")
    ],
    url: Annotated[str, typer.Option(help="Where machines will find the tree, such as https://apt.example.com.")],
    out: Annotated[Path, typer.Option(help="The tree; what it holds already stays.")] = OUT / "repository",
    name: Annotated[str, typer.Option(help="Its name, which the files for machines bear.")] = "selfserve",
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Machines refuse the tree this many days later; sign it before.")
    ] = None,
) -> None:
    """Make a signed apt repository of packages: a tree of files for any web server."""
    from selfserve.packaging.apt_repository import Repository
    from selfserve.packaging.problems import CannotPackage
    from selfserve.packaging.signing import signer

    around = surroundings(ctx)
    secrets = SecretSource(Path.cwd(), around.environ)
    try:
        tree = Repository(out, name, url, timedelta(days=days) if days else None)
        with signer(key, secrets.resolve) as signing:
            made = tree.write(packages, signing, around.now())
    except CannotPackage as problem:
        raise Stop(str(problem), FAILED) from None
    say(f"{out} holds the repository, signed by {signing.key}. Machines need {' and '.join(map(str, made))}.")
    if signing.ends:
        told = f"The key ends on {signing.ends:%Y-%m-%d}; from then on machines refuse the repository."
        if signing.ends > around.now() + max(timedelta(days=days or 0), SOON):
            say(told)
        else:
            warn(
                f"{told} Prolong it ({signing.prolonging}), run this again, and bring the tree's "
                "public key to each machine anew before that day."
            )
