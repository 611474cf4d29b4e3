"""The items of the graph as a QGraphicsScene."""
