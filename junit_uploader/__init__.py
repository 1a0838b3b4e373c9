"""The command ``junit-uploader``: the JUnit XML of any framework, reported like pytest's own."""

PROGRAM = "junit-uploader"
