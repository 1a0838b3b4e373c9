"""The record of a verification: gathered from journals, written as a page or for programs."""
