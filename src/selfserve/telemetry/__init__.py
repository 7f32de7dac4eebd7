"""What the house tells about itself: logs without secrets, figures for Prometheus. Knows no other room."""
