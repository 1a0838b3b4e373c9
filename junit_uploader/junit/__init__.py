"""JUnit XML: the only room that knows lxml, its parser."""
