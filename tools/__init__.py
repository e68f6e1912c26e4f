"""The toolkit: builds, deploys, runs and tests the application (`python -m tools --help`)."""
