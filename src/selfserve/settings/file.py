"""The name of the file that an installation is configured in."""

FILE = "selfserve.toml"
