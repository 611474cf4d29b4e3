"""The computational graph as structure: operations as declarations, shapes, differentiation."""
