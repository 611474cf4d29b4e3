"""The canvas's controls: groups, going to nodes, jumps, part selection, mouse and keys."""
