"""Silences one warning that is about a library's own plans. Imported before the library that gives it."""

from __future__ import annotations

import warnings

from authlib.deprecate import AuthlibDeprecationWarning

# authlib 1.9 says at import that it will move from httpx to httpx2, and puts its own "always" in front of every filter
# of ours. Whoever starts selfserve can do nothing about it; all else that authlib deprecates is still told.
warnings.filterwarnings("ignore", message="The httpx module is deprecated", category=AuthlibDeprecationWarning)
