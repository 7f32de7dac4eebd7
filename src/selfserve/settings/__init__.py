"""Configuration and secrets: the lowest floor beside the store."""
