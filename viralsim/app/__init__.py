"""The app: a lab in the browser, served on this machine only (``viralsim app``)."""
