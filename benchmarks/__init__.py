"""How fast skdropout is beside its peers: ``python -m benchmarks`` measures, tabulates, plots."""
