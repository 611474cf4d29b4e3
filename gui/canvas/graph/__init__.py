"""The visible graph: what is drawn of the topology, its nodes' texts and sizes, its geometry."""
