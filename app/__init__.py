"""Composition: settings, ASGI app, schema assembly, worker, embedded servers, command line, map."""
