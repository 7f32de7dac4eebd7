"""Builds what admins install: the branded app, the server, and the signed repository that carries both.

Same input, same bytes: no clock, no umask, no order of a folder's listing gets into a package.
"""
