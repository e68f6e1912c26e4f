"""The engine MiniStack: its process, our launcher, and our patches."""
