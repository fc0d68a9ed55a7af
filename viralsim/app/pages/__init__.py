"""Pages of the app: they place elements and call the modules beside this package, which know no browser."""
