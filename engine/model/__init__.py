"""Models: a graph whose nodes have roles, its builder, initialisers and losses."""
