"""The real frameworks' signatures as recorded facts: names, kinds and defaults of arguments.

`data/<module>.txt` holds one line a public name. They are compared with ours without any framework, and with the real
framework where it is installed; `python -m unified_nn_conformance.signatures --record` writes them anew.
"""
