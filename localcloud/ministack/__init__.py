"""MiniStack as an engine: its process, our launcher, and our patches."""
