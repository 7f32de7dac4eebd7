"""Pictures of every page in every state of it: `make screens`."""
