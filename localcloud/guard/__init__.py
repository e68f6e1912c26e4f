"""Who may reach an engine's port, and with which key. Shared by both engines; the standard library alone.

Anything on this machine can open a connection to 127.0.0.1, and so can any page in a browser on it. `rule` decides by
name, origin and path who may ask for what; `signatures` checks the rest by AWS Signature Version 4 with the checkout's
own key, which `keys` makes and keeps.
"""
