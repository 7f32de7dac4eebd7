"""The app on a customer's machine: a thin window on the company's server.

It carries no rules and no secrets of the company, and imports nothing else of selfserve: the Debian package holds this
folder and pywebview, and runs on the distribution's Python.
"""

VERSION = "0.1.0"
"""The app's version, told to the server, which may ask for a newer one."""
