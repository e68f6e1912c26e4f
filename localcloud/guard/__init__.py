"""Access control for an engine's port, shared by both engines. Uses only the standard library.

Every program on this machine can connect to 127.0.0.1, and so can every web page in a browser on it. `rule` decides by
host name, origin and path what a request may reach. `signatures` verifies all other requests with AWS Signature Version
4 and the checkout's own access key, which `keys` creates and stores.
"""
